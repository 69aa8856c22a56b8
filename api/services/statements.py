"""Figures of a month and of a payout: from Stripe's statement and from our books, side by side."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min, QuerySet, Sum

from api.clock import day_begin
from api.models import (
    Account,
    BalanceTransaction,
    Payout,
    Reconciliation,
    ReconciliationStage,
    StatementSum,
)
from api.services.balance_transactions import CHARGES, COSTS, PAYOUTS, REFUNDS
from api.services.ledger import ledger_balances

GIFTS, TAKEN_BACK, DISPUTED, OTHER = "gifts", "refunds", "disputes", "other"
FEES, PAID_OUT = "fees", "payouts"
ROWS = {
    GIFTS: "Gifts",
    TAKEN_BACK: "Refunds",
    DISPUTED: "Disputes and adjustments",
    OTHER: "Other",
    FEES: "Stripe's fees",
    PAID_OUT: "Payouts to the bank",
}


def row_of(kind: str) -> str:
    """Which row a line of Stripe's statement belongs to, by its type."""
    if kind in CHARGES:
        return GIFTS
    if kind in REFUNDS:
        return TAKEN_BACK
    if kind in PAYOUTS:
        return PAID_OUT
    if kind in COSTS:
        return FEES
    # Stripe books disputes, and what it gives back of them, as adjustments.
    return DISPUTED if kind == "adjustment" else OTHER


@dataclass
class Pair:
    """The same sum twice, in minor units: as Stripe states it and as our books have it."""

    stripe: int = 0
    books: int = 0

    def add(self, stripe: int, books: int) -> None:
        """Put more on both sides."""
        self.stripe += stripe
        self.books += books

    @property
    def is_equal(self) -> bool:
        """Whether they agree to the penny."""
        return self.stripe == self.books


@dataclass
class CurrencyMonth:
    """A month in one currency. Rows in minor units with their sign: what left is negative."""

    currency: str
    opening: Pair = field(default_factory=Pair)
    rows: dict[str, Pair] = field(default_factory=lambda: {row: Pair() for row in ROWS})
    gifts: int = 0

    @property
    def net(self) -> Pair:
        """By how much the balance at Stripe changed."""
        parts = self.rows.values()
        return Pair(sum(part.stripe for part in parts), sum(part.books for part in parts))

    @property
    def closing(self) -> Pair:
        """What Stripe held at the end."""
        net = self.net
        return Pair(self.opening.stripe + net.stripe, self.opening.books + net.books)

    @property
    def is_equal(self) -> bool:
        """Whether every row agrees."""
        return self.opening.is_equal and all(row.is_equal for row in self.rows.values())


@dataclass(frozen=True)
class MonthFigures:
    """A calendar month where the charity is, with the newest comparison that covers its beginning."""

    first: date
    begins_at: datetime
    ends_at: datetime
    currencies: list[CurrencyMonth]
    payouts: list[Payout]
    comparison: Reconciliation | None


def month_figures(first: date) -> MonthFigures:
    """All of one month; `first` is its first day."""
    following = (first + timedelta(days=31)).replace(day=1)
    begins_at, ends_at = day_begin(first), day_begin(following)
    payouts = (
        Payout.objects.filter(made_at__gte=begins_at, made_at__lt=ends_at)
        .select_related("bank_line")
        .annotate(gifts=Count("balance_transactions__donation", distinct=True))
        .order_by("made_at", "id")
    )
    return MonthFigures(
        first=first,
        begins_at=begins_at,
        ends_at=ends_at,
        currencies=_currencies(first, following),
        payouts=list(payouts),
        comparison=Reconciliation.objects.filter(
            stage=ReconciliationStage.FINISHED, begins_at__lte=begins_at, ends_at__gt=begins_at
        ).first(),
    )


def months_known(today: date) -> list[date]:
    """The first days of the months from Stripe's first line to the latest one or today, newest first."""
    made = BalanceTransaction.objects.aggregate(first=Min("made_at"), last=Max("made_at"))
    earliest, latest = today, today
    if made["first"]:
        earliest, latest = min(today, made["first"].date()), max(today, made["last"].date())
    months, month = [], latest.replace(day=1)
    while month >= earliest.replace(day=1):
        months.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return months


def _kept(**days: date) -> QuerySet[StatementSum]:
    """Both sides of the statement's lines of some days: kept sums (services/summaries.py), exact at any moment."""
    return StatementSum.objects.filter(**days).order_by()


def _currencies(first: date, following: date) -> list[CurrencyMonth]:
    found: dict[str, CurrencyMonth] = {}
    for currency, opening in _openings(first).items():
        found[currency] = CurrencyMonth(currency, opening)
    rows = _kept(counted_on__gte=first, counted_on__lt=following).values_list("currency", "type")
    for currency, kind, *sums in rows.annotate(
        Sum("lines"),
        Sum("amount_minor"),
        Sum("fee_minor"),
        Sum("books_other_minor"),
        Sum("books_fees_minor"),
    ):
        count, amount, fee, other, fees = map(int, sums)
        month = found.setdefault(currency, CurrencyMonth(currency))
        if kind in COSTS:
            month.rows[FEES].add(amount - fee, other - fees)
            continue
        month.rows[row_of(kind)].add(amount, other)
        month.rows[FEES].add(-fee, -fees)
        month.gifts += count if kind in CHARGES else 0
    return [
        month
        for _, month in sorted(found.items())
        if month.opening != Pair() or any(row != Pair() for row in month.rows.values())
    ]


def _openings(first: date) -> dict[str, Pair]:
    """What Stripe held when the month began; by our books, all that ever moved less what moved since."""
    found: dict[str, Pair] = defaultdict(Pair)
    for currency, net in (
        _kept(counted_on__lt=first).values_list("currency").annotate(Sum("net_minor"))
    ):
        found[currency].add(int(net), 0)
    for balance in ledger_balances():
        if balance.account == Account.STRIPE_BALANCE:
            found[balance.currency].add(0, int(balance.amount_minor))
    since = _kept(counted_on__gte=first).values_list("currency")
    for currency, net in since.annotate(Sum("books_net_minor")):
        found[currency].add(0, -int(net))
    return found


@dataclass(frozen=True)
class FundSum:
    """The gifts of one fund in a payout."""

    fund: str
    gifts: int
    amount_minor: int


@dataclass(frozen=True)
class PayoutFigures:
    """What a payout is made of, in minor units with their sign."""

    payout: Payout
    funds: list[FundSum]
    rows: dict[str, int]
    gifts: int
    first_on: datetime | None
    last_on: datetime | None

    @property
    def net_minor(self) -> int:
        """What its lines sum to."""
        return sum(self.rows.values())


def payout_figures(payout: Payout) -> PayoutFigures:
    """Sums of the lines that the payout brought to the bank: by fund and by kind."""
    lines = payout.balance_transactions.all()
    rows = dict.fromkeys(ROWS, 0)
    for kind, amount, fee in (
        lines.values_list("type").annotate(Sum("amount_minor"), Sum("fee_minor")).order_by()
    ):
        rows[row_of(kind)] += amount
        rows[FEES] -= fee
    gifts = lines.filter(type__in=CHARGES)
    by_fund = (
        gifts.values_list("donation__fund__name")
        .annotate(Count("id"), total=Sum("amount_minor"))
        .order_by("-total")
    )
    span = gifts.aggregate(first=Min("made_at"), last=Max("made_at"))
    funds = [FundSum(fund or "No gift of ours", count, total) for fund, count, total in by_fund]
    return PayoutFigures(
        payout, funds, rows, sum(fund.gifts for fund in funds), span["first"], span["last"]
    )
