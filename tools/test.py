"""`make test`: every check and test, one after the other, with the numbers at the end.

`python -m tools.test STAGE...` runs some of them; the stages are named in STAGES.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from embedded.binaries import EmbeddedError
from embedded.secrets import secrets_read
from tools.chromium import chromium_find
from tools.places import FRONTEND, PYTHON, ROOT, VAR, node, node_environment
from tools.ports import port_unused
from tools.product import (
    Ports,
    Product,
    product_database_start,
    product_database_stop,
    product_of_tests,
    product_start,
)
from tools.run import only_one
from tools.supervise import ProductError, Supervisor

CLOSING_LINES = 4
PASSED = re.compile(r"\b(\d+) passed\b")
FAILED = re.compile(r"\b(\d+) (?:failed|errors?|flaky|did not run)\b")
# Vitest counts files and tests; the line of the tests is the one to read.
VITEST_TESTS = re.compile(r"^\s*Tests\s+(.*)$", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Outcome:
    """How one command ended."""

    name: str
    passed: int
    failed: int
    seconds: float
    closing: list[str]


def main() -> int:
    """Run the stages that are named, or all; 1 when anything failed."""
    names = sys.argv[1:] or list(STAGES)
    unknown = [name for name in names if name not in STAGES]
    if unknown:
        sys.exit(f"No such stage: {', '.join(unknown)}. There are: {', '.join(STAGES)}.")
    outcomes: list[Outcome] = []
    begun = time.monotonic()
    if any(name in LIVE for name in names):
        outcomes += _stages_run([name for name in names if name not in LIVE])
        outcomes += _live([name for name in names if name in LIVE])
    else:
        outcomes += _stages_run(names)
    _report(outcomes, time.monotonic() - begun)
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def _stages_run(names: Sequence[str]) -> list[Outcome]:
    return [outcome for name in names for outcome in STAGES[name]({})]


def _lint(live: Mapping[str, str]) -> list[Outcome]:
    """Style, imports and types of both languages."""
    module = [str(PYTHON), "-m"]
    # The platform's own package: Biome's wrapper names platforms that not every registry carries.
    biome = str(next(FRONTEND.glob("node_modules/@biomejs/cli-*/biome"), "biome-is-not-installed"))
    tsc = str(FRONTEND / "node_modules" / "typescript" / "bin" / "tsc")
    return [
        _check("ruff check", [*module, "ruff", "check", "."]),
        _check("ruff format", [*module, "ruff", "format", "--check", "."]),
        _check("import rules", [str(PYTHON.parent / "lint-imports")]),
        _check("mypy", [*module, "mypy"]),
        _check("lengths and nouns", [*module, "tools.check_style"]),
        _check("biome", [biome, "check", "."], FRONTEND),
        _check("tsc", [node(), tsc, "--noEmit"], FRONTEND),
    ]


def _drift(live: Mapping[str, str]) -> list[Outcome]:
    """What is made from something else is up to date with it."""
    migrations = [
        str(PYTHON),
        "manage.py",
        "makemigrations",
        "--check",
        "--dry-run",
        "--skip-checks",
    ]
    return [
        _check("migration drift", migrations),
        _check("generated files", [str(PYTHON), "-m", "tools.generated", "--check"]),
    ]


def _pytest(live: Mapping[str, str]) -> list[Outcome]:
    """All of tests/ but what needs the running or the deployed product."""
    command = [str(PYTHON), "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    return [_tests("pytest", [*command, "--ignore=tests/running", "--ignore=tests/deployed"])]


def _vitest(live: Mapping[str, str]) -> list[Outcome]:
    """The site's unit tests."""
    vitest = str(FRONTEND / "node_modules" / "vitest" / "vitest.mjs")
    return [_tests("vitest", [node(), vitest, "run"], FRONTEND)]


def _browser(live: Mapping[str, str]) -> list[Outcome]:
    """Chromium against the running product."""
    playwright = str(FRONTEND / "node_modules" / "@playwright" / "test" / "cli.js")
    environment = {**live, "CHROMIUM": chromium_find()}
    return [_tests("browser", [node(), playwright, "test"], FRONTEND, environment)]


def _cli(live: Mapping[str, str]) -> list[Outcome]:
    """The real Stripe CLI against the running product."""
    return [_tests("stripe cli", [str(PYTHON), "-m", "pytest", "-q", "tests/running"], ROOT, live)]


STAGES: dict[str, Callable[[Mapping[str, str]], list[Outcome]]] = {
    "lint": _lint,
    "drift": _drift,
    "pytest": _pytest,
    "vitest": _vitest,
    "cli": _cli,
    "browser": _browser,
}
LIVE = ("cli", "browser")


def _live(names: Sequence[str]) -> list[Outcome]:
    """Start a fresh product for the stages that need one; not coming up is a failure of theirs."""
    begun = time.monotonic()
    outcomes: list[Outcome] = []
    try:
        with only_one(VAR / "test.pid"):
            _with_product(names, outcomes)
    except (ProductError, EmbeddedError) as error:
        lines = str(error).splitlines()
        print("\n".join(lines), flush=True)
        outcomes.append(Outcome("product for tests", 0, 1, time.monotonic() - begun, lines[:8]))
    return outcomes


def _with_product(names: Sequence[str], outcomes: list[Outcome]) -> None:
    """Run the stages between the start and the stop of a product that begins empty."""
    product = product_of_tests(Ports(port_unused(), port_unused(), port_unused()))
    product_database_stop(product)
    for folder in (VAR / product.cluster, product.folder):
        shutil.rmtree(folder, ignore_errors=True)
    supervisor = Supervisor(
        product.folder / "logs", VAR / "test.pid", cluster=product.cluster, is_quiet=True
    )
    print("\n== the product, on ports of its own", flush=True)
    try:
        product_database_start(product)
        product_start(product, supervisor)
        for name in names:
            outcomes += STAGES[name](_addresses(product))
        outcomes.append(_violations(product))
    finally:
        supervisor.stop()
        product_database_stop(product)


def _violations(product: Product) -> Outcome:
    """Whether all that the simulator said and was asked is what Stripe's own types allow."""
    path = Path(product.environment["STRIPE_SIM_VIOLATIONS"])
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    print("\n".join(lines), flush=True)
    return Outcome("stripe schemas", int(not lines), len(lines), 0.0, lines[-CLOSING_LINES:])


def _addresses(product: Product) -> dict[str, str]:
    """What a test against the running product is told."""
    ports = product.ports
    return {
        "BASE_URL": product.site_url,
        "WEB_URL": f"http://127.0.0.1:{ports.web}",
        "STRIPE_SIM_URL": f"http://127.0.0.1:{ports.simulator}",
        **{name: secrets_read(ROOT)[name] for name in ("DEMO_PASSWORD", "DEMO_TOTP_SECRET")},
    }


def _check(name: str, command: Sequence[str], cwd: Path = ROOT) -> Outcome:
    """One check: passed or failed as a whole."""
    code, said, seconds = _run(name, command, cwd, {})
    return Outcome(name, int(code == 0), int(code != 0), seconds, _closing(said)[-1:])


def _tests(
    name: str,
    command: Sequence[str],
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """One test runner: its own numbers. It failed also when it ended badly or ran nothing."""
    code, said, seconds = _run(name, command, cwd, environment or {})
    passed, failed = _counts(said)
    if failed == 0 and (code != 0 or passed == 0):
        failed = 1
    return Outcome(name, passed, failed, seconds, _closing(said))


def _counts(said: str) -> tuple[int, int]:
    """Passed and failed, from the last lines in which a runner counts."""
    of_vitest = VITEST_TESTS.findall(said)
    tail = of_vitest[-1] if of_vitest else "\n".join(_closing(said, 12))
    return sum(map(int, PASSED.findall(tail))), sum(map(int, FAILED.findall(tail)))


def _closing(said: str, count: int = CLOSING_LINES) -> list[str]:
    return [line for line in said.splitlines() if line.strip()][-count:]


def _run(
    name: str, command: Sequence[str], cwd: Path, environment: Mapping[str, str]
) -> tuple[int, str, float]:
    """Run one command, showing its words as they come."""
    print(f"\n== {name}", flush=True)
    begun = time.monotonic()
    try:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env={**node_environment(), "CI": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        print(error, flush=True)
        return 1, str(error), 0.0
    said: list[str] = []
    with process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            said.append(COLOURS.sub("", line))
    return process.returncode, "".join(said), time.monotonic() - begun


def _report(outcomes: Sequence[Outcome], seconds: float) -> None:
    """Each runner's closing lines and all numbers in one place."""
    print("\n== closing lines", flush=True)
    for outcome in outcomes:
        state = "FAILED" if outcome.failed else "ok"
        print(f"{state:6} {outcome.name} ({outcome.seconds:.1f} s)")
        for line in outcome.closing:
            print(f"         {line}")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"\n{passed} passed, {failed} failed in {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
