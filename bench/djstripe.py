"""dj-stripe beside ours: the same bodies, the same gunicorn, the same PostgreSQL, in the same minutes.

It asks Stripe again for the object of each event; that goes to the simulator, which answers at once
and on the same cores. A real Stripe is further away and allows so many questions a second.
"""

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import httpx
import psycopg

from bench.events import Thing, bodies_of, gifts_of, inbox_empty
from bench.load import Load, load, percentile, signed
from bench.processor_time import Stopwatch, per_event
from bench.servers import (
    OUR_PATH,
    OURS,
    PRODUCT,
    SECRET,
    Worker,
    gunicorn,
    running,
    serving,
    simulator,
)
from embedded.postgres import USER, cluster_of, postgres_url
from tools.interpreters import uv_find
from tools.places import PYTHON, ROOT, VAR
from tools.ports import LOOPBACK, port_unused
from tools.stamps import StepError

# Pinned, and in no lock file of ours: it is a thing to measure against, not a part.
PACKAGES = (
    "dj-stripe==2.11.0",
    "stripe==15.6.2",
    "django==6.1.3",
    "gunicorn==27.0.1",
    "psycopg[binary,pool]==3.3.9",
)
ENDPOINT = "/stripe/webhook/11111111-1111-4111-8111-111111111111/"
FOLDER = VAR / "bench-djstripe"
_MOMENTS = itertools.count(1_700_000_000, 100_000)
ROUNDS, THEIR_GIFTS, OUR_GIFTS, WARM_GIFTS = 5, 75, 1500, 20


def handled() -> None:
    """Ours and dj-stripe's by turns: events a second, kept and to the end; then the ratios."""
    python = _environment_make()
    theirs: list[Load] = []
    kept: list[Load] = []
    rates: list[float] = []
    stripe = port_unused()
    with running(simulator(stripe)), serving(OURS) as (our_port,), _site(python, stripe) as port:
        if port:
            _round_of_theirs(port, _things(stripe, WARM_GIFTS))
        for _ in range(ROUNDS):
            if port:
                theirs.append(_round_of_theirs(port, _things(stripe, THEIR_GIFTS)))
            kept.append(_round_kept(our_port, _things(stripe, OUR_GIFTS)))
            warm, things = _things(stripe, WARM_GIFTS), _things(stripe, OUR_GIFTS)
            rates.append(_round_of_ours(our_port, warm, things))
        _say("ours, kept", kept)
        each = ", ".join(f"{rate:.0f}" for rate in rates)
        print(f"ours, to the end: {each} events/s; {median(rates) / 4:.0f} gifts/s")
        if port:
            _compare(theirs, kept, rates)
            processed = _site_says(python, stripe, "count")
            print(
                f"(dj-stripe's books: {processed} events processed and charges, of all rounds so far)"
            )


def _compare(theirs: list[Load], kept: list[Load], rates: list[float]) -> None:
    _say("dj-stripe", theirs)
    pairs = list(zip(theirs, kept, rates, strict=True))
    views = [mine.per_second / its.per_second for its, mine, _ in pairs]
    ends = [rate / its.per_second for its, _, rate in pairs]
    print(f"ratio to dj-stripe's view {_spread(views)} (promise: 15)")
    print(f"ratio to dj-stripe, to the end {_spread(ends)} (promise: 10)")


def _spread(ratios: list[float]) -> str:
    return f"{median(ratios):.1f} (rounds from {min(ratios):.1f} to {max(ratios):.1f})"


def _say(name: str, runs: list[Load]) -> None:
    each = ", ".join(f"{run.per_second:.0f}" for run in runs)
    waits = [wait for run in runs for wait in run.waits]
    print(f"{name}: {each} events/s, p99 {percentile(waits, 0.99) * 1000:.0f} ms")


def _things(stripe: int, count: int) -> list[Thing]:
    """New charges at the simulator, each with its PaymentIntent in full; newest first."""
    at = f"http://{LOOPBACK}:{stripe}"
    # Each lot is younger than the last one, since the list begins with the youngest.
    asked_for = {"count": count, "created": next(_MOMENTS), "step": 1}
    httpx.post(f"{at}/_sim/bulk", json=asked_for, timeout=120).raise_for_status()
    asked: dict[str, Any] = {"limit": 100, "expand[]": "data.payment_intent"}
    found: list[Thing] = []
    while len(found) < count:
        page = httpx.get(f"{at}/v1/charges", params=asked, auth=("sk_test_simulator", ""))
        found += page.raise_for_status().json()["data"]
        asked["starting_after"] = found[-1]["id"]
    return found[:count]


def _round_of_theirs(port: int, things: list[Thing]) -> Load:
    """dj-stripe handles an event before it answers."""
    requests = _requests(ENDPOINT, things)
    watch = Stopwatch()
    run = load(port, requests)
    print(f"dj-stripe: {run.per_second:.0f} events/s; {per_event(watch.read(), len(requests))}")
    return run


def _round_kept(port: int, things: list[Thing]) -> Load:
    """The door alone, no worker at it."""
    gifts_of([thing["payment_intent"]["id"] for thing in things])
    run = load(port, _requests(OUR_PATH, things))
    inbox_empty()
    return run


def _round_of_ours(port: int, warm: list[Thing], things: list[Thing]) -> float:
    """Events a second from the first delivery to the last one handled, the worker at work all the time."""
    from api.models import Donation

    intents = [thing["payment_intent"]["id"] for thing in (*warm, *things)]
    gifts_of(intents)
    first, sent = _requests(OUR_PATH, warm), _requests(OUR_PATH, things)
    with Worker() as worker:
        # As dj-stripe's site, it has come up and worked before the clock runs.
        _hand_over(port, first, worker)
        began, watch = time.perf_counter(), Stopwatch()
        _hand_over(port, sent, worker)
        spent, work = time.perf_counter() - began, watch.read()
    print(f"ours: {len(sent) / spent:.0f} events/s; {per_event(work, len(sent))}")
    paid = Donation.objects.filter(stripe_payment_intent_id__in=intents, status="succeeded").count()
    if paid != len(intents):
        sys.exit(f"{paid} of {len(intents)} gifts were settled.")
    return len(sent) / spent


def _requests(path: str, things: list[Thing]) -> list[bytes]:
    return [signed(path, body, SECRET) for body in bodies_of(things)]


def _hand_over(port: int, requests: list[bytes], worker: Worker) -> None:
    """Deliver, and wait until all is handled."""
    from api.models import WebhookEvent, WebhookStatus

    load(port, requests)
    while WebhookEvent.objects.filter(status=WebhookStatus.WAITING).exists():
        worker.check()
        time.sleep(0.02)


@contextmanager
def _site(python: str, stripe: int) -> Iterator[int]:
    """dj-stripe's site at a port; 0 where it can't be installed."""
    if not python:
        yield 0
        return
    with psycopg.connect(postgres_url(ROOT, cluster=PRODUCT.cluster), autocommit=True) as own:
        known = own.execute("SELECT 1 FROM pg_database WHERE datname = 'djstripe'").fetchone()
        if not known:
            own.execute("CREATE DATABASE djstripe")
    _site_says(python, stripe, "prepare")
    port = port_unused()
    part = gunicorn(
        "bench.djstripe_site", port, python=python, environment=_site_environment(stripe)
    )
    with running(part):
        yield port


def _site_says(python: str, stripe: int, word: str) -> str:
    done = subprocess.run(
        [python, "-m", "bench.djstripe_site", word],
        cwd=ROOT,
        env={**os.environ, "STRIPE_WEBHOOK_SECRET": SECRET, **_site_environment(stripe)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"dj-stripe's site did not come up:\n{done.stderr[-2000:]}")
    return done.stdout.strip()


def _site_environment(stripe: int) -> dict[str, str]:
    return {
        "BENCH_DATABASE_USER": USER,
        "BENCH_DATABASE_HOST": str(cluster_of(ROOT, PRODUCT.cluster).socket_dir),
        "BENCH_STRIPE": f"http://{LOOPBACK}:{stripe}",
    }


def _environment_make() -> str:
    """The Python of an environment with dj-stripe in it; nothing where it can't be had."""
    python = str(FOLDER / "bin" / "python")
    try:
        uv = uv_find()
        for command in (
            [uv, "venv", "-q", "--allow-existing", "--python", str(PYTHON), str(FOLDER)],
            [uv, "pip", "install", "-q", "--python", python, *PACKAGES],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, StepError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or error
        print(f"dj-stripe can't be installed here and is not measured: {said}")
        return ""
    return python
