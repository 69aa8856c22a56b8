"""What the walks do by: the site's API, Stripe's events and their deliveries, the worker."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import stripe
from django.conf import settings
from procrastinate.contrib.django import app

from api.models import Account, Donation, DonationStatus, LedgerEntry
from api.services.inbox import events_process
from tests.clients import Client


def start(
    client: Client, body: dict[str, Any], route: str = "/api/stripe/payment-intent/"
) -> dict[str, Any]:
    """Post a form; the answer must be a started gift."""
    answer = client.post(route, json.dumps(body), content_type="application/json")
    assert answer.status_code in (200, 201), answer.content
    return dict(answer.json())


def signature(body: bytes, *, secret: str | None = None, at: float | None = None) -> str:
    """Stripe's signature header for a body (docs.stripe.com/webhooks#verify-manually)."""
    moment = int(at if at is not None else time.time())
    key = (secret or settings.STRIPE_WEBHOOK_SECRETS[0]).encode()
    made = hmac.new(key, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={made}"


def deliver(
    client: Client, event: dict[str, Any], *, route: str = "/api/stripe/webhook/", **kinds: Any
) -> Any:
    """Post one signed event."""
    body = json.dumps(event).encode()
    return client.post(
        route,
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body, **kinds)},
    )


def events_of(sdk: stripe.StripeClient, *, since: int = 0) -> list[dict[str, Any]]:
    """The simulator's events, oldest first, byte for byte as they would be delivered."""
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"has_more": True}
    while page["has_more"]:
        asked = {"limit": "100"} | ({"starting_after": found[-1]["id"]} if found else {})
        answer = httpx.get(
            f"{settings.STRIPE_SIM_URL}/v1/events", params=asked, auth=("sk_test_walk", "")
        )
        page = answer.raise_for_status().json()
        found += page["data"]
    return [event for event in reversed(found) if event["created"] >= since]


def work() -> None:
    """What the worker does until nothing waits: events, then jobs."""
    while events_process():
        pass
    asyncio.run(_jobs())


async def _jobs() -> None:
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        await worker_app.run_worker_async(
            queues=[
                "default"
            ],  # what the clock starts would come or not, by the minute of the test
            wait=False,
            install_signal_handlers=False,
            listen_notify=False,
        )


def settled_once(donation: Donation) -> None:
    """One gift, one of everything: the promise that each walk ends with."""
    assert donation.status == DonationStatus.SUCCEEDED
    assert [move.to_status for move in donation.moves.all()][-1] == DonationStatus.SUCCEEDED
    entries = LedgerEntry.objects.filter(posting__donation=donation).order_by("amount_minor")
    paid = donation.payment.amount_minor
    assert [(entry.account, entry.amount_minor) for entry in entries] == [
        (Account.DONATION_INCOME, -paid),
        (Account.STRIPE_CLEARING, paid),
    ]
    assert donation.receipt.sequence > 0
    assert donation.messages.count() == 1
