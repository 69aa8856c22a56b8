"""`make stripe`: the real Stripe CLI, pointed at the simulator while no Stripe key is set."""

import os
import platform
import sys

from donor_management.env import env_port, env_text
from tools.places import TOOLS
from tools.product import SIMULATOR_KEY
from tools.supervise import ProductError

WITH_API_BASE = ("listen", "trigger", "get", "post", "delete", "events", "fixtures")


def stripe_cli_path() -> str:
    """The CLI's real binary: npm's wrapper would download it in an install script."""
    cpu = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    package = f"cli-{platform.system().lower()}-{cpu}"
    path = TOOLS / "node_modules" / "@stripe" / package / "bin" / "stripe"
    if not path.exists():
        raise ProductError(f"The Stripe CLI is not here ({path}): run `make setup`.")
    return str(path)


def stripe_cli_environment(key: str) -> dict[str, str]:
    """The CLI's settings: our key, and nothing told to anybody."""
    return {**os.environ, "STRIPE_API_KEY": key, "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}


def main() -> None:
    """Become the CLI with the arguments that were given."""
    arguments = sys.argv[1:]
    key = env_text("STRIPE_SECRET_KEY", "")
    if not key and arguments[:1] and arguments[0] in WITH_API_BASE:
        arguments += ["--api-base", f"http://127.0.0.1:{env_port('STRIPE_SIM_PORT', 12111)}"]
    path = stripe_cli_path()
    environment = stripe_cli_environment(key or SIMULATOR_KEY)
    os.execve(path, [path, *arguments], environment)  # noqa: S606 (becoming it is the point)


if __name__ == "__main__":
    main()
