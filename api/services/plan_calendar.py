"""The coming charges of a plan, worked out from what we hold of it, as Stripe will make them.

Nothing is asked and nothing is written. The rules are Stripe's (docs.stripe.com/billing/subscriptions/billing-cycle
and .../pause-payment), and a test on the simulator's clock holds this file to them (tests/plans/).
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import islice

from api.clock import charity_date, collection_moment, day_begin
from api.models import SUBSCRIPTION_ENDED, PlanInterval, Subscription, SubscriptionStatus

CHARGES_SHOWN = 12
# A renewal's bill is a draft for about an hour, then it is taken (docs.stripe.com/billing/invoices/subscription).
DRAFT = timedelta(hours=1)
# Days that each month has.
LAST_SURE_DAY = 28
# A plan ends this long before the bill that is not to come: to the second Stripe knows better than we do.
BEFORE_BILL = timedelta(hours=1)
# A plan paused without an end is told this many bills ahead, and no plan more than that.
_LONGEST = 400
_MONTHS = {PlanInterval.MONTH: 1, PlanInterval.QUARTER: 3, PlanInterval.YEAR: 12}
# Statuses in which Stripe takes nothing for a new period.
_SILENT = frozenset({SubscriptionStatus.UNPAID})


class Why(StrEnum):
    """Why a date is not like the others."""

    SKIPPED = "skipped"
    PAUSED = "paused"
    CHANGED_AMOUNT = "changed_amount"


@dataclass(frozen=True)
class PlanDate:
    """A date on which a plan's gift is due. `at`: when the money is asked for, UTC; `on`: that day where
    the charity is. `amount_minor` is taken, fee cover included; 0 when the gift is left out (`is_taken`).
    """

    on: date
    at: datetime
    amount_minor: int
    currency: str
    is_taken: bool
    why: Why | None = None


@dataclass(frozen=True)
class PlanState:
    """What the coming charges follow from. Times aware UTC, the amount in minor units, fee cover included."""

    interval: PlanInterval
    amount_minor: int
    currency: str
    anchor_at: datetime
    next_bill_at: datetime
    anchor_day: int | None = None
    changed_from_minor: int | None = None
    is_over: bool = False
    is_paused: bool = False
    is_skipping: bool = False
    resumes_at: datetime | None = None
    cancel_at: datetime | None = None


def plan_state(plan: Subscription) -> PlanState | None:
    """The state of a plan; None while Stripe has not told when it bills."""
    if plan.next_bill_at is None:
        return None
    return PlanState(
        interval=PlanInterval(plan.interval),
        amount_minor=plan.total_minor,
        currency=plan.currency,
        anchor_at=plan.anchor_at or plan.next_bill_at,
        anchor_day=plan.anchor_day,
        next_bill_at=plan.next_bill_at,
        changed_from_minor=plan.changed_from_minor,
        is_over=plan.status in SUBSCRIPTION_ENDED | _SILENT,
        is_paused=plan.is_paused,
        is_skipping=plan.is_skipping,
        resumes_at=plan.resumes_at,
        cancel_at=plan.cancel_at,
    )


def plan_charges(
    plan: Subscription, *, after: datetime, count: int = CHARGES_SHOWN
) -> list[PlanDate]:
    """The next `count` charges of a plan, with the dates between them that are left out, oldest first.

    Fewer when the plan ends before. `after`: now. No query.
    """
    state = plan_state(plan)
    return charges_next(state, after=after, count=count) if state else []


def charges_next(
    state: PlanState, *, after: datetime, count: int = CHARGES_SHOWN
) -> list[PlanDate]:
    """The next charges from a state: see plan_charges."""
    found: list[PlanDate] = []
    taken = 0
    for one in islice(_dates(state, after), _LONGEST):
        found.append(one)
        taken += one.is_taken
        endless = state.is_paused and state.resumes_at is None and len(found) >= count
        if taken >= count or endless:
            break
    return found


def charges_left(state: PlanState, *, after: datetime) -> int | None:
    """How many charges are still to come of a plan that ends; None of one without an end."""
    if state.cancel_at is None:
        return None
    return sum(one.is_taken for one in islice(_dates(state, after), _LONGEST))


def end_for(state: PlanState, *, gifts: int, after: datetime) -> datetime:
    """When a plan is to end so that exactly this many more gifts are taken: when the next one would be billed.

    A whole period is then left in which a failed last gift can still be paid.
    """
    bills = (
        moment
        for moment in _bills(replace(state, cancel_at=None))
        if moment > after and not _is_left_out(state, moment)
    )
    return next(islice(bills, gifts, None)) - BEFORE_BILL


def day_next(state: PlanState, *, day: int, after: datetime) -> datetime:
    """The first bill on this day, from the period of the next bill on and not before tomorrow.

    `day`: of the month; of a weekly plan 1 for Monday to 7. Raises ValueError with the month's name
    where that month has no such day.
    """
    base, tomorrow = (
        charity_date(state.next_bill_at + DRAFT),
        charity_date(after) + timedelta(days=1),
    )
    if state.interval == PlanInterval.WEEK:
        on = base + timedelta(days=day - base.isoweekday())
        while on < tomorrow:
            on += timedelta(days=7)
        return collection_moment(on)
    on = _in_month(base, 0, day)
    ahead = 0
    while on < tomorrow:
        ahead += 1
        on = _in_month(base, ahead, day)
    return collection_moment(on)


def _in_month(base: date, ahead: int, day: int) -> date:
    month = base.month - 1 + ahead
    first = date(base.year + month // 12, month % 12 + 1, 1)
    if day > calendar.monthrange(first.year, first.month)[1]:
        raise ValueError(f"{first:%B}")
    return first.replace(day=day)


def period_after(anchor: datetime, interval: PlanInterval, count: int, day: int | None) -> datetime:
    """The bill `count` periods from the anchor, in UTC: the 31st is the last day of a shorter month."""
    if interval == PlanInterval.WEEK:
        return anchor + timedelta(weeks=count)
    months = anchor.month - 1 + count * _MONTHS[interval]
    year, month = anchor.year + months // 12, months % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return anchor.replace(year=year, month=month, day=min(day or anchor.day, last))


def first_anchor(
    *, started_at: datetime, interval: PlanInterval, day: int | None
) -> datetime | None:
    """From when a plan that starts now bills: None leaves it to Stripe, a period from now to the second.

    The last date with that day (1 to 28) within one period, in the morning, so that its date is the
    same in London and in UTC all year round. Stripe refuses an anchor after the first natural bill.
    """
    begun_on = charity_date(started_at)
    natural = period_after(started_at.astimezone(UTC), interval, 1, None)
    wished = period_after(collection_moment(begun_on), interval, 1, None)
    if day is not None and interval != PlanInterval.WEEK:
        wished = _day_before(wished, day)
    return wished if charity_date(wished) > begun_on and wished <= natural else None


@dataclass(frozen=True)
class First:
    """How a plan begins: its anchor and its next bill; `is_chosen` when Stripe is told the anchor."""

    interval: PlanInterval
    anchor_at: datetime
    next_bill_at: datetime
    is_chosen: bool
    anchor_day: int | None = None

    @property
    def state(self) -> PlanState:
        """As the coming charges follow from it; no money in it."""
        return PlanState(
            self.interval, 1, "", self.anchor_at, self.next_bill_at, anchor_day=self.anchor_day
        )


def first_bill(*, started_at: datetime, interval: PlanInterval, day: int | None) -> First:
    """The bill after today's of a plan that starts now; `day` of the month, 1 to 31, or None for today's.

    From the 29th on a monthly plan is given its day, for the anchor alone would forget it in February.
    """
    begun = started_at.astimezone(UTC).replace(microsecond=0)
    day = day or (charity_date(begun).day if interval != PlanInterval.WEEK else None)
    if interval == PlanInterval.MONTH and day and day > LAST_SURE_DAY:
        moment = _config_moment(begun, day)
        return First(interval, moment, moment, is_chosen=True, anchor_day=day)
    is_late = day is not None and day > LAST_SURE_DAY
    chosen = None if is_late else first_anchor(started_at=begun, interval=interval, day=day)
    if chosen is None:
        return First(interval, begun, period_after(begun, interval, 1, None), is_chosen=False)
    return First(interval, chosen, chosen, is_chosen=True)


def _config_moment(begun: datetime, day: int) -> datetime:
    """What Stripe makes of a billing_cycle_anchor_config of this day at midnight UTC."""
    for ahead in range(2):
        month = begun.month - 1 + ahead
        year, number = begun.year + month // 12, month % 12 + 1
        last = calendar.monthrange(year, number)[1]
        moment = datetime(year, number, min(day, last), tzinfo=UTC)
        if moment > begun:
            return moment
    raise ValueError("two months without a last day")


def local_moment(on: date) -> datetime:
    """When a day begins where the charity is, in UTC."""
    return day_begin(on).astimezone(UTC)


def _day_before(natural: datetime, day: int) -> datetime:
    """The last date with this day of the month that is not after `natural`'s."""
    if day <= natural.day:
        return natural.replace(day=day)
    first = natural.replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day, first.day))


def _dates(state: PlanState, after: datetime) -> Iterator[PlanDate]:
    is_changed = state.changed_from_minor not in (None, state.amount_minor)
    for moment in _bills(state):
        if moment <= after:
            continue
        at = moment + DRAFT
        if _is_left_out(state, moment):
            why = Why.SKIPPED if state.is_skipping else Why.PAUSED
            yield PlanDate(charity_date(at), at, 0, state.currency, is_taken=False, why=why)
            continue
        yield PlanDate(
            charity_date(at),
            at,
            state.amount_minor,
            state.currency,
            is_taken=True,
            why=Why.CHANGED_AMOUNT if is_changed else None,
        )
        is_changed = False


def _bills(state: PlanState) -> Iterator[datetime]:
    """When Stripe bills, until the plan ends: it ends rather than bill at that same moment."""
    if state.is_over:
        return
    moment, count = state.next_bill_at, 1
    while state.cancel_at is None or moment < state.cancel_at:
        yield moment
        while (
            following := period_after(state.anchor_at, state.interval, count, state.anchor_day)
        ) <= moment:
            count += 1
        moment = following


def _is_left_out(state: PlanState, moment: datetime) -> bool:
    return state.is_paused and (state.resumes_at is None or moment < state.resumes_at)
