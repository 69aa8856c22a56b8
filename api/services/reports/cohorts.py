"""Cohorts: of the donors whose first gift was in one year, how many gave in each year since."""

from typing import Any

from api.services.charts import Chart, Series
from api.services.donor_figures import cohorts, year_of
from api.services.reports.donors import count_text, year_text
from api.services.reports.queries import share
from api.services.reports.spec import Parameters, Report, ReportBody, TableDraft
from api.services.sheets import CellKind, SheetColumn


def _make(asked: Parameters) -> ReportBody:
    found = _counts(asked)
    first_years = sorted({first for first, _ in found})
    years = list(range(first_years[0], year_of(asked.today, asked.year) + 1)) if first_years else []
    columns = [SheetColumn("first_year", "First gave in")]
    counts = [_row(asked, found, first, years) for first in years]
    shares = [
        (row[0], *(share(count, size) if count is not None else None for count in row[1:]))
        for first, row in zip(years, counts, strict=True)
        for size in [found.get((first, first), 0)]
    ]
    whole = [_column(asked, year, CellKind.INTEGER) for year in years]
    rates = [_column(asked, year, CellKind.RATE) for year in years]
    tables = [
        TableDraft("donors", "Donors who gave in each year", [*columns, *whole], counts).finished(),
        TableDraft("shares", "As a share of the cohort", [*columns, *rates], shares).finished(),
    ]
    return ReportBody(tables, [_chart(asked, found, years)] if years else [])


def _counts(asked: Parameters) -> dict[tuple[int, int], int]:
    """How many donors, by their first year and a year in which they gave."""
    now = year_of(asked.today, asked.year)
    return {
        (one.first_year, one.year): one.donors
        for one in cohorts(asked.year)
        if not one.currency and one.year <= now
    }


def _row(
    asked: Parameters, found: dict[tuple[int, int], int], first: int, years: list[int]
) -> tuple[Any, ...]:
    """A cohort's donors in each year; nothing before it began."""
    cells = [found.get((first, year), 0) if year >= first else None for year in years]
    return (year_text(asked.year, first), *cells)


def _column(asked: Parameters, year: int, kind: CellKind) -> SheetColumn:
    is_summed = kind == CellKind.INTEGER
    return SheetColumn(f"in_{year}", year_text(asked.year, year), kind, is_summed=is_summed)


def _chart(asked: Parameters, found: dict[tuple[int, int], int], years: list[int]) -> Chart:
    """The donors of each year, by the year in which they first gave: the newest six, the older together."""
    shown = years[-5:]
    older = years[: -len(shown)]
    series = [
        Series(
            f"First gave in {year_text(asked.year, first)}",
            [found.get((first, year), 0) for year in years],
        )
        for first in shown
    ]
    if older:
        sums = [sum(found.get((first, year), 0) for first in older) for year in years]
        series.insert(0, Series("Earlier", sums))
    labels = [year_text(asked.year, year) for year in years]
    return Chart(
        "Donors of each year, by when they first gave",
        "stacked",
        labels,
        series,
        value_text=count_text,
    )


COHORTS = Report(
    name="cohorts",
    title="Cohorts",
    question="Do the donors of one year go on giving in the years after?",
    meaning=(
        "A cohort is all donors whose first gift came in one year. Each column says how many of them gave in that"
        " year; the second table says which share of the cohort that is.",
        "The last year is not over: its figures still grow.",
    ),
    takes=("year",),
    make=_make,
    group="Donors",
)
