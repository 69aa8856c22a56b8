"""What happens to gifts after they are paid: fees, refunds, disputes, payouts; in any order, all in the books."""

import random
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.errors import MoveRefused
from api.models import (
    Account,
    AuditLine,
    BalanceTransaction,
    Dispute,
    Donation,
    DonationStatus,
    Payout,
    PayoutStatus,
    RefundReason,
    RefundStatus,
    User,
)
from api.models.fields import reference_new
from api.services.gaps import gaps_mend
from api.services.refunds import RefundRequest, refund_start
from tests.books import books, books_hold, sums
from tests.clients import Client, bearer
from tests.walks.stories import Ask, promises_only
from tests.walks.tools import deliver, work

pytestmark = pytest.mark.django_db(transaction=True)


def charge_of(donation: Donation) -> str:
    """Stripe's id of what paid a gift."""
    donation.refresh_from_db()
    return str(donation.payment.stripe_charge_id)


def test_a_gift_its_fee_and_its_payout_are_in_the_books_to_the_penny(
    paid: Callable[..., Donation], news: Callable[[], None], ask: Ask
) -> None:
    donation = paid()
    news()
    donation.refresh_from_db()
    fee = donation.payment.fee_minor
    assert fee
    assert sums() == {
        Account.DONATION_INCOME: -2500,
        Account.STRIPE_FEES: fee,
        Account.STRIPE_BALANCE: 2500 - fee,
    }
    ask("time", advance=10 * 86400)
    [made] = ask("payouts")["data"]
    ask(f"payouts/{made['id']}/pay")
    news()
    payout = Payout.objects.get()
    assert payout.status == PayoutStatus.PAID
    assert payout.amount_minor == 2500 - fee
    assert [line.donation for line in payout.balance_transactions.all()] == [donation]
    assert sums() == {
        Account.DONATION_INCOME: -2500,
        Account.STRIPE_FEES: fee,
        Account.BANK: 2500 - fee,
    }
    books_hold()


def test_a_paid_payout_that_the_bank_returns_is_back_at_stripe(
    paid: Callable[..., Donation], news: Callable[[], None], ask: Ask
) -> None:
    paid()
    ask("time", advance=10 * 86400)
    [made] = ask("payouts")["data"]
    ask(f"payouts/{made['id']}/pay")
    ask(f"payouts/{made['id']}/fail")
    news()
    assert Payout.objects.get().status == PayoutStatus.FAILED
    assert set(sums()) == {
        Account.DONATION_INCOME,
        Account.STRIPE_FEES,
        Account.STRIPE_BALANCE,
    }


def test_money_of_a_payout_that_came_back_is_in_the_next_one(
    paid: Callable[..., Donation], news: Callable[[], None], ask: Ask
) -> None:
    paid()
    ask("time", advance=10 * 86400)
    [returned] = ask("payouts")["data"]
    ask(f"payouts/{returned['id']}/fail")
    [made] = ask("payouts")["data"]
    ask(f"payouts/{made['id']}/pay")
    news()
    payout = Payout.objects.get(stripe_payout_id=made["id"])
    assert payout.lines_read_at is not None
    [line] = payout.balance_transactions.all()
    assert (line.type, line.net_minor) == ("payout_failure", payout.amount_minor)
    books_hold()


def test_staff_refund_a_part_with_reason_note_and_who_agreed(
    paid: Callable[..., Donation], news: Callable[[], None], dora: User, ask: Ask
) -> None:
    donation = paid()
    news()
    request = RefundRequest(1000, RefundReason.ASKED_BY_DONOR, "By phone", dora, dora)
    refund = refund_start(donation_id=donation.pk, request=request)
    assert (refund.status, refund.note, refund.approved_by) == (
        RefundStatus.SUCCEEDED,
        "By phone",
        dora,
    )
    news()
    donation.refresh_from_db()
    assert donation.status == DonationStatus.PART_REFUNDED
    assert donation.refunds.count() == 1
    assert sums()[Account.REFUNDS] == 1000
    assert Account.STRIPE_CLEARING not in sums()
    too_much = RefundRequest(1501, RefundReason.ASKED_BY_DONOR, "", dora, dora)
    with pytest.raises(MoveRefused, match=r"£15\.00"):
        refund_start(donation_id=donation.pk, request=too_much)
    assert donation.refunds.count() == 1


def test_a_program_refunds_a_part_and_the_same_again_is_the_same_refund(
    paid: Callable[..., Donation], news: Callable[[], None], dora: User
) -> None:
    donation = paid()
    news()
    path = f"/api/staff/donations/{donation.reference}/refunds/"
    asked = {
        "amount_minor": 1000,
        "reason": "requested_by_customer",
        "approved_by": dora.email,
        "reference": reference_new(),
    }

    def ask_for(**changes: object) -> tuple[int, dict[str, object]]:
        sent = {**asked, **changes}
        answer = Client().post(path, sent, content_type="application/json", headers=bearer(dora))
        return answer.status_code, answer.json()

    status, told = ask_for()
    assert (status, told["status"], told["amount_minor"]) == (201, "succeeded", 1000)
    assert ask_for() == (status, told)
    assert ask_for(amount_minor=900)[0] == 409
    assert ask_for(amount_minor=1501, reference=reference_new())[0] == 409
    assert ask_for(approved_by="nobody@example.org")[1]["fields"].keys() == {"approved_by"}  # type: ignore[attr-defined]
    assert ask_for(amount_minor=10**30)[0] == 400
    assert donation.refunds.count() == 1
    news()
    assert sums()[Account.REFUNDS] == 1000
    line = AuditLine.objects.get(action="refund.asked")
    assert (line.actor, line.detail["amount_minor"]) == (dora, 1000)


def test_a_refund_made_in_stripe_that_fails_gives_the_money_back_to_the_charity(
    paid: Callable[..., Donation],
    news: Callable[[], None],
    sdk: stripe.StripeClient,
    ask: Ask,
) -> None:
    donation = paid()
    news()
    made = sdk.v1.refunds.create({"charge": charge_of(donation)})
    news()
    donation.refresh_from_db()
    assert donation.status == DonationStatus.REFUNDED
    ask(f"refunds/{made.id}/fail")
    news()
    donation.refresh_from_db()
    assert donation.status == DonationStatus.SUCCEEDED
    assert donation.refunds.get().status == RefundStatus.FAILED
    assert Account.REFUNDS not in sums()
    assert Account.STRIPE_CLEARING not in sums()


@pytest.mark.parametrize(
    ("is_won", "status"),
    [(True, DonationStatus.SUCCEEDED), (False, DonationStatus.CHARGED_BACK)],
)
def test_a_dispute_takes_the_money_and_a_win_gives_it_back(
    paid: Callable[..., Donation],
    news: Callable[[], None],
    ask: Ask,
    is_won: bool,
    status: DonationStatus,
) -> None:
    donation = paid()
    news()
    opened = ask(f"charges/{charge_of(donation)}/dispute", amount=1500)
    news()
    donation.refresh_from_db()
    dispute = Dispute.objects.get()
    assert donation.status == DonationStatus.DISPUTED
    assert dispute.evidence_due_at is not None
    assert sums()[Account.DISPUTES] == 1500
    ask(f"disputes/{opened['id']}/decide", won=is_won)
    news()
    donation.refresh_from_db()
    assert donation.status == status
    assert sums().get(Account.DISPUTES, 0) == (0 if is_won else 1500)
    assert Account.STRIPE_CLEARING not in sums()
    books_hold()


def test_a_gift_that_stripe_settles_in_another_currency_balances_in_both(
    paid: Callable[..., Donation], news: Callable[[], None], ask: Ask
) -> None:
    ask("settlement", currency="eur", rates={"gbp": 1.17})
    paid()
    news()
    line = BalanceTransaction.objects.get()
    assert (line.currency, line.source_currency, line.source_amount_minor) == ("EUR", "GBP", 2500)
    assert sums("GBP") == {Account.DONATION_INCOME: -2500, Account.EXCHANGE: 2500}
    assert sums("EUR") == {
        Account.EXCHANGE: -line.amount_minor,
        Account.STRIPE_FEES: line.fee_minor,
        Account.STRIPE_BALANCE: line.net_minor,
    }


def test_lost_events_are_mended_by_stripes_lists_alone(
    paid: Callable[..., Donation], sdk: stripe.StripeClient, ask: Ask
) -> None:
    donation = paid()
    found = gaps_mend()
    work()
    assert found.events > 3
    donation.refresh_from_db()
    assert donation.status == DonationStatus.SUCCEEDED
    assert donation.receipt.sequence == 1
    again = gaps_mend()
    assert (again.events, again.balance_transactions) == (0, 0)


def test_the_story_is_worth_telling(story: dict[str, Any]) -> None:
    books_hold()
    assert {status for _, _, status, *_ in story["books"]["donations"]} == {
        "succeeded",
        "refunded",
        "charged_back",
        "failed",
    }
    assert len({currency for *_, currency in story["books"]["postings"]}) == 3
    kinds = [kind for _, kind, *_ in story["books"]["donations"]]
    assert kinds.count("monthly") >= 2
    assert {status for _, status, *_ in story["books"]["payouts"]} >= {"paid", "failed"}
    for currency in ("GBP", "USD", "JPY"):
        assert Account.STRIPE_CLEARING not in sums(currency)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_events_in_any_order_lost_or_repeated_end_in_the_same_books(
    client: Client, story: dict[str, Any], seed: int
) -> None:
    chance = random.Random(seed)
    promises_only(story["promises"])
    deliveries = [
        event
        for event in story["events"]
        if chance.random() > 0.3
        for _ in range(chance.choice([1, 1, 1, 2, 5]))
    ]
    chance.shuffle(deliveries)
    for event in deliveries:
        deliver(client, event)
        if chance.random() < 0.1:
            work()
    work()
    gaps_mend()
    work()
    gaps_mend()
    assert books() == story["books"]
    books_hold()
