"""What came and what went back: the one source of every figure of giving, summed by whatever is asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from api.services.giving_figures import By, Giving, GivingFilter, giving_totals
from api.services.reports.parameters import METHOD_UNKNOWN
from api.services.reports.spec import Parameters, Step

_KEYS: dict[str, By] = {
    "fund": "fund",
    "campaign": "campaign",
    "kind": "kind",
    "method": "method_kind",
    Step.DAY: "day",
    Step.WEEK: "day",
    Step.MONTH: "month",
    Step.QUARTER: "month",
    Step.YEAR: "month",
}
_FIELDS = {"fund": "fund_id", "campaign": "campaign_id", "kind": "kind", "method": "method_kind"}


@dataclass(frozen=True)
class Sums:
    """Money in minor units of one currency: how many gifts, what they brought, what went back."""

    gifts: int = 0
    received: int = 0
    back: int = 0

    @property
    def kept(self) -> int:
        """What is left."""
        return self.received - self.back

    @property
    def figures(self) -> tuple[int, int, int, int]:
        """In the order of the columns."""
        return self.gifts, self.received, self.back, self.kept

    def more(self, one: Giving) -> "Sums":
        """With another row of the kept sums."""
        back = one.refunded_minor + one.disputed_minor
        return Sums(self.gifts + one.gifts, self.received + one.given_minor, self.back + back)


def moves_sum(asked: Parameters, *keys: str) -> dict[tuple[Any, ...], Sums]:
    """Sums of the period by these keys (fund, campaign, kind, method, or a step) and, last, the currency.

    A fund and an appeal are their ids, a step is its first day. Fees alone are no move.
    """
    period, found = asked.period, dict[tuple[Any, ...], Sums]()
    by = [_KEYS[key] for key in keys]
    for one in giving_totals(period.first_on, period.last_on, by=by, where=giving_filter(asked)):
        if one.gifts or one.given_minor or one.refunded_minor or one.disputed_minor:
            key = (*(_key_of(name, one) for name in keys), one.currency)
            found[key] = found.get(key, Sums()).more(one)
    return found


def giving_filter(asked: Parameters) -> GivingFilter:
    """Every filter that was chosen."""
    method = "" if asked.method == METHOD_UNKNOWN else asked.method
    return GivingFilter(
        fund_id=asked.fund.pk if asked.fund else None,
        campaign_id=asked.campaign.pk if asked.campaign else None,
        kind=asked.kind.value if asked.kind else None,
        method_kind=method if asked.method else None,
        currency=asked.currency or None,
    )


def _key_of(name: str, one: Giving) -> Any:
    if name in _FIELDS:
        return getattr(one, _FIELDS[name])
    return step_first(Step(name), one.begins_on) if one.begins_on else None


def step_first(step: Step, day: date) -> date:
    """The first day of the step that a day is in, as the sums have it."""
    if step == Step.WEEK:
        return date.fromordinal(day.toordinal() - day.weekday())
    month = {Step.YEAR: 1, Step.QUARTER: 3 * ((day.month - 1) // 3) + 1}.get(step, day.month)
    return day if step == Step.DAY else date(day.year, month, 1)


def step_next(step: Step, first: date) -> date:
    """The first day of the next step."""
    if step in (Step.DAY, Step.WEEK):
        return date.fromordinal(first.toordinal() + (1 if step == Step.DAY else 7))
    months = {Step.MONTH: 1, Step.QUARTER: 3, Step.YEAR: 12}[step]
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def steps_of(asked: Parameters, found: Iterable[date] = ()) -> list[date]:
    """The first days of the steps of the period, oldest first; those that are to come only if something is found."""
    steps, first = set(found), step_first(asked.step, asked.period.first_on)
    steps.add(first)
    while first <= min(asked.period.last_on, asked.today):
        steps.add(first)
        first = step_next(asked.step, first)
    return sorted(steps)


def step_days(asked: Parameters, first: date) -> tuple[date, date]:
    """A step's first and last day, as far as the period goes."""
    last = step_next(asked.step, first) - timedelta(days=1)
    return max(first, asked.period.first_on), min(last, asked.period.last_on)


def steps_text(asked: Parameters, steps: Iterable[date]) -> list[str]:
    """Steps on an axis; days with their year where the period has more than one."""
    has_years = asked.period.first_on.year != asked.period.last_on.year
    is_short = has_years and asked.step in (Step.DAY, Step.WEEK)
    return [
        step_text(asked.step, first) + (f" {first.year}" if is_short else "") for first in steps
    ]


def step_text(step: Step, first: date) -> str:
    """Short words for an axis: 3 Nov, Nov 2026, Q4 2026, 2026."""
    match step:
        case Step.MONTH:
            return f"{first:%b %Y}"
        case Step.QUARTER:
            return f"Q{(first.month + 2) // 3} {first.year}"
        case Step.YEAR:
            return str(first.year)
        case _:
            return f"{first.day} {first:%b}"
