"""A promise becomes money in one place, once, whatever is repeated, reordered or refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from api.errors import MoveRefused
from api.models import (
    DONATION_MOVES,
    DONATION_PAID,
    Account,
    AuditLine,
    Donation,
    DonationStatus,
    LedgerEntry,
    LedgerPosting,
    Payment,
    Receipt,
)
from api.services.donations import donation_advance, donation_apply, donation_settle
from api.services.gateways.stripe import IntentFacts
from api.services.ledger import Draft, ledger_post
from api.services.payments import Settlement

Make = Callable[..., Donation]
T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def settle(donation: Donation, **changes: Any) -> Donation:
    """Settle with £25 unless said otherwise."""
    facts: dict[str, Any] = {
        "amount_minor": 2500,
        "currency": "GBP",
        "payment_intent_id": f"pi_{donation.pk}",
        "received_at": T0,
        "why": "test",
    }
    donation_settle(Settlement(donation_id=donation.pk, **facts | changes))
    donation.refresh_from_db()
    return donation


def test_settling_three_times_makes_one_of_everything(make_donation: Make) -> None:
    donation = make_donation()
    for _ in range(3):
        settle(donation)
    assert (Payment.objects.count(), Receipt.objects.count(), LedgerPosting.objects.count()) == (
        1,
        1,
        1,
    )
    assert sorted(LedgerEntry.objects.values_list("account", "amount_minor")) == [
        (Account.DONATION_INCOME, -2500),
        (Account.STRIPE_CLEARING, 2500),
    ]
    assert ProcrastinateJob.objects.filter(task_name="api.tasks.receipt_email").count() == 1
    assert AuditLine.objects.filter(action="donation.settled").count() == 1


def test_a_payment_in_another_currency_is_refused_and_moves_no_money(make_donation: Make) -> None:
    donation = make_donation()
    with pytest.raises(MoveRefused, match="EUR"):
        settle(donation, currency="EUR")
    donation.refresh_from_db()
    assert donation.status == DonationStatus.CREATED
    assert (
        LedgerEntry.objects.count()
        == Receipt.objects.count()
        == ProcrastinateJob.objects.count()
        == 0
    )


@pytest.mark.parametrize(("before", "after"), list(product(DonationStatus, DonationStatus)))
def test_every_pair_of_statuses_moves_only_as_the_table_says(
    make_donation: Make, before: DonationStatus, after: DonationStatus
) -> None:
    donation = make_donation(status=before)
    if after == DonationStatus.SUCCEEDED and before not in DONATION_PAID:
        settle(donation)
    else:
        donation_advance(donation_id=donation.pk, status=after, at=T0, why="test")
    donation.refresh_from_db()
    is_allowed = after in DONATION_MOVES[before]
    assert donation.status == (after if is_allowed else before)
    if before != after:
        assert list(donation.moves.values_list("from_status", "to_status")) == (
            [(before, after)] if is_allowed else []
        )


def test_a_status_outside_the_list_is_refused_by_the_database(make_donation: Make) -> None:
    donation = make_donation()
    with pytest.raises(IntegrityError, match="donation_status_is_known"):
        Donation.objects.filter(pk=donation.pk).update(status="paid")


def test_numbers_of_receipts_have_no_gap_when_a_settling_is_rolled_back(
    make_donation: Make,
) -> None:
    settle(make_donation())
    with pytest.raises(RuntimeError, match="power cut"), transaction.atomic():
        settle(make_donation())
        raise RuntimeError("power cut")
    settle(make_donation())
    assert sorted(Receipt.objects.values_list("sequence", flat=True)) == [1, 2]


def test_a_receipt_of_new_years_eve_in_london_has_that_years_number(make_donation: Make) -> None:
    settle(make_donation(), received_at=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    settle(make_donation(), received_at=datetime(2027, 1, 1, tzinfo=UTC))
    assert sorted(receipt.number for receipt in Receipt.objects.all()) == [
        "2026-000001",
        "2027-000001",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        [(Account.STRIPE_CLEARING, 2500), (Account.DONATION_INCOME, -2499)],
        [(Account.STRIPE_CLEARING, 2500)],
        [],
    ],
)
def test_the_database_refuses_a_posting_that_does_not_balance(
    make_donation: Make, lines: list[tuple[Account, int]]
) -> None:
    with pytest.raises(IntegrityError, match="is refused"), transaction.atomic():
        ledger_post([Draft("bad", "GBP", lines, make_donation())])
    assert LedgerPosting.objects.count() == 0


def test_the_database_refuses_two_currencies_in_one_posting(make_donation: Make) -> None:
    with pytest.raises(IntegrityError, match="2 currencies"), transaction.atomic():
        donation = make_donation()
        posting = LedgerPosting.objects.create(name="mixed", donation=donation)
        for currency, amount in (("GBP", 5), ("EUR", -5)):
            LedgerEntry.objects.create(
                posting=posting,
                account=Account.STRIPE_CLEARING,
                fund=donation.fund,
                amount_minor=amount,
                currency=currency,
            )


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE api_ledgerentry SET amount_minor = amount_minor * 2",
        "DELETE FROM api_ledgerentry",
        "UPDATE api_ledgerposting SET name = 'x'",
        "DELETE FROM api_auditline",
        "UPDATE api_donationmove SET why = 'x'",
    ],
)
def test_the_books_and_the_histories_are_append_only(make_donation: Make, sql: str) -> None:
    settle(make_donation())
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_gift_can_not_be_posted_twice_under_one_name(make_donation: Make) -> None:
    donation = settle(make_donation())
    lines = [(Account.STRIPE_CLEARING, 1), (Account.DONATION_INCOME, -1)]
    with pytest.raises(IntegrityError, match="name"):
        ledger_post([Draft(f"donation-{donation.pk}-settled", "GBP", lines, donation)])


NEWS = [
    ("requires_action", ""),
    ("processing", ""),
    ("requires_payment_method", "card_declined"),
    ("succeeded", ""),
]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.lists(st.integers(0, len(NEWS) - 1), min_size=4, max_size=12).filter(
        lambda o: set(o) >= {0, 1, 2, 3}
    )
)
def test_news_of_an_intent_in_any_order_and_number_ends_paid_once(
    make_donation: Make, order: list[int]
) -> None:
    donation = make_donation()
    for index in order:
        status, failure = NEWS[index]
        facts = IntentFacts(
            id=f"pi_{donation.pk}",
            status=status,
            amount_received_minor=2500,
            currency="GBP",
            failure_code=failure,
        )
        donation_apply(
            donation_id=donation.pk, intent=facts, at=T0 + timedelta(seconds=index), why="test"
        )
    donation.refresh_from_db()
    assert (donation.status, donation.failure_code) == (DonationStatus.SUCCEEDED, "")
    assert LedgerPosting.objects.filter(donation=donation).count() == 1
    assert Receipt.objects.filter(donation=donation).count() == 1


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations([0, 1, 2]))
def test_before_money_the_newest_news_wins_in_any_order(
    make_donation: Make, order: list[int]
) -> None:
    donation = make_donation()
    for index in order:
        status, failure = NEWS[index]
        facts = IntentFacts(
            id="pi_x", status=status, amount_received_minor=0, currency="GBP", failure_code=failure
        )
        donation_apply(
            donation_id=donation.pk, intent=facts, at=T0 + timedelta(seconds=index), why="test"
        )
    donation.refresh_from_db()
    assert donation.status == DonationStatus.FAILED
    assert LedgerEntry.objects.count() == 0
