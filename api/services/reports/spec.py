"""What a report is made of: what is asked, and the one result that every format shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from api.models import Campaign, DonationKind, Fund, Right, YearBasis
from api.services.charts import Chart
from api.services.reports.periods import Period
from api.services.sheets import CellKind, SheetColumn, SheetQuery

# Rows that a screen and a PDF show of a long list; Excel and CSV hold all.
PAGE_ROWS, PDF_ROWS = 200, 10_000

Row = tuple[Any, ...]


class Step(StrEnum):
    """How a period is cut up."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class YearChoice(StrEnum):
    """Which year a list is of."""

    THIS = "this"
    LAST = "last"


class Who(StrEnum):
    """Which lapsed donors."""

    LYBUNT = "lybunt"
    SYBUNT = "sybunt"
    BOTH = "both"


@dataclass(frozen=True)
class Parameters:
    """What is asked, read and checked. Empty means all.

    `rights`: those of who asks; a report names no donor, and no e-mail address, without them.
    `most`: how many rows of a long list are wanted in hand; its files hold all.
    """

    period: Period
    today: date
    step: Step = Step.MONTH
    year: YearBasis = YearBasis.CALENDAR
    of: YearChoice = YearChoice.THIS
    who: Who = Who.LYBUNT
    currency: str = ""
    fund: Fund | None = None
    campaign: Campaign | None = None
    kind: DonationKind | None = None
    method: str = ""
    limit: int = 100
    most: int = PDF_ROWS
    rights: frozenset[Right] = frozenset()

    @property
    def names_donors(self) -> bool:
        """Whether rows may be donors by name."""
        return Right.REPORTS_DONORS in self.rights

    @property
    def shows_contact(self) -> bool:
        """Whether e-mail addresses may stand beside the names."""
        return Right.DONORS_CONTACT in self.rights


@dataclass(frozen=True)
class ReportTable:
    """A table with its totals, one per currency: amounts of two currencies are never added.

    `rows` are all of them, or the first ones when `query` gives all `row_count` of them.
    `links`: what a row's figures open, in the order of `rows`, where there is a page for it; the link stands
    in the column `opens`, or in the first one with numbers.
    """

    name: str
    title: str
    columns: Sequence[SheetColumn]
    rows: Sequence[Row]
    totals: Sequence[Row] = ()
    row_count: int = 0
    query: SheetQuery | None = None
    links: Sequence[str] = ()
    opens: str = ""
    note: str = ""


@dataclass(frozen=True)
class ReportBody:
    """What a report finds: tables, charts, and sentences that explain the figures."""

    tables: Sequence[ReportTable]
    charts: Sequence[Chart] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Report:
    """A question that is asked again and again. `meaning` defines its words; `takes` names its parameters.

    `is_long`: its files may take longer than a person waits at a page: the worker makes them.
    """

    name: str
    title: str
    question: str
    meaning: Sequence[str]
    takes: Sequence[str]
    make: Callable[[Parameters], ReportBody]
    preset: str = "last_month"
    rights: frozenset[Right] = frozenset({Right.REPORTS_VIEW})
    group: str = "Giving"
    is_long: bool = False


@dataclass(frozen=True)
class ReportResult:
    """The figures, with who asked what and when: screen, PDF, Excel, CSV and JSON show this and nothing else."""

    report: Report
    parameters: Parameters
    asked: dict[str, str]
    filters: Sequence[tuple[str, str]]
    body: ReportBody
    made_at: datetime
    made_by: str


@dataclass
class TableDraft:
    """Rows in hand on their way to a table: its totals are summed here, per currency."""

    name: str
    title: str
    columns: Sequence[SheetColumn]
    rows: list[Row]
    links: Sequence[str] = field(default_factory=tuple)
    opens: str = ""

    def finished(self) -> ReportTable:
        """The table with its totals."""
        return ReportTable(
            name=self.name,
            title=self.title,
            columns=self.columns,
            rows=self.rows,
            totals=totals_of(self.columns, self.rows),
            row_count=len(self.rows),
            links=self.links,
            opens=self.opens,
        )


def currency_place(columns: Sequence[SheetColumn]) -> int | None:
    """Which column holds the currency of the table's money, if it has money."""
    names = {column.currency for column in columns if column.kind == CellKind.MONEY}
    places = {column.name: place for place, column in enumerate(columns)}
    return places[names.pop()] if len(names) == 1 else None


def totals_of(columns: Sequence[SheetColumn], rows: Sequence[Row]) -> list[Row]:
    """One row per currency with the sums of the columns that are summed; None in the others."""
    summed = [place for place, column in enumerate(columns) if column.is_summed]
    if not summed or not rows:
        return []
    place = currency_place(columns)
    totals: dict[str, list[Any]] = {}
    for row in rows:
        key = row[place] if place is not None else ""
        total = totals.setdefault(key, [None] * len(columns))
        for at in summed:
            total[at] = (total[at] or 0) + (row[at] or 0)
        if place is not None:
            total[place] = key
    return [tuple(total) for _, total in sorted(totals.items())]
