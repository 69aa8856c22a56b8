"""Monthly plans: how many stand, and how they moved, from the kept sums of their moves.

Days are the charity's, by Stripe's word of when a plan moved. Amounts are what the plans give in an
average month, fee cover included, in minor units; currencies are never added up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from api.models import (
    SUBSCRIPTION_ENDED,
    SUBSCRIPTION_FAILING,
    SUBSCRIPTION_LIVE,
    SubscriptionStatus,
)
from api.services.giving_figures import month_after, month_first
from api.services.replicas import reading

_ALL = frozenset(SubscriptionStatus)
# What a move is called, by the status that was left and the one that was entered.
PLAN_MOVES = {
    "new": (_ALL - SUBSCRIPTION_LIVE, SUBSCRIPTION_LIVE),
    "lost": (SUBSCRIPTION_LIVE, SUBSCRIPTION_ENDED),
    "failing": (_ALL - SUBSCRIPTION_FAILING, SUBSCRIPTION_FAILING),
    "recovered": (SUBSCRIPTION_FAILING, SUBSCRIPTION_LIVE - SUBSCRIPTION_FAILING),
}
_PAUSED = frozenset({SubscriptionStatus.PAUSED})
_STANDING = {
    "active": SUBSCRIPTION_LIVE - SUBSCRIPTION_FAILING - _PAUSED,
    "failing": SUBSCRIPTION_FAILING,
    "paused": _PAUSED,
}


@dataclass
class Plans:
    """How many plans, and what they give each month in minor units."""

    plans: int = 0
    amount_minor: int = 0

    def add(self, plans: int, amount_minor: int) -> None:
        """More of them, or fewer."""
        self.plans += plans
        self.amount_minor += amount_minor


@dataclass
class PlanMonth:
    """A month, or another span, in one currency: what moved in it, and what stands at its end.

    new: began to give. lost: stopped for good. failing: a payment did not come through. recovered: it came
    through after all, or was let go, and the plan goes on. active, failing_now, paused: how they stand at the end.
    """

    begins_on: date
    currency: str
    new: Plans = field(default_factory=Plans)
    lost: Plans = field(default_factory=Plans)
    failing: Plans = field(default_factory=Plans)
    recovered: Plans = field(default_factory=Plans)
    active: Plans = field(default_factory=Plans)
    failing_now: Plans = field(default_factory=Plans)
    paused: Plans = field(default_factory=Plans)


# What moved before the first span only tells how plans stood when it began.
_MOVES = """
SELECT span, currency, from_status, to_status, sum(plans)::bigint, sum(amount_minor)::bigint
  FROM (SELECT CASE WHEN counted_on < %(begins)s THEN NULL
                    WHEN %(by_month)s THEN date_trunc('month', counted_on)::date
                    ELSE %(begins)s END AS span,
               currency, from_status, to_status, plans, amount_minor
          FROM api_plansum WHERE counted_on <= %(ends)s) AS part
 GROUP BY span, currency, from_status, to_status
"""
_Move = tuple[str, str, int, int]


def plans_by_month(begins_on: date, ends_on: date) -> list[PlanMonth]:
    """Each month from that of `begins_on` to that of `ends_on`, per currency; the last one ends on that day.

    One statement. A currency has all months once it ever had a plan. Ordered by currency, then month.
    """
    first, last = month_first(begins_on), month_first(ends_on)
    months = [first]
    while months[-1] < last:
        months.append(month_after(months[-1]))
    return _spans(first, ends_on, months)


def plans_moved(begins_on: date, ends_on: date) -> list[PlanMonth]:
    """What moved in these days (both included) and what stands at their end: one row per currency."""
    return _spans(begins_on, ends_on, [begins_on])


def _spans(begins_on: date, ends_on: date, spans: Sequence[date]) -> list[PlanMonth]:
    by_month = len(spans) > 1
    moves: dict[str, dict[date | None, list[_Move]]] = {}
    with reading().cursor() as cursor:
        cursor.execute(_MOVES, {"begins": begins_on, "ends": ends_on, "by_month": by_month})
        for span, currency, *move in cursor.fetchall():
            moves.setdefault(currency, {}).setdefault(span, []).append(tuple(move))
    return [row for currency in sorted(moves) for row in _months(currency, spans, moves[currency])]


def _months(
    currency: str, spans: Sequence[date], moves: dict[date | None, list[_Move]]
) -> Iterator[PlanMonth]:
    stands = {name: Plans() for name in _STANDING}
    _count(PlanMonth(spans[0], currency), stands, moves.get(None, []))
    for span in spans:
        row = PlanMonth(span, currency)
        _count(row, stands, moves.get(span, []))
        yield row


def _count(row: PlanMonth, stands: dict[str, Plans], moves: Sequence[_Move]) -> None:
    for before, after, plans, amount in moves:
        for name, (left, entered) in PLAN_MOVES.items():
            if before in left and after in entered:
                getattr(row, name).add(plans, amount)
        for name, statuses in _STANDING.items():
            if before == after:
                # The plans stayed: they give so much more, or less, from then on.
                stands[name].add(0, amount * (after in statuses))
                continue
            stands[name].add(
                plans * ((after in statuses) - (before in statuses)),
                amount * ((after in statuses) - (before in statuses)),
            )
    row.active = Plans(**vars(stands["active"]))
    row.failing_now = Plans(**vars(stands["failing"]))
    row.paused = Plans(**vars(stands["paused"]))
