"""`make bench [ONLY=intake,handled,reconcile]`: each promise about speed, as a ratio, measured now."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.load import Load, load, signed
from embedded.secrets import secrets_read
from tools.places import PYTHON, ROOT, VAR
from tools.ports import LOOPBACK, port_unused
from tools.product import (
    WEB_OPTIONS,
    WEB_PROCESSES,
    WEB_THREADS,
    Ports,
    product_database_start,
    product_database_stop,
    product_of_tests,
)
from tools.supervise import Part, Supervisor

PRODUCT = product_of_tests(Ports(port_unused(), port_unused(), port_unused()), name="bench")
ROUNDS, GIFTS = 3, 2500
SECRET = secrets_read(ROOT)["STRIPE_WEBHOOK_SECRET"]
# What dj-stripe's own webhook view took on two cores like these (events a second).
DJ_STRIPE = 116


@contextmanager
def server(application: str) -> Iterator[int]:
    """gunicorn as the product runs it, on a port of its own."""
    port = port_unused()
    size = ["--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS)]
    command = [str(PYTHON), "-m", "gunicorn", application, "--worker-class", "gthread"]
    path = "/health/ready" if application.startswith("donor") else "/"
    part = Part(
        "web",
        [*command, "--bind", f"{LOOPBACK}:{port}", *size, *WEB_OPTIONS],
        f"http://{LOOPBACK}:{port}{path}",
        {**PRODUCT.environment, "STRIPE_WEBHOOK_SECRET": SECRET},
    )
    supervisor = Supervisor(
        PRODUCT.folder / "logs", VAR / "bench.pid", cluster=PRODUCT.cluster, is_quiet=True
    )
    supervisor.start(part)
    try:
        yield port
    finally:
        supervisor.stop()


def main() -> None:
    """Run those that are named, or all."""
    wanted = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(BENCHES)
    os.environ.update(PRODUCT.environment)
    product_database_start(PRODUCT)
    try:
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "donor_management.settings"
        django.setup()
        for name in wanted:
            print(f"\n== {name}", flush=True)
            BENCHES[name]()
    finally:
        product_database_stop(PRODUCT)


def intake() -> None:
    """Webhooks verified and kept, against a bare view that does the same."""
    from django.db import connection

    from bench.events import bodies, donations_make

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_floor")
        cursor.execute(
            "CREATE TABLE bench_floor (event_id text PRIMARY KEY, payload jsonb NOT NULL)"
        )
    ours, floor = [], []
    for _ in range(ROUNDS):
        made = bodies(donations_make(GIFTS))
        with server("bench.floor") as port:
            floor.append(load(port, [signed("/floor/", body, SECRET) for body in made]))
        with server("donor_management.wsgi") as port:
            path = "/api/stripe/webhook/"
            ours.append(load(port, [signed(path, body, SECRET) for body in made]))
    best, bare = _middle(ours), _middle(floor)
    _say("floor", bare)
    _say("intake", best)
    print(f"ratio to the floor {best.per_second / bare.per_second:.2f} (promise: 0.80)")
    print(f"p99 to the floor's {best.p99_ms / bare.p99_ms:.2f} (promise: 1.00)")
    print(f"ratio to dj-stripe's view {best.per_second / DJ_STRIPE:.1f} (promise: 15)")


def handled() -> None:
    """From the inbox to the end: status, payment, ledger, receipt number, audit, job."""
    from api.models import Donation, WebhookEvent, WebhookStatus
    from bench.events import bodies, donations_make

    WebhookEvent.objects.all().delete()
    made = bodies(donations_make(GIFTS))
    with server("donor_management.wsgi") as port:
        worker = subprocess.Popen(
            [str(PYTHON), "manage.py", "worker", "--inbox-only"],
            cwd=ROOT,
            env={**os.environ, **PRODUCT.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        began = time.perf_counter()
        requests = [signed("/api/stripe/webhook/", body, SECRET) for body in made]
        load(port, requests)
        delivered = time.perf_counter() - began
        while WebhookEvent.objects.filter(status=WebhookStatus.WAITING).exists():
            if worker.poll() is not None:
                sys.exit("The worker ended.")
            time.sleep(0.05)
        spent = time.perf_counter() - began
        worker.terminate()
        worker.wait()
    settled = Donation.objects.filter(status="succeeded").count()
    rate = len(made) / spent
    print(f"{len(made)} events, {settled} gifts settled in all; delivered in {delivered:.1f} s")
    print(f"{rate:.0f} events/s, {rate / 4:.0f} gifts/s to the end")
    print(f"ratio to dj-stripe's events/s {rate / DJ_STRIPE:.1f} (promise: 10)")


def flat() -> None:
    """The cost of an event with ten thousand gifts in the books, and with a million."""
    from api.models import Donation
    from bench.history import history_make

    rates = []
    for size in (10_000, 1_000_000):
        missing = size - Donation.objects.count()
        if missing > 0:
            history_make(missing)
        rates.append(_events_rate())
        print(f"{Donation.objects.count()} gifts: {rates[-1]:.0f} events/s")
    print(f"cost per event, a million to ten thousand: {rates[0] / rates[1]:.2f} (promise: 1.2)")


def _events_rate() -> float:
    """Events handled a second by the worker's own function, nothing else at work."""
    from api.models import WebhookEvent
    from api.services.inbox import event_row, events_keep, events_process
    from bench.events import donations_make, events_of

    WebhookEvent.objects.all().delete()
    pairs = donations_make(GIFTS)
    rows = [event_row(event, route="bench") for pair in pairs for event in events_of(*pair)]
    for start in range(0, len(rows), 500):
        events_keep(rows[start : start + 500])
    began = time.perf_counter()
    while events_process():
        pass
    return len(rows) / (time.perf_counter() - began)


def reconciled() -> None:
    """A million lines of Stripe's statement against our books: speed, and the memory that it takes."""
    from datetime import timedelta

    from api.clock import now
    from api.models import BalanceTransaction
    from api.services.reconciliations import reconcile
    from bench.history import history_make, statement

    missing = 1_000_000 - BalanceTransaction.objects.count()
    if missing > 0:
        history_make(missing)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    ends = now() + timedelta(days=1)
    run = reconcile(begins_at=ends - timedelta(days=365), ends_at=ends, lines=statement())
    spent = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{run.lines} lines in {spent:.0f} s, {run.differences.count()} differences")
    print(f"{run.lines / spent:.0f} lines/s (promise: 20000)")
    print(f"memory at its peak {peak / 1024:.0f} MB (promise: 300), before {before / 1024:.0f} MB")


def _middle(runs: list[Load]) -> Load:
    return sorted(runs, key=lambda run: run.per_second)[len(runs) // 2]


def _say(name: str, run: Load) -> None:
    print(f"{name}: {run.per_second:.0f}/s, p50 {run.p50_ms:.1f} ms, p99 {run.p99_ms:.1f} ms")


BENCHES: dict[str, Callable[[], None]] = {
    "intake": intake,
    "handled": handled,
    "flat": flat,
    "reconciled": reconciled,
}

if __name__ == "__main__":
    main()
