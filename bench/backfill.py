"""`backfill`: a history brought in, against the bare listing of the same pages of the same lists."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import httpx
import stripe
from django.apps import apps
from django.conf import settings
from django.db import connection

from api.services.backfills import BackfillRequest, backfill
from api.services.funds import funds_seed
from api.services.gateways.stripe import list_pages
from bench.servers import running, simulator
from tools.ports import LOOPBACK, port_unused

CHARGES, REFUNDS, DISPUTES, ROUNDS = 2000, 100, 20, 3
# The simulator answers in 20 ms, faster than Stripe lets one ask (25 times a second). What a page of
# a hundred objects in full takes there is assumed, not measured.
PAGE_SECONDS = 0.3
# What a history consists of: each list with what is asked to be in it in full.
LISTS: tuple[tuple[str, list[str], dict[str, str]], ...] = (
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
        _compare("pages come at once", ROUNDS)
        slow = {"kind": "slow", "match": "GET *", "seconds": PAGE_SECONDS}
        httpx.post(f"{settings.STRIPE_API_URL}/_sim/faults", json={"rules": [slow]})
        _compare(f"a page takes {PAGE_SECONDS} s", 1)
        _forget()


def _compare(what: str, rounds: int) -> None:
    ratios = []
    for _ in range(rounds):
        listed, pages = _timed(_list)
        _forget()
        brought, _ = _timed(_bring_in)
        ratios.append(listed / brought)
        print(f"{what}: {pages} listed in {listed:.1f} s, brought in in {brought:.1f} s")
    spread = f"(rounds from {min(ratios):.2f} to {max(ratios):.2f})" if rounds > 1 else ""
    print(f"speed to the bare listing's {median(ratios):.2f} {spread} (promise: 0.80)")


def _timed[Answer](deed: Callable[[], Answer]) -> tuple[float, Answer]:
    began = time.perf_counter()
    answer = deed()
    return time.perf_counter() - began, answer


def _list() -> int:
    """Every page, as we ask for it, and nothing done with it. Returns how many."""
    pages = [
        page
        for name, expand, more in LISTS
        for page in list_pages(f"/v1/{name}", expand=expand, created={"gte": 0}, **more)
    ]
    payouts = [one["id"] for page in pages for one in page if one["object"] == "payout"]
    made_of = [
        page
        for payout in payouts
        for page in list_pages("/v1/balance_transactions", payout=payout, expand=["data.source"])
    ]
    return len(pages) + len(made_of)


def _bring_in() -> object:
    return backfill(BackfillRequest(is_commit=True), tell=lambda *_: None)


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
