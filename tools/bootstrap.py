"""Brings all that a fresh machine lacks: uv, Python 3.13, packages, Node 24, the built site.

Needs Python >= 3.8 and nothing else; whatever is up to date is skipped. Everything goes to `var/`,
`node_modules` and `.next`.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

if sys.version_info < (3, 8):
    sys.exit("Domaap's set-up needs Python 3.8 or newer to begin with.")

from tools.interpreters import python_find, uv_find
from tools.npm_locks import lock_complete
from tools.places import (
    FRONTEND,
    PYTHON,
    ROOT,
    STANDALONE,
    STRIPE_SCHEMAS,
    TOOLS,
    VAR,
    VENV,
    node,
    node_environment,
    npm,
    site_server,
)
from tools.stamps import StepError, digest, files_under, locked, run, step


def main() -> None:
    """Bring everything, saying each step and its time.

    With `packages` all but the built site; with `production` nothing that only tests need.
    """
    begun = time.monotonic()
    # What the site is built from may be stale: `make generate` makes it and can't wait for a build.
    has_site = sys.argv[1:] != ["packages"]
    is_production = sys.argv[1:] == ["production"]
    try:
        with locked():
            packages = _packages_of_production() if is_production else _packages()
            schemas = not is_production and _stripe_schemas()
            did_something = any([*packages, schemas, has_site and _site()])
    except StepError as error:
        sys.exit(f"Set-up stopped. {error}")
    if did_something:
        print(f"Set-up is complete after {time.monotonic() - begun:.1f} s.", flush=True)


def _packages() -> list[bool]:
    """The locked packages of Python, of the tools and of the site."""
    locks = [ROOT / name for name in ("uv.lock", "pyproject.toml", ".python-version")]
    did = step("Python 3.13, Node 24 and the locked packages", "venv", digest(locks), PYTHON, _venv)
    return [did, _npm_install("the tools", TOOLS), _npm_install("the site", FRONTEND)]


def _packages_of_production() -> list[bool]:
    """The locked packages that serve, and those that build the site: no simulator, no tests."""
    locks = [ROOT / name for name in ("uv.lock", "pyproject.toml", ".python-version")]
    what = "Python 3.13, Node 24 and the packages that serve"

    def work() -> None:
        _venv("--no-default-groups", "--group", "node")

    did = step(what, "venv", digest(locks, "production"), PYTHON, work)
    return [did, _npm_install("the site", FRONTEND)]


def _venv(*groups: str) -> None:
    """Make `var/venv` exactly as the lock says."""
    uv = uv_find()
    python = python_find(uv)
    print(f"    uv: {uv}; Python: {python}", flush=True)
    if VENV.exists() and not PYTHON.exists():
        shutil.rmtree(VENV)
    env = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    env.update(UV_PROJECT_ENVIRONMENT=str(VENV), UV_PYTHON=python, UV_PYTHON_DOWNLOADS="never")
    run([uv, "sync", "--frozen", "--quiet", *groups], env=env)


def _npm_install(what: str, folder: Path) -> bool:
    """Install what a package-lock.json says. Install scripts don't run: none of ours is needed."""
    files = [folder / name for name in ("package.json", "package-lock.json", ".npmrc")]
    files = [path for path in files if path.exists()]
    if not files:
        return False
    if folder / "package-lock.json" in files:
        lock_complete(folder / "package-lock.json")
    made = folder / "node_modules" / ".package-lock.json"
    command = [*npm(), "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]

    def work() -> None:
        run(command, cwd=folder, env=node_environment())

    return step(f"npm packages of {what}", f"npm-{folder.name}", digest(files), made, work)


def _stripe_schemas() -> bool:
    """What Stripe's own types say of its API, to which the simulator is held in every test."""
    maker = TOOLS / "stripe_schemas.mjs"
    key = digest([maker, TOOLS / "package-lock.json"])

    def work() -> None:
        run([node(), str(maker), str(STRIPE_SCHEMAS)])

    return step("Stripe's schemas, from its types", "stripe-schemas", key, STRIPE_SCHEMAS, work)


def _site() -> bool:
    """The donor pages, built when their sources changed."""
    if not (FRONTEND / "package.json").exists():
        return False
    key = digest(files_under(FRONTEND))
    return step(
        "the site (next build)", "site", key, site_server() or STANDALONE / "-", _site_build
    )


def _site_build() -> None:
    """Build, and put beside the standalone server what Next leaves for us to copy."""
    shutil.rmtree(STANDALONE, ignore_errors=True)
    env = {**node_environment(), "NODE_ENV": "production", "CI": "1"}
    run([*npm(), "run", "build"], cwd=FRONTEND, env=env)
    server = site_server()
    if server is None:
        raise StepError(
            "`next build` made no standalone server: next.config needs output standalone."
        )
    shutil.copytree(FRONTEND / ".next" / "static", server.parent / ".next" / "static")
    if (FRONTEND / "public").exists():
        shutil.copytree(FRONTEND / "public", server.parent / "public", dirs_exist_ok=True)


if __name__ == "__main__":
    VAR.mkdir(exist_ok=True)
    main()
