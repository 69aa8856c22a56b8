"""What a director looks at each morning: what came in, monthly giving, funds and appeals, payouts.

Everything is read from the kept sums or by small indexed questions: the number of queries does not
grow with the gifts. Amounts are minor units; currencies stand apart and are never added up.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Count, Min, Sum

from api.clock import charity_date, day_begin, now, tax_year_begin
from api.models import Campaign, Fund, Payment, Payout, PayoutStatus, Right
from api.services.dashboard_tasks import Task, tasks_read
from api.services.giving_figures import (
    Giving,
    Span,
    giving_by_month,
    giving_spans,
    giving_totals,
    month_after,
    month_first,
)
from api.services.plan_figures import PlanMonth, plans_by_month
from api.services.replicas import reading, replica_reads

MONTHS = 13
TOP = 5
SPANS = {"today": "Today", "month": "This month", "tax_year": "This tax year"}
ON_THEIR_WAY = (PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT)
Rights = Callable[[Right], bool]


@dataclass(frozen=True)
class Received:
    """What came in in some days, in minor units: all of it, and of that the one-off gifts."""

    span: Span
    gifts: int = 0
    given_minor: int = 0
    one_off_gifts: int = 0
    one_off_minor: int = 0

    @property
    def average_one_off_minor(self) -> int:
        """The average one-off gift, rounded down; 0 without any."""
        return self.one_off_minor // self.one_off_gifts if self.one_off_gifts else 0


@dataclass(frozen=True)
class Compared:
    """A span up to today, and the same days a year before."""

    name: str
    now: Received
    before: Received


@dataclass(frozen=True)
class Ranked:
    """A fund or an appeal, and what this tax year brought for it so far."""

    code: str
    name: str
    gifts: int
    given_minor: int


@dataclass(frozen=True)
class MonthOfGiving:
    """What a month brought, by how often."""

    first: date
    one_off_minor: int
    monthly_minor: int


@dataclass(frozen=True)
class Purse:
    """All figures of one currency."""

    currency: str
    received: Sequence[Compared]
    months: Sequence[MonthOfGiving]
    funds: Sequence[Ranked]
    campaigns: Sequence[Ranked]
    plans: Sequence[PlanMonth]

    @property
    def plans_now(self) -> PlanMonth | None:
        """How monthly giving stands and moved this month; None when there never was a plan."""
        return self.plans[-1] if self.plans else None


@dataclass(frozen=True)
class PayoutsComing:
    """Payouts on their way to the bank in one currency, and when the next arrives."""

    currency: str
    payouts: int
    amount_minor: int
    next_on: date


@dataclass(frozen=True)
class Dashboard:
    """All of it, as this person may see it. `payouts` None: not for them."""

    today: date
    tasks: Sequence[Task]
    purses: Sequence[Purse]
    hours: Sequence[int]
    payouts: Sequence[PayoutsComing] | None

    @property
    def is_new(self) -> bool:
        """No gift has ever come within sight."""
        return not any(purse.received or purse.plans for purse in self.purses)


@replica_reads
def dashboard_read(may: Rights) -> Dashboard:
    """The dashboard of somebody with these rights, now."""
    today = charity_date(now())
    sees_giving = may(Right.GIVING_VIEW)
    plans = plans_by_month(_months_first(today), today) if sees_giving else []
    return Dashboard(
        today=today,
        tasks=tasks_read(may, plans),
        purses=_purses(today, plans) if sees_giving else [],
        hours=_hours(today) if sees_giving else [],
        payouts=_payouts() if may(Right.BANK_VIEW) else None,
    )


def span_year_before(span: Span) -> Span:
    """The same days a year before; 29 February becomes the 28th."""
    return Span(_year_before(span.begins_on), _year_before(span.ends_on))


def _year_before(day: date) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


def spans_of(today: date) -> dict[str, Span]:
    """The spans that are shown: today, this month and this tax year, all up to today."""
    return {
        "today": Span(today, today),
        "month": Span(month_first(today), today),
        "tax_year": Span(tax_year_begin(today), today),
    }


def _months_first(today: date) -> date:
    """The first month of the charts."""
    return month_first(today).replace(year=today.year - 1)


def _purses(today: date, plans: Sequence[PlanMonth]) -> list[Purse]:
    spans = spans_of(today)
    both = spans | {f"{name} before": span_year_before(span) for name, span in spans.items()}
    sums = giving_spans(both, by=("kind",))
    months = giving_by_month(_months_first(today), today, by=("kind",))
    tops = giving_totals(*_ends(spans["tax_year"]), by=("fund", "campaign"))
    funds = {
        key: (code, name) for key, code, name in Fund.objects.values_list("pk", "code", "name")
    }
    shown = {row.campaign_id for row in tops if row.campaign_id}
    campaigns = {
        key: (code, name)
        for key, code, name in Campaign.objects.filter(pk__in=shown).values_list(
            "pk", "code", "name"
        )
    }
    seen = {row.currency for rows in sums.values() for row in rows if row.gifts}
    seen |= {row.currency for row in months if row.gifts} | {row.currency for row in plans}
    if not seen and Payment.objects.exists():  # All gifts are older than what is shown.
        seen.add(settings.GIFT_CURRENCIES[0])
    return [
        Purse(
            currency=currency,
            received=[
                Compared(
                    name,
                    _received(span, sums.get(name, ()), currency),
                    _received(both[f"{name} before"], sums.get(f"{name} before", ()), currency),
                )
                for name, span in spans.items()
            ],
            months=_months(today, [row for row in months if row.currency == currency]),
            funds=_ranked(tops, currency, funds, lambda row: row.fund_id),
            campaigns=_ranked(tops, currency, campaigns, lambda row: row.campaign_id),
            plans=[row for row in plans if row.currency == currency],
        )
        for currency in sorted(seen, key=_currency_place)
    ]


def _currency_place(currency: str) -> tuple[int, str]:
    """The charity's own currencies first."""
    own = settings.GIFT_CURRENCIES
    return (own.index(currency) if currency in own else len(own), currency)


def _ends(span: Span) -> tuple[date, date]:
    return span.begins_on, span.ends_on


def _received(span: Span, rows: Iterable[Giving], currency: str) -> Received:
    here = [row for row in rows if row.currency == currency]
    one_off = [row for row in here if row.kind == "one_off"]
    return Received(
        span=span,
        gifts=sum(row.gifts for row in here),
        given_minor=sum(row.given_minor for row in here),
        one_off_gifts=sum(row.gifts for row in one_off),
        one_off_minor=sum(row.given_minor for row in one_off),
    )


def _months(today: date, rows: Sequence[Giving]) -> list[MonthOfGiving]:
    """Each of the months, also those without gifts."""
    given = {(row.begins_on, row.kind): row.given_minor for row in rows}
    first, found = _months_first(today), []
    for _ in range(MONTHS):
        one_off, monthly = given.get((first, "one_off"), 0), given.get((first, "monthly"), 0)
        found.append(MonthOfGiving(first, one_off, monthly))
        first = month_after(first)
    return found


def _ranked(
    rows: Iterable[Giving],
    currency: str,
    names: Mapping[int, tuple[str, str]],
    key_of: Callable[[Giving], int | None],
) -> list[Ranked]:
    sums: dict[int, tuple[int, int]] = {}
    for row in rows:
        key = key_of(row)
        if row.currency == currency and row.gifts and key is not None and key in names:
            gifts, minor = sums.get(key, (0, 0))
            sums[key] = (gifts + row.gifts, minor + row.given_minor)
    ranked = [Ranked(*names[key], gifts, minor) for key, (gifts, minor) in sums.items()]
    return sorted(ranked, key=lambda one: (-one.given_minor, one.name))[:TOP]


def _hours(today: date) -> list[int]:
    """How many gifts came in each hour of the charity's day so far."""
    begins = day_begin(today)
    with reading().cursor() as cursor:
        cursor.execute(
            "SELECT extract(hour FROM received_at AT TIME ZONE %s)::int, count(*) FROM api_payment"
            " WHERE received_at >= %s AND received_at < %s GROUP BY 1",
            [settings.CHARITY_TIME_ZONE, begins, day_begin(today + timedelta(days=1))],
        )
        found = dict(cursor.fetchall())
    return [found.get(hour, 0) for hour in range(24)]


def _payouts() -> list[PayoutsComing]:
    coming = Payout.objects.filter(status__in=ON_THEIR_WAY).order_by("currency")
    rows = coming.values_list("currency").annotate(
        Count("pk"), Sum("amount_minor"), Min("arrives_on")
    )
    return [PayoutsComing(*row) for row in rows]
