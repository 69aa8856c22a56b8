"""Amina pays by Direct Debit: Stripe notes the money in its statement days before her bank has answered."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from api.models import (
    Account,
    BalanceTransaction,
    Difference,
    Donation,
    DonationStatus,
    Payment,
    Receipt,
)
from api.services.gaps import gaps_mend
from tests.books import books, books_hold, sums
from tests.clients import Client
from tests.people import gift
from tests.walks.stories import Ask, promises, promises_only
from tests.walks.test_reconciliation import compared, tamper
from tests.walks.tools import deliver, events_of, start, work

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400
Sent = Callable[[str], Donation]


@pytest.fixture
def sent(client: Client, ask: Ask, pay: Callable[..., Any]) -> Sent:
    """A gift of £25 whose debit is on its way to the bank."""

    def send(method: str) -> Donation:
        started = start(client, gift())
        assert pay(started, method).status == "processing"
        return Donation.objects.get(reference=started["reference"])

    return send


def test_a_debit_that_the_bank_has_not_answered_is_on_the_statement_and_is_no_gift_yet(
    sent: Sent, news: Callable[[], None]
) -> None:
    donation = sent("pm_bacsDebit_success")
    news()
    donation.refresh_from_db()
    assert donation.status == DonationStatus.PROCESSING
    assert not Payment.objects.exists()
    assert not Receipt.objects.exists()
    line = BalanceTransaction.objects.get()
    assert (line.type, line.donation, line.amount_minor) == ("payment", donation, 2500)
    # What Stripe states is in the books at once, and waits for the bank's answer in clearing.
    assert sums() == {
        Account.STRIPE_BALANCE: line.net_minor,
        Account.STRIPE_FEES: line.fee_minor,
        Account.STRIPE_CLEARING: -2500,
    }
    assert compared() == []


def test_a_debit_that_is_paid_is_one_gift_with_its_real_fee(
    sent: Sent, news: Callable[[], None], ask: Ask
) -> None:
    donation = sent("pm_bacsDebit_success")
    news()
    ask("time", advance=6 * DAY)
    news()
    donation.refresh_from_db()
    assert donation.status == DonationStatus.SUCCEEDED
    fee = BalanceTransaction.objects.get().fee_minor
    assert donation.payment.fee_minor == fee > 0
    assert Receipt.objects.get().donation == donation
    assert sums() == {
        Account.DONATION_INCOME: -2500,
        Account.STRIPE_FEES: fee,
        Account.STRIPE_BALANCE: 2500 - fee,
    }
    assert compared() == []
    books_hold()


def test_a_debit_that_the_bank_refuses_leaves_no_trace_in_the_balances(
    sent: Sent, news: Callable[[], None], ask: Ask
) -> None:
    donation = sent("pm_bacsDebit_insufficientFunds")
    news()
    ask("time", advance=6 * DAY)
    news()
    donation.refresh_from_db()
    assert donation.status == DonationStatus.FAILED
    lines = BalanceTransaction.objects.exclude(posted_at=None).order_by("id")
    assert [line.type for line in lines] == ["payment", "payment_failure_refund"]
    assert not Payment.objects.exists()
    assert not Receipt.objects.exists()
    assert sums() == {}
    assert compared() == []


@pytest.mark.parametrize("method", ["pm_bacsDebit_success", "pm_bacsDebit_insufficientFunds"])
def test_the_statement_before_the_news_or_after_it_ends_in_the_same_books(
    sent: Sent, client: Client, ask: Ask, sdk: stripe.StripeClient, method: str
) -> None:
    sent(method)
    kept = promises()
    gaps_mend()
    ask("time", advance=6 * DAY)
    gaps_mend()
    work()
    first = books()
    promises_only(kept)
    for event in reversed(events_of(sdk)):
        deliver(client, event)
    work()
    gaps_mend()
    assert books() == first
    books_hold()


def test_money_that_stripe_made_available_for_a_gift_that_is_not_paid_here_is_named(
    sent: Sent, news: Callable[[], None]
) -> None:
    donation = sent("pm_bacsDebit_success")
    news()
    tamper("UPDATE api_balancetransaction SET available_at = made_at - interval '1 day'")
    assert compared() == [("gift_unexplained", donation.reference)]
    assert Difference.objects.get().explanation == "Stripe has its money; it is not paid here"
