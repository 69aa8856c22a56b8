"""Bills of plans that are told together become what they become one by one, and cost no more queries."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from api.models import Donation, DonationStatus, Payment, Recovery, RecoveryState, Subscription
from api.services.funds import funds_seed
from api.services.invoices import (
    InvoiceFacts,
    InvoiceNews,
    invoice_fail,
    invoice_settle,
    invoices_fail,
    invoices_settle,
)
from api.services.summaries import summaries_check
from tests.giving_history import donor, moment, plan

pytestmark = pytest.mark.django_db
FAILED_AT = moment("2026-02-05")
PAID_AT = FAILED_AT + timedelta(days=3)


def plans(count: int, mark: str) -> list[Subscription]:
    """Plans of as many donors, each of another amount."""
    funds_seed()
    names = [f"{mark}{number}" for number in range(count)]
    return [
        plan(donor(f"Giver {name}", f"{name}@example.org"), "2026-01-05", 1000 + place)
        for place, name in enumerate(names)
    ]


def bill(of: Subscription, *, is_paid: bool, is_first: bool = False) -> InvoiceNews:
    """What Stripe tells of a plan's bill of February."""
    facts = InvoiceFacts(
        id=f"in_{of.pk}",
        subscription_id=f"sub_{of.pk}",
        subscription_reference=of.reference,
        is_first=is_first,
        amount_due_minor=of.amount_minor,
        amount_paid_minor=of.amount_minor if is_paid else 0,
        currency="GBP",
        paid_at=PAID_AT if is_paid else None,
        payment_intent_id="",
    )
    return InvoiceNews(facts, PAID_AT if is_paid else FAILED_AT, f"evt_{of.pk}_{is_paid}")


def became(of: Subscription) -> list[object]:
    """All that our books say of a plan's gifts, by what is the same for every plan."""
    return [
        (
            gift.status,
            gift.failure_code,
            gift.amount_minor,
            list(gift.moves.order_by("id").values_list("from_status", "to_status", "why")),
            list(Payment.objects.filter(donation=gift).values_list("amount_minor", "received_at")),
            list(
                Recovery.objects.filter(donation=gift).values_list(
                    "state", "recovered_by", "opened_at", "closed_at", "next_step_at"
                )
            ),
        )
        for gift in Donation.objects.filter(subscription=of).order_by("id")
    ]


def jobs() -> list[str]:
    """The names of the jobs that wait, and forget them."""
    names = sorted(ProcrastinateJob.objects.values_list("task_name", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    return names


def plain(rows: list[list[object]], of: list[Subscription]) -> str:
    """Without the numbers by which the plans differ."""
    return str(
        [str(row).replace(f"evt_{one.pk}_", "evt_") for row, one in zip(rows, of, strict=True)]
    )


def test_bills_told_together_become_what_they_become_one_by_one() -> None:
    apart, together = plans(4, "apart"), plans(4, "together")
    jobs()
    for one in apart[1:]:
        told = bill(one, is_paid=False)
        assert invoice_fail(told.facts, at=told.at, why=told.why)
    for one in apart[:3]:
        told = bill(one, is_paid=True)
        assert invoice_settle(told.facts, at=told.at, why=told.why)
    wanted = jobs()
    assert invoices_fail([bill(one, is_paid=False) for one in together[1:]]) == [True] * 3
    assert invoices_settle([bill(one, is_paid=True) for one in together[:3]]) == [True] * 3
    assert jobs() == wanted
    assert plain([became(one) for one in together], together) == plain(
        [became(one) for one in apart], apart
    )
    assert Recovery.objects.filter(state=RecoveryState.RECOVERED).count() == 4
    assert Recovery.objects.filter(state=RecoveryState.OPEN).count() == 2
    assert summaries_check() == []


def test_bills_told_again_change_nothing() -> None:
    mine = plans(3, "again")
    failed, paid = ([bill(one, is_paid=is_paid) for one in mine] for is_paid in (False, True))
    invoices_fail(failed)
    invoices_settle(paid)
    before = [became(one) for one in mine]
    jobs()
    assert invoices_settle(paid) == [True] * 3
    assert jobs() == []
    assert invoices_fail(failed) == [True] * 3
    assert [became(one) for one in mine] == before


def test_a_bill_of_nobody_or_about_nothing_is_told_apart_from_those_that_are_ours() -> None:
    [mine, free] = plans(2, "ours")
    ours, nothing = bill(mine, is_paid=True), bill(free, is_paid=False)
    strange = InvoiceNews(
        InvoiceFacts("in_x", "sub_x", "nobody", False, 500, 500, "GBP", PAID_AT, ""), PAID_AT, "e"
    )
    assert invoices_settle([strange, ours, nothing]) == [False, True, False]
    assert Donation.objects.get().status == DonationStatus.SUCCEEDED


def test_a_first_bill_is_that_of_the_gift_which_waits_for_it() -> None:
    started = plans(2, "first")
    waiting = [
        Donation.objects.create(
            kind="monthly",
            donor=one.donor,
            fund=one.fund,
            subscription=one,
            amount_minor=one.amount_minor,
            currency="GBP",
        )
        for one in started
    ]
    assert all(invoices_settle([bill(one, is_paid=True, is_first=True) for one in started]))
    found = Donation.objects.order_by("id")
    assert [one.pk for one in found] == [one.pk for one in waiting]
    assert [one.stripe_invoice_id for one in found] == [f"in_{one.pk}" for one in started]


def test_many_bills_cost_as_many_queries_as_two() -> None:
    counts = []
    for size in (2, 20):
        mine = plans(size, f"of{size}-")
        with CaptureQueriesContext(connection) as seen, transaction.atomic():
            invoices_fail([bill(one, is_paid=False) for one in mine])
            invoices_settle([bill(one, is_paid=True) for one in mine])
        counts.append(len(seen))
    assert counts[0] == counts[1] < 50
