"""A charity's year in a few rows: one of each noun and more of some."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from api.models import (
    Campaign,
    Dispute,
    Donation,
    Donor,
    Fund,
    Message,
    MessageKind,
    Payment,
    Payout,
    Receipt,
    ReceiptCounter,
    Refund,
    Right,
    Role,
    Subscription,
    WebhookEvent,
)
from api.services.donors import name_fold
from api.services.funds import funds_seed
from api.services.tables import TABLES
from api.services.tables.pages import page_read
from api.services.tables.questions import Question, question_read
from tests.clients import Client
from tests.people import staff

As = Callable[[Role], Client]
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL = frozenset(Right)
NAMES = ("Amina Yusuf", "Ben Okafor", "Chen Wei", "John Smith", "Zofia Łęcka", "Siobhán O'Brien")


def ask(noun: str, query: str = "", rights: frozenset[Right] = ALL) -> Question:
    """What an address of the table asks."""
    return question_read(TABLES[noun], parse_qs(query, keep_blank_values=True), rights)


def rows(noun: str, query: str = "", name: str = "pk", rights: frozenset[Right] = ALL) -> list[Any]:
    """One column of the first page."""
    question = ask(noun, query, rights)
    question = question.with_columns(TABLES[noun].columns_of(rights))
    return [row[name] for row in page_read(question).rows]


def donor(name: str, **more: Any) -> Donor:
    """A donor of this name."""
    email = f"{name.split()[0].lower()}{Donor.objects.count()}@example.org"
    told = {"email": email, "email_key": email, "name": name, "name_key": name_fold(name)}
    made: Donor = Donor.objects.create(**(told | more))
    return made


def donation(of: Donor, **more: Any) -> Donation:
    """A paid gift of £25 once, a minute after the last one."""
    minute = Donation.objects.count()
    told = {"kind": "one_off", "fund": Fund.objects.order_by("pk")[0], "amount_minor": 2500}
    made: Donation = Donation.objects.create(
        **(told | {"donor": of, "currency": "GBP", "status": "succeeded"} | more)
    )
    moment = BEGAN + timedelta(minutes=minute)
    Donation.objects.filter(pk=made.pk).update(created_at=moment)
    made.refresh_from_db()
    return made


@pytest.fixture
def charity(db: None) -> dict[str, Any]:
    """One of each noun; six donors, each with gifts."""
    funds_seed()
    appeal = Campaign.objects.create(code="winter", name="Winter coats")
    postcodes = ("B10 0AB", "LS1 4AP", "SW1A 1AA", "B10 0AB", "", "BT1 5GS")
    donors = [donor(name, postcode=code) for name, code in zip(NAMES, postcodes, strict=True)]
    plan = Subscription.objects.create(
        donor=donors[0],
        fund=Fund.objects.order_by("pk")[0],
        amount_minor=1000,
        currency="GBP",
        collection_day=5,
        status="active",
        stripe_subscription_id="sub_1",
    )
    gifts = [
        donation(donors[0], kind="monthly", subscription=plan, amount_minor=1000),
        donation(donors[1], campaign=appeal, message="=HYPERLINK(1)"),
        donation(donors[2], amount_minor=123_456_789, fee_cover_minor=11),
        donation(donors[3], status="failed", failure_code="card_declined"),
        donation(donors[3], status="disputed", stripe_payment_intent_id="pi_77"),
        donation(donors[4], status="refunded"),
        donation(donors[5], currency="JPY", amount_minor=5000),
    ]
    for number, gift in enumerate(gifts):
        Message.objects.create(
            key=f"receipt:{number}",
            kind=MessageKind.RECEIPT,
            donor=gift.donor,
            donation=gift,
            to=gift.donor.email,
            subject=f"Your receipt {number}",
            message_id=f"<receipt-{number}@example.org>",
        )
    ReceiptCounter.objects.create(year=2026, last=len(gifts))
    for number, gift in enumerate(gifts, 1):
        Receipt.objects.create(donation=gift, year=2026, sequence=number)
        Payment.objects.create(
            donation=gift,
            amount_minor=gift.total_minor,
            currency=gift.currency,
            method_kind="card",
            method="Visa card ending 4242",
            stripe_charge_id=f"ch_{number}",
            received_at=gift.created_at,
        )
    Refund.objects.create(
        donation=gifts[5], amount_minor=2500, currency="GBP", status="succeeded", note="By phone"
    )
    for number, due in enumerate((None, BEGAN + timedelta(days=9), BEGAN)):
        Dispute.objects.create(
            donation=gifts[4],
            amount_minor=2500,
            currency="GBP",
            status="needs_response" if number else "won",
            stripe_dispute_id=f"dp_{number}",
            evidence_due_at=due,
            opened_at=BEGAN,
        )
    Payout.objects.create(
        stripe_payout_id="po_1",
        amount_minor=2400,
        currency="GBP",
        status="paid",
        arrives_on=date(2026, 3, 8),
        made_at=BEGAN,
    )
    for number, status in enumerate(("handled", "failed", "failed", "waiting")):
        WebhookEvent.objects.create(
            stripe_event_id=f"evt_{number}",
            type="invoice.paid" if number % 2 else "charge.refunded",
            payload={"data": {"object": {"id": f"in_{number}"}}},
            about=[f"in_{number}"],
            route="/",
            status=status,
            attempts=9,
            error="KeyError: 'x'" if status == "failed" else "",
            next_attempt_at=BEGAN,
            stripe_created_at=BEGAN,
        )
    return {"donors": donors, "gifts": gifts, "plan": plan, "appeal": appeal}


@pytest.fixture
def signed_in() -> As:
    """A browser of somebody in this role."""

    def browser(role: Role) -> Client:
        client = Client()
        client.force_login(staff(role))
        return client

    return browser
