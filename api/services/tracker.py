"""Every attempt to pay: at which stage it is from click to bank, the funnel of a period, and what is stuck."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, TextChoices
from django.db.models.lookups import IsNull

from api.clock import now
from api.models import (
    DONATION_OPEN,
    DONATION_PAID,
    BalanceTransaction,
    Donation,
    DonationStatus,
    FollowUp,
    FollowUpKind,
    Payout,
    PayoutStatus,
)
from api.services.balance_transactions import CHARGES

_S = DonationStatus


class Stage(TextChoices):
    """Where an attempt to pay is."""

    STARTED = "started", "Started"
    WAITING = "waiting", "Waiting for 3-D Secure"
    PROCESSING = "processing", "Being collected"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    PAID = "paid", "Paid, on its way to the bank"
    PAID_OUT = "paid_out", "Paid out"
    REFUNDED = "refunded", "Refunded"
    DISPUTED = "disputed", "Disputed"


class Step(TextChoices):
    """How far attempts came; each step holds those of the next."""

    STARTED = "started", "Started"
    SENT = "sent", "Sent to the donor's bank"
    PAID = "paid", "Paid"
    PAID_OUT = "paid_out", "Paid out to our bank"


class Age(TextChoices):
    """How long ago an attempt without money was started."""

    HOUR = "hour", "Under 1 hour"
    DAY = "day", "1 to 24 hours"
    THREE_DAYS = "three_days", "1 to 3 days"
    WEEK = "week", "3 to 7 days"
    MONTH = "month", "7 to 30 days"
    OLDER = "older", "Over 30 days"


_OLDEST = {
    Age.HOUR: timedelta(hours=1),
    Age.DAY: timedelta(days=1),
    Age.THREE_DAYS: timedelta(days=3),
    Age.WEEK: timedelta(days=7),
    Age.MONTH: timedelta(days=30),
}
_NOT_PAID = {
    _S.CREATED: Stage.STARTED,
    _S.REQUIRES_ACTION: Stage.WAITING,
    _S.PROCESSING: Stage.PROCESSING,
    _S.FAILED: Stage.FAILED,
    _S.CANCELLED: Stage.CANCELLED,
}
_TAKEN_FROM = {
    _S.PART_REFUNDED: Stage.REFUNDED,
    _S.REFUNDED: Stage.REFUNDED,
    _S.DISPUTED: Stage.DISPUTED,
    _S.CHARGED_BACK: Stage.DISPUTED,
}
# Told by the payouts that the bank does not have: they are few, so the database looks at them once.
_NOT_AT_BANK = Payout.objects.exclude(status=PayoutStatus.PAID).order_by().values("pk")
# One look per gift into an index. As EXISTS the database may gather all lines there are instead.
IS_PAID_OUT = IsNull(
    Subquery(
        BalanceTransaction.objects.filter(
            ~Q(payout__in=_NOT_AT_BANK),
            donation=OuterRef("pk"),
            type__in=sorted(CHARGES),
            payout__isnull=False,
        )
        .order_by()
        .values("payout")[:1]
    ),
    False,
)
IS_WRITTEN_OFF = Exists(
    FollowUp.objects.filter(
        donation=OuterRef("pk"), kind=FollowUpKind.WRITE_OFF, undone_at=None
    ).order_by()
)


def stage_of(status: DonationStatus, *, is_paid_out: bool) -> Stage:
    """The stage of an attempt: the one place that decides it.

    `is_paid_out`: the line of its charge on Stripe's statement is in a payout that the bank has.
    """
    if status in _NOT_PAID:
        return _NOT_PAID[status]
    if status in _TAKEN_FROM:
        return _TAKEN_FROM[status]
    return Stage.PAID_OUT if is_paid_out else Stage.PAID


def step_of(stage: Stage, *, is_paid_out: bool) -> frozenset[Step]:
    """The steps that an attempt of this stage has come to."""
    reached = {Step.STARTED}
    if stage not in (Stage.STARTED, Stage.CANCELLED):
        reached.add(Step.SENT)
    if stage in (Stage.PAID, Stage.PAID_OUT, Stage.REFUNDED, Stage.DISPUTED):
        reached |= {Step.PAID, Step.PAID_OUT} if is_paid_out else {Step.PAID}
    return frozenset(reached)


@dataclass(frozen=True)
class TrackerFilter:
    """Which attempts: begun from a moment on and before another, and at what stage; nothing: all."""

    begins_at: datetime | None = None
    ends_at: datetime | None = None
    stage: Stage | None = None
    step: Step | None = None
    age: Age | None = None
    fund_code: str = ""
    kind: str = ""
    is_written_off: bool | None = None


@dataclass(frozen=True)
class Figure:
    """A number of attempts, and what was to be given in each currency, minor units."""

    count: int
    minor: dict[str, int]


@dataclass(frozen=True)
class Funnel:
    """The attempts of a period by step and by stage."""

    steps: dict[Step, Figure]
    stages: dict[Stage, Figure]

    def share(self, step: Step) -> str:
        """Of all that were started, in percent with one digit; nothing when none was."""
        started = self.steps[Step.STARTED].count
        if not started:
            return ""
        tenths = (self.steps[step].count * 2000 + started) // (2 * started)
        return f"{tenths // 10}.{tenths % 10} %"


def attempts(asked: TrackerFilter) -> QuerySet[Donation]:
    """The attempts of a filter, in no order."""
    found = Donation.objects.order_by()
    if asked.begins_at:
        found = found.filter(created_at__gte=asked.begins_at)
    if asked.ends_at:
        found = found.filter(created_at__lt=asked.ends_at)
    if asked.fund_code:
        found = found.filter(fund__code=asked.fund_code)
    if asked.kind:
        found = found.filter(kind=asked.kind)
    if asked.age:
        found = found.filter(_of_age(asked.age, now()), status__in=DONATION_OPEN)
    if asked.stage:
        found = found.filter(_where(lambda stage, _: stage == asked.stage))
    if asked.step:
        step = asked.step
        found = found.filter(_where(lambda stage, out: step in step_of(stage, is_paid_out=out)))
    if asked.is_written_off is not None:
        found = found.filter(IS_WRITTEN_OFF if asked.is_written_off else ~IS_WRITTEN_OFF)
    return found


def _where(is_wanted: Callable[[Stage, bool], bool]) -> Q:
    """The condition for what `stage_of` says, asked of each status with and without a payout."""
    by_payout = {
        out: {one for one in _S if is_wanted(stage_of(one, is_paid_out=out), out)}
        for out in (True, False)
    }
    always = by_payout[True] & by_payout[False]
    # Money that has not come is in no payout: those need no look at the statement.
    always |= (by_payout[True] | by_payout[False]) & (set(_S) - DONATION_PAID) & by_payout[False]
    condition = Q(status__in=always)
    if with_payout := (by_payout[True] - always) & DONATION_PAID:
        condition |= Q(status__in=with_payout) & Q(IS_PAID_OUT)
    if without := by_payout[False] - always:
        condition |= Q(status__in=without) & ~Q(IS_PAID_OUT)
    return condition


def funnel_read(asked: TrackerFilter) -> Funnel:
    """The funnel of a filter's period, fund and kind. One query."""
    found = attempts(replace(asked, stage=None, step=None, age=None, is_written_off=None))
    groups = found.values("status", "currency", is_paid_out=IS_PAID_OUT).annotate(
        count=Count("pk"), minor=Sum(F("amount_minor") + F("fee_cover_minor"))
    )
    steps: dict[Step, list[tuple[int, str, int]]] = defaultdict(list)
    stages: dict[Stage, list[tuple[int, str, int]]] = defaultdict(list)
    for group in groups:
        out, told = group["is_paid_out"], (group["count"], group["currency"], int(group["minor"]))
        stage = stage_of(DonationStatus(group["status"]), is_paid_out=out)
        stages[stage].append(told)
        for step in step_of(stage, is_paid_out=out):
            steps[step].append(told)
    return Funnel(
        steps={step: _figure(steps[step]) for step in Step},
        stages={stage: _figure(stages[stage]) for stage in Stage},
    )


def _figure(groups: Iterable[tuple[int, str, int]]) -> Figure:
    count, minor = 0, dict[str, int]()
    for number, currency, amount in groups:
        count += number
        minor[currency] = minor.get(currency, 0) + amount
    return Figure(count, dict(sorted(minor.items())))


def ageing_read(asked: TrackerFilter) -> dict[Stage, dict[Age, int]]:
    """How many attempts without money there are by stage and age; those written off are left out. One query."""
    kept = replace(asked, begins_at=None, ends_at=None, stage=None, step=None, age=None)
    open_ones = attempts(replace(kept, is_written_off=False)).filter(status__in=DONATION_OPEN)
    moment = now()
    told = open_ones.values("status").annotate(
        **{age.value: Count("pk", filter=_of_age(age, moment)) for age in Age}
    )
    by_stage: dict[Stage, Any] = {
        stage_of(DonationStatus(row["status"]), is_paid_out=False): row for row in told
    }
    stages = [stage for status, stage in _NOT_PAID.items() if status in DONATION_OPEN]
    return {
        stage: {age: by_stage[stage][age.value] if stage in by_stage else 0 for age in Age}
        for stage in stages
    }


def _of_age(age: Age, moment: datetime) -> Q:
    ages = list(Age)
    place = ages.index(age)
    condition = Q()
    if place:
        condition &= Q(created_at__lte=moment - _OLDEST[ages[place - 1]])
    if age in _OLDEST:
        condition &= Q(created_at__gt=moment - _OLDEST[age])
    return condition
