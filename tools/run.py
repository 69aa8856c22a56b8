"""`make run`: the whole product on this machine, until Ctrl-C."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from donor_management.env import SettingError, env_port
from embedded.binaries import EmbeddedError
from embedded.secrets import secrets_read
from tools.guard import lock_take
from tools.https import certificate_ensure
from tools.places import PYTHON, ROOT, VAR
from tools.product import (
    Product,
    product_database_start,
    product_database_stop,
    product_of_settings,
    product_ports_check,
    product_start,
)
from tools.supervise import ProductError, Supervisor

PID_FILE = VAR / "run.pid"
CLEANING_SECONDS = 30
TEST_CARDS = (
    ("4242 4242 4242 4242", "is paid"),
    ("4000 0025 0000 3155", "asks for 3-D Secure, then is paid"),
    ("4000 0000 0000 0002", "is declined"),
    ("4000 0000 0000 9995", "has insufficient funds"),
)


def main() -> int:
    """Start, wait for Ctrl-C or SIGTERM, stop. 1 when something failed."""
    is_over = threading.Event()
    _end_on_signals(is_over)
    try:
        with only_one(PID_FILE):
            product = product_of_settings(https_port=_https_port())
            product_ports_check(product)
            _run(product, is_over)
    except SettingError as error:
        print(f"\nDomaap can't start. {error}", file=sys.stderr, flush=True)
        return 1
    except (ProductError, EmbeddedError) as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _https_port() -> int:
    """With --https: the port of the front, whose address the product then is known by; else 0."""
    if sys.argv[1:] != ["--https"]:
        return 0
    certificate_ensure()
    port = env_port("HTTPS_PORT", 8443)
    os.environ["SITE_URL"] = f"https://localhost:{port}"
    return port


def _run(product: Product, is_over: threading.Event) -> None:
    """From the database up, and down again in the opposite order whatever happens."""
    supervisor = Supervisor(
        VAR / "logs", PID_FILE, cluster=product.cluster if product.has_database else ""
    )
    begun = time.monotonic()
    try:
        _tell(
            "database: PostgreSQL, tables and first data", lambda: product_database_start(product)
        )
        _tell("processes: simulator, web, worker, site", lambda: product_start(product, supervisor))
        print(_welcome(product, time.monotonic() - begun), flush=True)
        supervisor.watch(is_over.is_set)
        print("\nStopping ...", flush=True)
    finally:
        supervisor.stop()
        product_database_stop(product)
        print("Everything is stopped; your data stays in var/.", flush=True)


def _tell(what: str, work: Callable[[], object]) -> None:
    print(f"  {what} ...", flush=True)
    begun = time.monotonic()
    work()
    print(f"  {what}: ready in {time.monotonic() - begun:.1f} s", flush=True)


@contextmanager
def only_one(pid_file: Path) -> Iterator[None]:
    """One product per lock file. The lock goes with its holder; the number in it is for `make stop`.

    A holder that was killed leaves the lock to its guard until all is ended: we wait for that.
    """
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    with pid_file.open("a+") as file:
        deadline = time.monotonic() + CLEANING_SECONDS
        while not lock_take(file):
            if _holder_lives(file) or time.monotonic() > deadline:
                raise ProductError("Domaap runs from this folder already; `make stop` ends it.")
            time.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def _holder_lives(file: IO[str]) -> bool:
    """Whether the supervisor whose number is in the file still runs."""
    file.seek(0)
    text = file.read().strip()
    if not text.isdigit():
        return True  # It has just taken the lock and not written its number yet.
    try:
        os.kill(int(text), 0)
    except ProcessLookupError:
        return False
    return True


def _end_on_signals(is_over: threading.Event) -> None:
    """Ctrl-C and SIGTERM end the product; a second one while it stops changes nothing."""

    def end(number: int, frame: FrameType | None) -> None:
        is_over.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def _welcome(product: Product, seconds: float) -> str:
    """What a person needs to begin."""
    url = product.site_url
    staff = f"staff@example.org   {secrets_read(ROOT).get('DEMO_PASSWORD', '')}"
    if not product.has_database:
        staff = f"(make a login once: {PYTHON.relative_to(ROOT)} manage.py createsuperuser)"
    lines = [
        "",
        f"Domaap is ready ({seconds:.1f} s).",
        f"  Give      {url}/donate",
        f"  Staff     {url}/admin/   {staff}",
    ]
    if product.has_database:
        lines.append("            the second step shows its practice code, on this machine only")
        lines.append(f"  Mailbox   {url}/mailbox/")
    lines.append(f"  API docs  {url}/api/docs/")
    if product.has_simulator:
        lines.append("  Test cards (any future date, any CVC):")
        lines += [f"    {number}  {what}" for number, what in TEST_CARDS]
    return "\n".join([*lines, "  Ctrl-C stops everything.", ""])


if __name__ == "__main__":
    sys.exit(main())
