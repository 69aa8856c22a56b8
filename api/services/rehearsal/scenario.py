"""An invented year: who gives what, whose payments fail when and why, and what would put each right.

The same seed gives the same year, whatever the policy. `scenario_truth` says, from the scenario and a
policy alone, what must be won back: what the rehearsed year is then held to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from api.models import PlanInterval, RecoveryDeed
from api.services.dunning_policies import (
    STOP,
    DunningPolicy,
    policy_group,
    policy_schedule,
)
from api.services.plan_calendar import DRAFT, period_after

BEGINS_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NEVER = datetime(2999, 1, 1, tzinfo=UTC)
# How often a bill meets trouble: cards fail for some of a hundred renewals.
TROUBLE_PER_BILL = 0.05
_AMOUNTS = (300, 500, 800, 1000, 1000, 1500, 2000, 2500, 5000, 10000)
_INTERVALS = (
    *[PlanInterval.MONTH] * 17,
    PlanInterval.WEEK,
    PlanInterval.QUARTER,
    PlanInterval.YEAR,
)
# What goes wrong, how often among a hundred troubles, and Stripe's code for it.
_TROUBLES = (
    ("funds", 42, "insufficient_funds"),
    ("blip", 18, "generic_decline"),
    ("expired", 16, "expired_card"),
    ("lost", 12, "lost_card"),
    ("authentication", 12, "authentication_required"),
)


@dataclass(frozen=True)
class Trouble:
    """From `begins_at` on the bank refuses, with Stripe's `code`.

    It ends at `ends_at` by itself, or when the donor acts: `days_to_act` after the e-mail of this number
    (`acts_on_mail`), or never when that is 0.
    """

    code: str
    begins_at: datetime
    ends_at: datetime = NEVER
    acts_on_mail: int = 0
    days_to_act: int = 0


@dataclass(frozen=True)
class ScenarioPlan:
    """A plan that runs when the year begins. Amount in minor units of GBP."""

    reference: str
    amount_minor: int
    interval: PlanInterval
    first_bill_at: datetime
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True)
class Truth:
    """What must come of failed bills: how many, and their money in minor units."""

    failed: int = 0
    failed_minor: int = 0
    recovered: int = 0
    recovered_minor: int = 0
    lost: int = 0
    lost_minor: int = 0
    stopped: int = 0

    def __add__(self, other: "Truth") -> "Truth":
        return Truth(
            *(getattr(self, name) + getattr(other, name) for name in Truth.__annotations__)
        )


def scenario_make(*, plans: int, months: int, seed: int) -> list[ScenarioPlan]:
    """That many plans over that many months."""
    random = Random(seed)  # noqa: S311 an invented world, not a secret
    ends = BEGINS_AT + months * 31 * DAY
    return [_plan(random, f"rehearsal{number:011d}", ends) for number in range(plans)]


def scenario_truth(
    scenario: Sequence[ScenarioPlan], policy: DunningPolicy, *, ends_at: datetime
) -> Truth:
    """What must be won back and lost until the year ends, worked out without any books or clock."""
    return sum((_truth(plan, policy, ends_at) for plan in scenario), Truth())


def bills_of(plan: ScenarioPlan, until: datetime) -> Iterator[datetime]:
    """When the bank is asked, until a moment."""
    count, moment = 0, plan.first_bill_at
    while moment + DRAFT <= until:
        yield moment + DRAFT
        count += 1
        moment = period_after(plan.first_bill_at, plan.interval, count, None)


def tick_of(moment: datetime) -> datetime:
    """When the rehearsed year next looks: at noon each day."""
    noon = moment.replace(hour=12, minute=0, second=0, microsecond=0)
    return noon if moment <= noon else noon + DAY


def _plan(random: Random, reference: str, ends: datetime) -> ScenarioPlan:
    interval = random.choice(_INTERVALS)
    span = {"week": 7, "month": 28, "quarter": 89, "year": 360}[interval]
    first = (BEGINS_AT + random.randint(1, span) * DAY).replace(hour=10)
    plan = ScenarioPlan(reference, random.choice(_AMOUNTS), interval, first, ())
    troubles, free_from = [], BEGINS_AT
    for asked in bills_of(plan, ends):
        if asked >= free_from and random.random() < TROUBLE_PER_BILL:
            trouble = _trouble(random, asked)
            troubles.append(trouble)
            # Troubles of one plan leave each other room, so that each has one cause.
            free_from = NEVER if trouble.ends_at == NEVER else asked + 75 * DAY
    return ScenarioPlan(reference, plan.amount_minor, interval, first, tuple(troubles))


def _trouble(random: Random, asked: datetime) -> Trouble:
    weights = [weight for _, weight, _ in _TROUBLES]
    kind, _, code = random.choices(_TROUBLES, weights)[0]
    begins = asked - timedelta(hours=12)
    if kind == "funds":
        return Trouble(code, begins, ends_at=asked + random.randint(1, 34) * DAY)
    if kind == "blip":
        return Trouble(code, begins, ends_at=asked + random.randint(1, 16) * DAY)
    # Most who act do so on the first e-mail; some on a later one; a third never do.
    acts = random.choice((1, 1, 1, 2, 2, 3, 0, 0, 0))
    return Trouble(code, begins, acts_on_mail=acts, days_to_act=random.randint(1, 6))


@dataclass
class _Bill:
    """A bill that failed: when its steps are done, and what came of it."""

    asked_at: datetime
    mails: list[datetime]
    retries: list[datetime]
    ends_at: datetime
    stops: bool
    won_at: datetime | None = None


def _truth(plan: ScenarioPlan, policy: DunningPolicy, ends_at: datetime) -> Truth:
    failed: list[tuple[int, _Bill]] = []
    stopped_at = NEVER
    asked = list(bills_of(plan, ends_at))
    for trouble in plan.troubles:
        bills = _bills(plan, policy, trouble, asked)
        acts_at = _acts(trouble, [bill for _, bill in bills])
        for _, bill in bills:
            bill.won_at = _won(trouble, bill, acts_at)
        kept = [
            (number, bill) for number, bill in bills if bill.asked_at < min(acts_at, stopped_at)
        ]
        failed += kept
        stopped_at = min(stopped_at, _stop(policy, failed))
    failed = [(number, bill) for number, bill in failed if bill.asked_at < stopped_at]
    return sum((_sum(plan, bill, stopped_at, ends_at) for _, bill in failed), Truth()) + Truth(
        stopped=stopped_at <= ends_at
    )


def _bills(
    plan: ScenarioPlan, policy: DunningPolicy, trouble: Trouble, asked: Sequence[datetime]
) -> list[tuple[int, _Bill]]:
    """The bills that this trouble hits, with their places among all of the plan's."""
    group = policy_group(policy, trouble.code)
    found = []
    for number, moment in enumerate(asked):
        if not trouble.begins_at <= moment < trouble.ends_at:
            continue
        steps = policy_schedule(policy, group, moment)
        ends = next(one.at for one in steps if one.deed == RecoveryDeed.END)
        before = [one for one in steps if one.at < ends]
        retries = [tick_of(one.at) for one in before if one.deed == RecoveryDeed.RETRY]
        mails = [tick_of(one.at) for one in before if one.deed != RecoveryDeed.RETRY]
        bill = _Bill(moment, mails, retries, tick_of(ends), group.at_end == STOP)
        found.append((number, bill))
    return found


def _acts(trouble: Trouble, bills: Sequence[_Bill]) -> datetime:
    """When the donor acts: some days after an e-mail of this number has come, for whichever bill."""
    if not trouble.acts_on_mail:
        return NEVER
    mails = sorted(mail for bill in bills for mail in bill.mails)
    if len(mails) < trouble.acts_on_mail:
        return NEVER
    return mails[trouble.acts_on_mail - 1] + trouble.days_to_act * DAY


def _won(trouble: Trouble, bill: _Bill, acts_at: datetime) -> datetime | None:
    """When the bill is paid: by a retry after the trouble, or by the donor, before it is let go."""
    retries = [one for one in bill.retries if trouble.ends_at <= one]
    if acts_at < bill.ends_at:
        retries.append(acts_at)
    return min(retries, default=None)


def _stop(policy: DunningPolicy, failed: Sequence[tuple[int, _Bill]]) -> datetime:
    """When the plan is stopped: at the end of a bill whose group says so, or of so many missed in a row."""
    for place, (number, bill) in enumerate(failed):
        if bill.won_at is not None:
            continue
        row = failed[max(0, place - policy.stop_after_missed + 1) : place + 1]
        missed = [one for one in row if one[1].won_at is None or one[1].won_at > bill.ends_at]
        in_row = len(missed) == policy.stop_after_missed
        in_row = in_row and row[0][0] == number - policy.stop_after_missed + 1
        if bill.stops or in_row:
            return bill.ends_at
    return NEVER


def _sum(plan: ScenarioPlan, bill: _Bill, stopped_at: datetime, ends_at: datetime) -> Truth:
    amount = plan.amount_minor
    won = bill.won_at is not None and bill.won_at <= min(ends_at, stopped_at)
    lost = not won and min(bill.ends_at, stopped_at) <= ends_at
    return Truth(1, amount, won, amount * won, lost, amount * lost)
