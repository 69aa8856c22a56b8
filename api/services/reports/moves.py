"""What came and what went back: the one source of every figure of giving, summed by whatever is asked."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from api.services.reports.queries import GIVEN_BACK, gifts_where, local_day, rows_read
from api.services.reports.spec import Parameters, Step

# What came is of the day on which it was received, what went back of the day on which it went: a month that is
# closed does not change when a gift is refunded later.
_SUMS = """
SELECT {keys}, currency, sum(gifts)::bigint, sum(received)::bigint, sum(back)::bigint
  FROM (SELECT {came_on} AS day, p.currency, d.fund_id, d.campaign_id, d.kind, p.method_kind,
               1 AS gifts, p.amount_minor AS received, 0 AS back
          FROM api_payment AS p JOIN api_donation AS d ON d.id = p.donation_id
         WHERE {came}
         UNION ALL
        SELECT {went_on}, e.currency, d.fund_id, d.campaign_id, d.kind, p.method_kind,
               0, 0, e.amount_minor
          FROM api_ledgerentry AS e
          JOIN api_ledgerposting AS o ON o.id = e.posting_id
          JOIN api_donation AS d ON d.id = o.donation_id
          JOIN api_payment AS p ON p.donation_id = d.id
         WHERE e.account = ANY(%s) AND {went}) AS moves
 GROUP BY {keys}, currency
"""
_KEYS = {
    "fund": "fund_id",
    "campaign": "campaign_id",
    "kind": "kind",
    "method": "method_kind",
    "currency": "currency",
    **{step.value: f"date_trunc('{step.value}', day)::date" for step in Step},
}


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


def moves_sum(asked: Parameters, *keys: str) -> dict[tuple[Any, ...], Sums]:
    """Sums of the period by these keys (fund, campaign, kind, method, or a step) and, last, the currency.

    A fund and an appeal are their ids, a step is its first day.
    """
    came, went = gifts_where(asked), gifts_where(asked, moment="o.posted_at")
    sql = _SUMS.format(
        keys=", ".join(_KEYS[key] for key in keys),
        came_on=local_day("p.received_at"),
        went_on=local_day("o.posted_at"),
        came=came.sql,
        went=went.sql,
    )
    rows = rows_read(sql, [*came.params, list(GIVEN_BACK), *went.params])
    return {row[:-3]: Sums(*row[-3:]) for row in rows}


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


def steps_of(asked: Parameters) -> list[date]:
    """The first days of the steps of the period, oldest first."""
    steps, first = [], step_first(asked.step, asked.period.first_on)
    while first <= asked.period.last_on:
        steps.append(first)
        first = step_next(asked.step, first)
    return steps


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
