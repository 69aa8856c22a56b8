"""Tools of the walks: the site's API, Stripe as the donor's browser uses it, and deliveries."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import stripe
from django.conf import settings
from django.test import Client
from procrastinate.contrib.django import app

from api.models import Account, Donation, DonationStatus, LedgerEntry
from api.services.funds import funds_seed
from api.services.inbox import events_process


@pytest.fixture(autouse=True)
def funds(no_jobs: None) -> None:
    """The starting funds are there."""
    funds_seed()


@pytest.fixture
def sdk(simulator: str) -> stripe.StripeClient:
    """Stripe's own SDK against the simulator."""
    return stripe.StripeClient(
        "sk_test_walk",
        base_addresses={"api": simulator},
        stripe_version=settings.STRIPE_API_VERSION,
    )


@pytest.fixture
def pay(sdk: stripe.StripeClient) -> Callable[..., Any]:
    """Confirm a gift's intent with a card, as the card form does."""

    def confirm(started: dict[str, Any], card: str = "pm_card_visa") -> Any:
        intent_id = started["client_secret"].split("_secret_")[0]
        return sdk.v1.payment_intents.confirm(
            intent_id, {"payment_method": card, "return_url": "http://localhost:3000/thanks"}
        )

    return confirm


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
            wait=False, install_signal_handlers=False, listen_notify=False
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
