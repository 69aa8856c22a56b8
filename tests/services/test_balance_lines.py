"""Lines of Stripe's statement that are no plain gift: each is in the books, or named; none stops the others."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from api.clock import day_begin
from api.models import Account, BalanceTransaction, DifferenceKind, Donation, Fund, Payout
from api.services.balance_transactions import RESERVES, balance_record
from api.services.donations import donations_settle
from api.services.funds import funds_seed
from api.services.ledger_seals import ledger_seal, ledger_verify
from api.services.payments import Settlement
from api.services.reconciliations import reconcile
from api.services.statements import month_figures
from tests.books import sums
from tests.giving_history import donor

pytestmark = pytest.mark.django_db
SPRING = datetime(2026, 3, 29, 12, tzinfo=UTC)
FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def line(kind: str, amount: int, **changes: Any) -> dict[str, Any]:
    """A line as Stripe's list gives it, with its source in full where it has one."""
    at = int(changes.pop("at", SPRING).timestamp())
    fee = changes.pop("fee", 0)
    return {
        "id": f"txn_{kind}_{amount}_{at}",
        "object": "balance_transaction",
        "type": kind,
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "currency": "gbp",
        "source": None,
        "created": at,
        "available_on": at,
        **changes,
    }


def named(*lines: dict[str, Any]) -> list[tuple[str, str]]:
    """What the comparison with exactly these lines finds."""
    run = reconcile(begins_at=FROM, ends_at=UNTIL, lines=[lines])
    return sorted(run.differences.values_list("kind", "subject"))


def test_costs_top_ups_and_reserves_are_in_the_books_without_a_gift() -> None:
    came = [
        line("stripe_fee", -250),
        line("tax_fee", -50),
        line("topup", 10_000, source={"id": "tu_1", "object": "topup", "amount": 10_000}),
        line("topup_reversal", -1000),
        *(line(kind, -700) for kind in sorted(RESERVES)),
        *(line(kind, 700, at=SPRING.replace(hour=13)) for kind in sorted(RESERVES)),
    ]
    assert len(balance_record(came)) == len(came)
    assert balance_record(came) == []
    assert sums() == {
        Account.STRIPE_FEES: 300,
        Account.BANK: -9000,
        Account.STRIPE_BALANCE: 8700,
    }
    assert named(*came) == []
    [month] = month_figures(date(2026, 3, 1)).currencies
    assert (month.is_equal, month.net.stripe, month.rows["other"].books) == (True, 8700, 9000)


def test_what_stripe_sets_aside_stands_in_an_account_of_its_own_until_it_comes_back() -> None:
    held = line("reserve_hold", -700)
    balance_record([held])
    assert sums() == {Account.STRIPE_RESERVE: 700, Account.STRIPE_BALANCE: -700}


@pytest.mark.parametrize(
    "kind", ["transfer", "application_fee", "climate_order_purchase", "something_new"]
)
def test_a_type_that_we_do_not_know_is_kept_and_named_and_is_in_no_balance(kind: str) -> None:
    strange, usual = line(kind, -400, source="xx_1"), line("stripe_fee", -20)
    balance_record([strange, usual])
    assert sums() == {Account.STRIPE_FEES: 20, Account.STRIPE_BALANCE: -20}
    assert named(strange, usual) == [(DifferenceKind.UNKNOWN_MONEY, strange["id"])]


def test_a_line_that_moves_nothing_holds_up_no_other() -> None:
    empty, usual = line("stripe_fee", 0), line("stripe_fee", -20)
    balance_record([empty, usual])
    assert BalanceTransaction.objects.filter(posted_at=None).count() == 0
    assert sums() == {Account.STRIPE_FEES: 20, Account.STRIPE_BALANCE: -20}
    assert named(empty, usual) == []


def test_a_source_without_an_amount_in_another_currency_holds_up_no_other() -> None:
    strange = line("adjustment", -10, source={"id": "x_1", "object": "x", "currency": "usd"})
    usual = line("stripe_fee", -20)
    assert len(balance_record([strange, usual])) == 2
    assert named(strange, usual) == [(DifferenceKind.UNKNOWN_MONEY, strange["id"])]


def payout(amount: int, **changes: Any) -> dict[str, Any]:
    """A payout by hand as Stripe tells it."""
    return {
        "id": f"po_{amount}",
        "object": "payout",
        "amount": amount,
        "currency": "gbp",
        "status": "paid",
        "automatic": False,
        "arrival_date": int(datetime(2026, 3, 30, tzinfo=UTC).timestamp()),
        "created": int(SPRING.timestamp()),
        **changes,
    }


def test_a_negative_payout_takes_from_the_bank_what_stripe_is_owed() -> None:
    taken = line("payout", 900, source=payout(-900))
    balance_record([line("stripe_fee", -900), taken])
    assert sums() == {Account.STRIPE_FEES: 900, Account.BANK: -900}
    assert Payout.objects.get().amount_minor == -900


def test_the_day_of_arrival_is_the_one_that_stripe_names_wherever_the_charity_is(
    settings: Any,
) -> None:
    settings.CHARITY_TIME_ZONE = "America/New_York"
    balance_record([line("payout", -900, source=payout(900))])
    assert Payout.objects.get().arrives_on == date(2026, 3, 30)


def settled(amount: int, currency: str) -> Donation:
    """A gift whose events came."""
    funds_seed()
    gift = Donation.objects.create(
        kind="one_off",
        donor=donor("Ben Okafor", "ben@example.org"),
        fund=Fund.objects.get(code="general"),
        amount_minor=amount,
        currency=currency,
        stripe_payment_intent_id=f"pi_{amount}",
    )
    donations_settle([Settlement(gift.pk, amount, currency, SPRING, "evt_1", f"pi_{amount}")])
    return gift


def charge(amount: int, currency: str) -> dict[str, Any]:
    """What paid it."""
    return {
        "id": f"ch_{amount}",
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "currency": currency.lower(),
        "payment_intent": f"pi_{amount}",
        "status": "succeeded",
    }


@pytest.mark.parametrize(
    ("amount", "currency", "line_amount", "fee"),
    [
        (2500, "GBP", 2500, 58),
        (5120, "KWD", 1245, 38),  # 5.120 dinars: three digits, the last of them 0.
        (5000, "JPY", 2601, 59),  # 5,000 yen: no digits.
        (50_000, "UGX", 1030, 35),  # 500 shillings: Stripe takes two digits that are always 00.
    ],
)
def test_a_gift_in_any_currency_meets_its_line_in_the_accounts_own(
    amount: int, currency: str, line_amount: int, fee: int
) -> None:
    gift = settled(amount, currency)
    came = line("charge", line_amount, fee=fee, source=charge(amount, currency), exchange_rate=0.5)
    balance_record([came])
    own = {Account.STRIPE_BALANCE: line_amount - fee, Account.STRIPE_FEES: fee}
    if currency == "GBP":
        assert sums() == {**own, Account.DONATION_INCOME: -amount}
    else:
        assert sums() == {**own, Account.EXCHANGE: -line_amount}
        assert sums(currency) == {Account.DONATION_INCOME: -amount, Account.EXCHANGE: amount}
    assert gift.payment.fee_minor == fee
    assert named(came) == []


def test_a_line_of_a_fee_alone_moves_nothing_in_the_gifts_own_currency() -> None:
    settled(3000, "USD")
    dispute = {
        "id": "du_1",
        "object": "dispute",
        "amount": 3000,
        "currency": "usd",
        "charge": "ch_3000",
        "payment_intent": "pi_3000",
        "created": int(SPRING.timestamp()),
        "status": "needs_response",
    }
    came = line("charge", 2400, fee=50, source=charge(3000, "USD"))
    fee_alone = line("adjustment", 0, fee=1500, source=dispute)
    balance_record([came, fee_alone])
    assert sums("USD") == {Account.DONATION_INCOME: -3000, Account.EXCHANGE: 3000}
    assert sums()[Account.STRIPE_FEES] == 1550
    assert named(came, fee_alone) == []


BORDERS = [
    (datetime(2026, 3, 31, 22, 59, 59, tzinfo=UTC), 3),
    (datetime(2026, 3, 31, 23, 0, 0, tzinfo=UTC), 4),  # midnight of 1 April in London
    (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), 3),  # the clocks go forward
    (datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC), 3),
    (datetime(2026, 10, 25, 0, 30, 0, tzinfo=UTC), 10),  # 01:30, twice on this night
    (datetime(2026, 10, 25, 1, 30, 0, tzinfo=UTC), 10),
    (datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), 10),
    (datetime(2026, 11, 1, 0, 0, 0, tzinfo=UTC), 11),
]


def test_each_line_is_in_exactly_one_month_of_the_charity() -> None:
    balance_record([line("stripe_fee", -(10**at), at=when) for at, (when, _) in enumerate(BORDERS)])
    for month in range(1, 13):
        wanted = sum(10**at for at, (_, own) in enumerate(BORDERS) if own == month)
        found = [one.net.stripe for one in month_figures(date(2026, month, 1)).currencies]
        moved = [one for one in found if one]
        assert moved == ([-wanted] if wanted else []), month


@pytest.mark.django_db(transaction=True)
def test_comparing_month_by_month_sees_each_line_once() -> None:
    lines = [line("stripe_fee", -(10**at), at=when) for at, (when, _) in enumerate(BORDERS)]
    balance_record(lines)
    seen = []
    for month in range(1, 12):
        first, following = (day_begin(date(2026, on, 1)) for on in (month, month + 1))
        theirs = [
            one for one in lines if first.timestamp() <= one["created"] < following.timestamp()
        ]
        run = reconcile(begins_at=first, ends_at=following, lines=[theirs])
        assert not run.differences.exists()
        seen += [(month, -total["net"]) for total in run.totals.values()]
    assert sum(total for _, total in seen) == sum(10**at for at in range(len(BORDERS)))


def test_the_chain_holds_over_all_of_them() -> None:
    balance_record([line("topup", 100), line("stripe_fee", 0), line("reserve_hold", -50)])
    while ledger_seal():
        pass
    assert ledger_verify().broken is None
