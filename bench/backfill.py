"""`backfill`: a history brought in, against the bare listing of the same pages of the same lists."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

import httpx
import stripe
from django.apps import apps
from django.conf import settings
from django.db import connection

from api.clock import now
from api.models import Donation, Payout
from api.services.backfills import BackfillRequest, backfill
from api.services.funds import funds_seed
from api.services.gateways.stripe import list_pages
from api.services.reconciliations import reconcile
from bench.processor_time import Stopwatch
from bench.servers import running, simulator
from tools.ports import LOOPBACK, port_unused

CHARGES, REFUNDS, DISPUTES = 2000, 100, 20


@dataclass(frozen=True)
class Pace:
    """How fast the API is, and how often it is measured. The first two are what a charity meets."""

    words: str
    rules: Sequence[dict[str, Any]]
    rounds: int


PACES = (
    # What a page of a hundred objects in full takes at Stripe is assumed, no real account was asked.
    Pace("a page takes 300 ms", [{"kind": "slow", "match": "GET *", "seconds": 0.3}], 1),
    # docs.stripe.com/rate-limits: 25 requests a second for each endpoint, whatever the account.
    Pace(
        "a page each 40 ms, the most that Stripe allows of one list",
        [{"kind": "pace", "match": "GET *", "seconds": 0.04}],
        3,
    ),
    # Faster than Stripe can ever be asked: the simulator, as fast as it is.
    Pace("pages come at once", [], 3),
)
# What a history consists of: each list with what is asked to be in it in full.
LISTS: tuple[tuple[str, list[str], dict[str, str]], ...] = (
    ("products", [], {}),
    ("invoice_payments", ["data.invoice"], {"status": "paid"}),
    ("subscriptions", ["data.customer"], {"status": "all"}),
    ("charges", ["data.customer", "data.balance_transaction"], {}),
    ("refunds", [], {}),
    ("disputes", [], {}),
    ("payouts", [], {}),
    ("balance_transactions", ["data.source"], {}),
)


def backfill_measure() -> None:
    """Listing and bringing in by turns, each time into books that know nothing of it."""
    port = port_unused()
    settings.STRIPE_API_URL = f"http://{LOOPBACK}:{port}"
    with running(simulator(port)):
        _history(settings.STRIPE_API_URL)
        _forget()
        _bring_in()  # The first one loads code and fills caches.
        for pace in PACES:
            order = httpx.post(
                f"{settings.STRIPE_API_URL}/_sim/faults", json={"rules": list(pace.rules)}
            )
            order.raise_for_status()
            _compare(pace)
        _check()
        _forget()


def _compare(pace: Pace) -> None:
    ratios = []
    for _ in range(pace.rounds):
        listed, pages, _ = _timed(_list)
        _forget()
        brought, _, spent = _timed(_bring_in)
        ratios.append(listed / brought)
        costs = {name: ms / CHARGES for name, ms in spent.items() if name != "simulator"}
        each = ", ".join(
            f"{name.replace('client', 'backfill')} {ms:.2f}" for name, ms in costs.items()
        )
        print(
            f"{pace.words}: {pages} listed in {listed:.1f} s, brought in in {brought:.1f} s; "
            f"processor time {sum(costs.values()):.2f} ms a charge ({each})",
            flush=True,
        )
    spread = f"(rounds from {min(ratios):.2f} to {max(ratios):.2f})" if len(ratios) > 1 else ""
    print(
        f"{pace.words}: {median(ratios):.2f} of the bare listing's speed {spread} (promise: 0.80)"
    )


def _timed[Answer](deed: Callable[[], Answer]) -> tuple[float, Answer, dict[str, float]]:
    watch, began = Stopwatch(), time.perf_counter()
    answer = deed()
    return time.perf_counter() - began, answer, watch.read()


def _list() -> int:
    """Every page, as we ask for it, and nothing done with it. Returns how many."""
    pages = [
        page
        for name, expand, more in LISTS
        for page in list_pages(f"/v1/{name}", expand=expand, created={"gte": 0}, **more)
    ]
    payouts = [one["id"] for page in pages for one in page if one["object"] == "payout"]
    made_of = [
        page for payout in payouts for page in list_pages("/v1/balance_transactions", payout=payout)
    ]
    return len(pages) + len(made_of)


def _bring_in() -> object:
    return backfill(BackfillRequest(is_commit=True), tell=lambda *_: None)


def _check() -> None:
    """What was brought in is all there, and agrees with Stripe to the penny."""
    run = reconcile(begins_at=now() - timedelta(days=365), ends_at=now() + timedelta(days=365))
    unread = Payout.objects.filter(lines_read_at=None).count()
    print(
        f"{Donation.objects.count()} gifts of {CHARGES} charges, {run.differences.count()} differences "
        f"to Stripe's statement, {unread} payouts not read"
    )


def _forget() -> None:
    with connection.cursor() as cursor:
        tables = [model._meta.db_table for model in apps.get_app_config("api").get_models()]
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    funds_seed()


def _history(at: str) -> None:
    """Gifts of a quarter, some given back, some disputed, all paid out."""
    ask: dict[str, Any] = {"count": CHARGES, "step": 3600}
    httpx.post(f"{at}/_sim/bulk", json=ask, timeout=120).raise_for_status()
    sdk = stripe.StripeClient("sk_test_bench", base_addresses={"api": at})
    charges = [one.id for one in sdk.v1.charges.list({"limit": 100}).data]
    charges += [
        one.id for one in sdk.v1.charges.list({"limit": 100, "starting_after": charges[-1]}).data
    ]
    for charge in charges[:REFUNDS]:
        sdk.v1.refunds.create({"charge": charge, "amount": 100})
    for charge in charges[REFUNDS : REFUNDS + DISPUTES]:
        httpx.post(f"{at}/_sim/charges/{charge}/dispute", json={}).raise_for_status()
    for days in (10, 10):
        httpx.post(f"{at}/_sim/time", json={"advance": days * 86400}).raise_for_status()
        made = httpx.post(f"{at}/_sim/payouts", json={}).raise_for_status().json()
        for payout in made["data"]:
            httpx.post(f"{at}/_sim/payouts/{payout['id']}/pay", json={}).raise_for_status()
