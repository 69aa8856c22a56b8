"""A batch of events settles as its events would one by one: in any order, repeated, one of them broken."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Max
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from api.models import (
    Account,
    AuditLine,
    Donation,
    DonationStatus,
    LedgerEntry,
    Receipt,
    WebhookEvent,
    WebhookStatus,
)
from api.services.inbox import event_row, events_keep, events_process
from api.services.summaries import summaries_check
from bench.events import events_of

Make = Callable[..., Donation]
pytestmark = pytest.mark.django_db(transaction=True)
GIFTS, REFUNDED = 3, 0
# Of each gift the four events of a card payment, one of them told again by another event; a refund of one.
TOLD = [(gift, number) for gift in range(GIFTS) for number in range(5)] + [(REFUNDED, 5)]


def told(donation: Donation, number: int) -> dict[str, Any]:
    """One of the events about a gift."""
    intent = f"pi_{donation.pk}"
    four = list(events_of(donation.reference, intent))
    if number < 4:
        return four[number]
    if number == 4:
        return {**four[3], "id": f"evt_again_{intent}"}
    refund = {
        "id": f"re_{donation.pk}",
        "object": "refund",
        "amount": 500,
        "currency": "gbp",
        "status": "succeeded",
        "payment_intent": intent,
        "charge": f"ch_{donation.pk}",
        "created": four[0]["created"],
    }
    made = {**four[0], "id": f"evt_refund_{intent}", "type": "refund.created"}
    return {**made, "data": {"object": refund}}


def keep(events: list[dict[str, Any]]) -> None:
    """Put events into the inbox in this order."""
    for event in events:
        events_keep([event_row(event, route="/")])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(TOLD),
    # A batch of one is the same road; the others cut the events at odd places.
    limit=st.sampled_from([1, 3, 7, 500]),
    has_intents=st.booleans(),
)
def test_events_of_several_gifts_in_any_order_and_batches_settle_each_once(
    make_donation: Make, order: list[tuple[int, int]], limit: int, has_intents: bool
) -> None:
    gifts = [make_donation() for _ in range(GIFTS)]
    if has_intents:  # Else only the reference in Stripe's metadata tells whose the money is.
        for gift in gifts:
            gift.stripe_payment_intent_id = f"pi_{gift.pk}"
            gift.save()
    last = Receipt.objects.aggregate(last=Max("sequence"))["last"] or 0
    keep([told(gifts[gift], number) for gift, number in order])
    while events_process(limit=limit):
        pass
    # A refund that came before we knew the gift by its intent waits to be placed, as from elsewhere.
    WebhookEvent.objects.filter(status=WebhookStatus.UNPLACED).update(status=WebhookStatus.WAITING)
    events_process()

    names = [f"donation:{gift.reference}" for gift in gifts]
    for place, gift in enumerate(gifts):
        gift.refresh_from_db()
        back = 500 if place == REFUNDED else 0
        paid = DonationStatus.PART_REFUNDED if back else DonationStatus.SUCCEEDED
        assert gift.status == paid
        assert gift.stripe_payment_intent_id == f"pi_{gift.pk}"
        assert (gift.payment.amount_minor, gift.payment.stripe_charge_id) == (2500, f"ch_{gift.pk}")
        assert (gift.payment.method, gift.payment.method_kind) == ("Visa card ending 4242", "card")
        assert gift.moves.filter(to_status=DonationStatus.SUCCEEDED).count() == 1
        entries = LedgerEntry.objects.filter(posting__donation=gift)
        assert sorted(entries.values_list("account", "amount_minor")) == sorted(
            [(Account.DONATION_INCOME, -2500), (Account.STRIPE_CLEARING, 2500)]
            + ([(Account.REFUNDS, back), (Account.STRIPE_CLEARING, -back)] if back else [])
        )
        jobs = ProcrastinateJob.objects.filter(task_name="api.tasks.receipt_email")
        assert jobs.filter(args__donation_id=gift.pk).count() == 1
    settled = AuditLine.objects.filter(action="donation.settled", subject__in=names)
    assert settled.count() == GIFTS
    numbers = Receipt.objects.filter(donation__in=gifts).values_list("sequence", flat=True)
    assert sorted(numbers) == [last + 1, last + 2, last + 3]
    assert not WebhookEvent.objects.filter(status=WebhookStatus.WAITING).exists()
    assert summaries_check() == []


def test_an_event_that_fails_spoils_none_of_those_beside_it(make_donation: Make) -> None:
    good, strange, other = make_donation(), make_donation(currency="EUR"), make_donation()
    keep([told(gift, number) for gift in (good, strange, other) for number in (1, 2)])
    assert events_process() == 6
    statuses = Donation.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["succeeded", "created", "succeeded"]
    assert sorted(Receipt.objects.values_list("sequence", flat=True)) == [1, 2]
    waiting = WebhookEvent.objects.filter(status=WebhookStatus.WAITING)
    assert [event.payload["data"]["object"]["metadata"] for event in waiting] == [
        {"donation_reference": strange.reference}
    ] * 2
    assert all("EUR" in event.error and event.attempts == 1 for event in waiting)


def test_a_batch_takes_as_many_questions_for_many_gifts_as_for_one(make_donation: Make) -> None:
    asked = []
    for count in (1, 20):
        gifts = [make_donation() for _ in range(count)]
        keep([told(gift, number) for gift in gifts for number in range(4)])
        with CaptureQueriesContext(connection) as queries:
            events_process()
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 30
    assert Donation.objects.filter(status=DonationStatus.SUCCEEDED).count() == 21
