"""Amina gives £10 a month."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import stripe

from api.clock import charity_date, now
from api.models import (
    Donation,
    DonationStatus,
    LedgerEntry,
    LedgerPosting,
    Message,
    Receipt,
    Subscription,
    SubscriptionStatus,
)
from tests.clients import Client
from tests.people import AMINA, monthly
from tests.walks.tools import deliver, events_of, settled_once, start, work

pytestmark = pytest.mark.django_db(transaction=True)
ROUTE = "/api/stripe/subscription-intent/"


def deliver_all(client: Client, sdk: stripe.StripeClient, *, backwards: bool = False) -> None:
    """Every event of the simulator, then the work that follows."""
    events = events_of(sdk)
    for event in reversed(events) if backwards else events:
        assert deliver(client, event, route="/api/stripe/subscription-webhook/").status_code == 200
    work()


@pytest.mark.parametrize("backwards", [False, True])
def test_the_first_month_is_settled_once_in_any_order_of_events(
    client: Client, sdk: stripe.StripeClient, pay: Callable[..., Any], backwards: bool
) -> None:
    started = start(client, monthly(), ROUTE)
    assert started["kind"] == "monthly"
    pay(started)
    deliver_all(client, sdk, backwards=backwards)
    donation = Donation.objects.get(reference=started["reference"])
    settled_once(donation)
    assert donation.payment.amount_minor == 1000
    plan = Subscription.objects.get()
    assert plan.status == SubscriptionStatus.ACTIVE
    assert plan.next_collection_on is not None and plan.next_collection_on > charity_date(now())
    assert Message.objects.get().text.count("/giving/stop/") == 1


def test_without_webhooks_the_first_month_is_settled_by_coming_back(
    client: Client, pay: Callable[..., Any]
) -> None:
    started = start(client, monthly(), ROUTE)
    pay(started)
    assert client.get(f"/api/donations/{started['reference']}/").json()["status"] == "succeeded"
    work()
    settled_once(Donation.objects.get())


def collection_next(today: date, day: int) -> date:
    """The next date after today with this day of the month (1 to 28, so that each month has it)."""
    if not 1 <= day <= 28:
        raise ValueError(f"a collection day is from 1 to 28, not {day}")
    if day > today.day:
        return today.replace(day=day)
    year, month = (today.year + 1, 1) if today.month == 12 else (today.year, today.month + 1)
    return date(year, month, day)


def test_a_chosen_collection_day_is_taken_today_and_then_on_that_day(
    client: Client, sdk: stripe.StripeClient, pay: Callable[..., Any]
) -> None:
    today = charity_date(now())
    day = 5 if today.day != 5 else 6
    started = start(client, monthly(collection_day=day), ROUTE)
    assert started["next_collection_on"] == collection_next(today, day).isoformat()
    pay(started)
    deliver_all(client, sdk)
    donation = Donation.objects.get()
    settled_once(donation)
    assert donation.payment.amount_minor == 1000
    assert Subscription.objects.get().next_collection_on == collection_next(today, day)


def test_the_same_monthly_form_sent_again_is_the_same_plan(client: Client) -> None:
    body = monthly()
    assert start(client, body, ROUTE) == start(client, body, ROUTE)
    assert (Subscription.objects.count(), Donation.objects.count()) == (1, 1)


def test_a_one_off_key_can_not_start_a_plan(client: Client) -> None:
    body = monthly()
    start(client, body)
    answer = client.post(ROUTE, json.dumps(body), content_type="application/json")
    assert answer.status_code == 409
    assert Subscription.objects.count() == 0


def test_the_link_in_the_receipt_stops_the_plan_in_two_clicks(
    client: Client, sdk: stripe.StripeClient, pay: Callable[..., Any]
) -> None:
    pay(start(client, monthly(), ROUTE))
    deliver_all(client, sdk)
    link = re.search(r"/giving/stop/[^/\s]+/", Message.objects.get().text)
    assert link is not None
    asked = client.get(link[0])
    assert asked.status_code == 200 and "£10.00" in asked.content.decode()
    plan = Subscription.objects.get()
    assert plan.status == SubscriptionStatus.ACTIVE, "opening the link alone stops nothing"
    for _ in range(2):
        assert client.post(link[0]).status_code == 200
    plan.refresh_from_db()
    assert plan.status == SubscriptionStatus.CANCELLED
    assert sdk.v1.subscriptions.retrieve(plan.stripe_subscription_id or "").status == "canceled"
    assert client.get("/giving/stop/forged/").status_code == 404


def test_a_failing_month_is_shown_as_failed_and_moves_no_money(
    client: Client, sdk: stripe.StripeClient, pay: Callable[..., Any]
) -> None:
    started = start(client, monthly(), ROUTE)
    pay(started)
    deliver_all(client, sdk)
    plan = Subscription.objects.get()
    failed = {
        "id": "evt_failed_month",
        "type": "invoice.payment_failed",
        "created": 1_900_000_000,
        "data": {
            "object": {
                "id": "in_next",
                "object": "invoice",
                "billing_reason": "subscription_cycle",
                "amount_due": 1000,
                "amount_paid": 0,
                "currency": "gbp",
                "parent": {
                    "subscription_details": {
                        "subscription": plan.stripe_subscription_id,
                        "metadata": {},
                    }
                },
            }
        },
    }
    deliver(client, failed)
    work()
    month = Donation.objects.get(stripe_invoice_id="in_next")
    assert (month.status, month.failure_code) == (DonationStatus.FAILED, "payment_failed")
    assert LedgerPosting.objects.count() == 1


def test_a_year_of_twenty_donors_has_240_of_everything_and_balanced_books(
    client: Client, sdk: stripe.StripeClient
) -> None:
    began = 1_767_225_600  # 2026-01-01 00:00 UTC
    clock = sdk.v1.test_helpers.test_clocks.create({"frozen_time": began})
    for number in range(20):
        started = start(
            client, monthly(donor={**AMINA, "email": f"amina{number}@example.org"}), ROUTE
        )
        donation = Donation.objects.get(reference=started["reference"])
        _move_to_clock(sdk, donation, clock.id)
    for month in range(1, 13):
        until = date(2026 + month // 12, month % 12 + 1, 1)
        sdk.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": int(_unix(until)) - 3600})
    deliver_all(client, sdk)
    assert Donation.objects.settled().count() == 240
    assert set(Receipt.objects.values_list("year", flat=True)) == {2026}
    assert sorted(Receipt.objects.values_list("sequence", flat=True)) == list(range(1, 241))
    assert Message.objects.count() == 240
    assert sum(LedgerEntry.objects.values_list("amount_minor", flat=True)) == 0
    assert LedgerPosting.objects.count() == 240


def _unix(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _move_to_clock(sdk: stripe.StripeClient, donation: Donation, clock_id: str) -> None:
    """Replace the plan at Stripe by one on the test clock, paid by card, under the same references."""
    plan = donation.subscription
    assert plan is not None and plan.stripe_subscription_id
    sdk.v1.subscriptions.cancel(plan.stripe_subscription_id)
    customer = sdk.v1.customers.create({"email": donation.donor.email, "test_clock": clock_id})
    method = sdk.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    made = sdk.v1.subscriptions.create(
        {
            "customer": customer.id,
            "default_payment_method": method.id,
            "items": [
                {
                    "price_data": {
                        "currency": "gbp",
                        "product": "domaap_fund_general",
                        "unit_amount": 1000,
                        "recurring": {"interval": "month"},
                    }
                }
            ],
            "metadata": {
                "subscription_reference": plan.reference,
                "donation_reference": donation.reference,
            },
        }
    )
    Subscription.objects.filter(pk=plan.pk).update(stripe_subscription_id=made.id)
    Donation.objects.filter(pk=donation.pk).update(
        stripe_payment_intent_id=None, stripe_invoice_id=None
    )
