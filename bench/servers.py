"""What a bench runs against: the product's own database, gunicorn as the product runs it, our worker."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from embedded.secrets import secrets_ensure, secrets_read
from tools.places import PYTHON, ROOT, VAR
from tools.ports import LOOPBACK, port_unused
from tools.product import (
    WEB_OPTIONS,
    WEB_PROCESSES,
    WEB_THREADS,
    Ports,
    product_of_tests,
)
from tools.supervise import Part, Supervisor

PRODUCT = product_of_tests(Ports(port_unused(), port_unused(), port_unused()), name="bench")
secrets_ensure(ROOT)
SECRET = secrets_read(ROOT)["STRIPE_WEBHOOK_SECRET"]
OURS, FLOOR = "donor_management.wsgi", "bench.floor"
OUR_PATH = "/api/stripe/webhook/"


def gunicorn(
    application: str,
    port: int,
    *,
    python: str = str(PYTHON),
    ready: str = "",
    environment: Mapping[str, str] | None = None,
) -> Part:
    """An application as the product would serve it: same workers, threads and options."""
    size = ["--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS)]
    command = [python, "-m", "gunicorn", application, "--worker-class", "gthread"]
    path = ready or ("/health/ready" if application == OURS else "/")
    return Part(
        f"web-{application}",
        [*command, "--bind", f"{LOOPBACK}:{port}", *size, *WEB_OPTIONS],
        f"http://{LOOPBACK}:{port}{path}",
        {**PRODUCT.environment, "STRIPE_WEBHOOK_SECRET": SECRET, **(environment or {})},
    )


def simulator(port: int) -> Part:
    """The stand-in for Stripe, in memory, delivering nothing by itself."""
    return Part(
        "simulator",
        [str(PYTHON), "-m", "stripe_sim", "--port", str(port)],
        f"http://{LOOPBACK}:{port}/_sim/health",
        {**PRODUCT.environment, "STRIPE_SIM_SCHEMAS": "", "STRIPE_SIM_VIOLATIONS": ""},
    )


@contextmanager
def running(*parts: Part) -> Iterator[None]:
    """These processes, until the end of the block."""
    logs, lock = PRODUCT.folder / "logs", VAR / "bench.pid"
    supervisor = Supervisor(logs, lock, cluster=PRODUCT.cluster, is_quiet=True)
    supervisor.start(*parts)
    try:
        yield
    finally:
        supervisor.stop()


@contextmanager
def serving(*applications: str) -> Iterator[list[int]]:
    """Applications side by side, each at a port of its own. One that is asked nothing costs nothing."""
    ports = [port_unused() for _ in applications]
    parts = [gunicorn(name, port) for name, port in zip(applications, ports, strict=True)]
    with running(*parts):
        yield ports


class Worker:
    """Our worker, handling events and nothing else; it has come up when this returns."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(PYTHON), "manage.py", "worker", "--inbox-only"],
            cwd=ROOT,
            env={**os.environ, **PRODUCT.environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        while "Worker is ready" not in (
            self._process.stdout.readline() if self._process.stdout else ""
        ):
            self.check()

    def check(self) -> None:
        """End the bench when the worker did."""
        if self._process.poll() is not None:
            sys.exit("The worker ended.")

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
