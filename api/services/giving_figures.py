"""What was given, by day, month, fund, appeal, kind and method: read from the kept sums, exact at any moment.

Days are the charity's. Amounts are minor units of the row's currency; currencies are never added up.
A gift counts on the day its money was received, a fee on the day of Stripe's statement, what was
refunded or disputed on the day it came into our books.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal

from api.models import SummaryLevel
from api.services.replicas import reading
from api.services.summaries import FIGURES

By = Literal["day", "month", "fund", "campaign", "kind", "method_kind"]
_COLUMNS: dict[By, str] = {
    "day": "counted_on",
    "month": "date_trunc('month', counted_on)::date",
    "fund": "fund_id",
    "campaign": "campaign_id",
    "kind": "kind",
    "method_kind": "method_kind",
}


@dataclass(frozen=True)
class Span:
    """From a day to a day, both included."""

    begins_on: date
    ends_on: date


@dataclass(frozen=True)
class GivingFilter:
    """Which gifts: those where all that is given here fits; None asks nothing."""

    fund_id: int | None = None
    campaign_id: int | None = None
    kind: str | None = None
    method_kind: str | None = None
    currency: str | None = None


EVERYTHING = GivingFilter()


@dataclass(frozen=True)
class Giving:
    """One row of figures in one currency, in minor units.

    What it was asked `by` is filled, the rest is None. `begins_on`: the day, or the first of the month.
    A campaign of None under `by` is "no appeal"; a kind of "" is no gift (Stripe's own costs); a method
    of "" is not told yet.
    """

    currency: str
    gifts: int
    given_minor: int
    cover_minor: int
    refunded_minor: int
    disputed_minor: int
    fees_minor: int
    begins_on: date | None = None
    fund_id: int | None = None
    campaign_id: int | None = None
    kind: str | None = None
    method_kind: str | None = None

    @property
    def net_minor(self) -> int:
        """What is left: given, less what went back and what Stripe kept."""
        return self.given_minor - self.refunded_minor - self.disputed_minor - self.fees_minor

    @property
    def average_minor(self) -> int:
        """The average gift, rounded down to a whole minor unit; 0 when there is none."""
        return self.given_minor // self.gifts if self.gifts else 0


def giving_totals(
    begins_on: date, ends_on: date, *, by: Sequence[By] = (), where: GivingFilter = EVERYTHING
) -> list[Giving]:
    """Sums of the days from `begins_on` to `ends_on` (both included), per currency and per what `by` names.

    One statement. Rows whose figures are all zero are left out. Ordered by what `by` names, then currency.
    """
    return giving_spans({"": Span(begins_on, ends_on)}, by=by, where=where).get("", [])


def giving_by_month(
    begins_on: date, ends_on: date, *, by: Sequence[By] = (), where: GivingFilter = EVERYTHING
) -> list[Giving]:
    """The same per calendar month; `begins_on` of a row is the first of its month.

    Months without figures are left out.
    """
    return giving_totals(begins_on, ends_on, by=("month", *by), where=where)


def giving_spans(
    spans: Mapping[str, Span], *, by: Sequence[By] = (), where: GivingFilter = EVERYTHING
) -> dict[str, list[Giving]]:
    """The sums of several spans, by their names: one statement, so that all are of one moment."""
    names, params = list(spans), []
    parts = []
    for number, span in enumerate(spans.values()):
        for level, begins, ends in _pieces(span, _months_level(by, where), is_by_day="day" in by):
            parts.append(
                f"SELECT {number} AS span, * FROM api_givingsum"  # noqa: S608
                f" WHERE level = {level} AND counted_on BETWEEN %s AND %s"
            )
            params += [begins, ends]
    if not parts:
        return {}
    asked, values = _asked(where)
    keys = ", ".join([*(_COLUMNS[name] for name in by), "currency"])
    sums = ", ".join(f"sum({name})::bigint" for name in FIGURES)
    some = " OR ".join(f"sum({name}) <> 0" for name in FIGURES)
    statement = (
        f"SELECT span, {keys}, {sums} FROM ({' UNION ALL '.join(parts)}) AS part"  # noqa: S608
        f" WHERE true{asked} GROUP BY span, {keys} HAVING {some} ORDER BY span, {keys}"
    )
    found: dict[str, list[Giving]] = {}
    with reading().cursor() as cursor:
        cursor.execute(statement, [*params, *values])
        for span_number, *row in cursor.fetchall():
            found.setdefault(names[span_number], []).append(_giving(by, row))
    return found


def month_first(day: date) -> date:
    """The first of a day's month."""
    return day.replace(day=1)


def month_after(day: date) -> date:
    """The first of the month after a day's."""
    return (month_first(day) + timedelta(days=31)).replace(day=1)


def _months_level(by: Sequence[By], where: GivingFilter) -> SummaryLevel:
    """The fewest rows that hold what is asked for."""
    is_split = {"fund", "campaign", "method_kind"} & set(by)
    is_filtered = (where.fund_id, where.campaign_id, where.method_kind) != (None, None, None)
    return SummaryLevel.MONTH if is_split or is_filtered else SummaryLevel.KIND


def _pieces(span: Span, months: SummaryLevel, *, is_by_day: bool) -> list[tuple[int, date, date]]:
    """Level, first and last day: whole months from the months, the days before and after from the days."""
    fresh = (int(SummaryLevel.FRESH), span.begins_on, span.ends_on)
    begins = (
        span.begins_on if span.begins_on.day == 1 else month_after(span.begins_on)
    )  # of whole months
    ends = month_first(span.ends_on + timedelta(days=1))
    if is_by_day or begins >= ends:
        return [fresh, (int(SummaryLevel.KEPT), span.begins_on, span.ends_on)]
    one = timedelta(days=1)
    pieces = [
        fresh,
        (int(SummaryLevel.KEPT), span.begins_on, begins - one),
        (int(months), begins, ends - one),
        (int(SummaryLevel.KEPT), ends, span.ends_on),
    ]
    return [piece for piece in pieces if piece[1] <= piece[2]]


def _asked(where: GivingFilter) -> tuple[str, list[Any]]:
    asked = {one.name: getattr(where, one.name) for one in fields(where)}
    given = {name: value for name, value in asked.items() if value is not None}
    return "".join(f" AND {name} = %s" for name in given), list(given.values())


def _giving(by: Sequence[By], row: Sequence[Any]) -> Giving:
    names = ["begins_on" if name in ("day", "month") else name for name in by]
    keys = [f"{name}_id" if name in ("fund", "campaign") else name for name in names]
    return Giving(**dict(zip([*keys, "currency", *FIGURES], row, strict=True)))
