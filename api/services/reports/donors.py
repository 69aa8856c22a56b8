"""Donors: who is new, who stayed, who came back and who was lost, year by year."""

from collections.abc import Sequence

from api.models import YearBasis
from api.services.charts import Chart, Series
from api.services.donor_figures import RetentionYear, retention_years, year_of
from api.services.reports.queries import share
from api.services.reports.spec import Parameters, Report, ReportBody, ReportTable, TableDraft
from api.services.sheets import CellKind, SheetColumn

_WHOLE, _MONEY = CellKind.INTEGER, CellKind.MONEY
_COLUMNS = [
    SheetColumn("year", "Year"),
    SheetColumn("donors", "Donors", _WHOLE),
    SheetColumn("new", "New", _WHOLE, is_summed=True),
    SheetColumn("retained", "Kept", _WHOLE),
    SheetColumn("reactivated", "Came back", _WHOLE),
    SheetColumn("lapsed", "Lost", _WHOLE),
    SheetColumn("retention", "Kept of the year before", CellKind.RATE),
]
_MONEY_COLUMNS = [
    SheetColumn("year", "Year"),
    SheetColumn("currency", "Currency"),
    SheetColumn("received", "Received", _MONEY, "currency", is_summed=True),
    SheetColumn("new_minor", "Of the new", _MONEY, "currency", is_summed=True),
    SheetColumn("retained_minor", "Of the kept", _MONEY, "currency", is_summed=True),
    SheetColumn("reactivated_minor", "Of those who came back", _MONEY, "currency", is_summed=True),
    SheetColumn("lapsed_minor", "The lost had given", _MONEY, "currency"),
]


def year_text(basis: YearBasis, year: int) -> str:
    """2026, or 2026/27 for a tax year."""
    return str(year) if basis == YearBasis.CALENDAR else f"{year}/{(year + 1) % 100:02d}"


def years_of(asked: Parameters) -> list[RetentionYear]:
    """Each year from the first gift to the one that is not over."""
    return retention_years(asked.year, ends=year_of(asked.today, asked.year))


def _make(asked: Parameters) -> ReportBody:
    years = years_of(asked)
    return ReportBody(
        [_counts(asked, years), _money(asked, years)], _charts(asked, years), notes(asked, years)
    )


def notes(asked: Parameters, years: Sequence[RetentionYear]) -> list[str]:
    """What to bear in mind of the last year."""
    now = year_text(asked.year, year_of(asked.today, asked.year))
    return [f"{now} is not over: who counts as lost in it may still give."] if years else []


def _counts(asked: Parameters, years: Sequence[RetentionYear]) -> ReportTable:
    rows = [
        (
            year_text(asked.year, one.year),
            one.donors,
            one.new,
            one.retained,
            one.reactivated,
            one.lapsed,
            share(one.retained, one.retained + one.lapsed),
        )
        for one in years
    ]
    return TableDraft("years", "Donors by year", _COLUMNS, list(rows)).finished()


def _money(asked: Parameters, years: Sequence[RetentionYear]) -> ReportTable:
    """What the new, the kept and the returned gave, and what those who are missing gave the year before."""
    rows = [
        (
            year_text(asked.year, one.year),
            money.currency,
            money.given_minor,
            money.new_minor,
            money.retained_minor,
            money.reactivated_minor,
            money.lapsed_minor,
        )
        for one in years
        for money in one.money
        if asked.currency in ("", money.currency) and (money.given_minor or money.lapsed_minor)
    ]
    return TableDraft("money", "What they gave", _MONEY_COLUMNS, list(rows)).finished()


def _charts(asked: Parameters, years: Sequence[RetentionYear]) -> list[Chart]:
    series = [
        Series("Kept", [one.retained for one in years]),
        Series("Came back", [one.reactivated for one in years]),
        Series("New", [one.new for one in years]),
        Series("Lost", [-one.lapsed for one in years]),
    ]
    labels = [year_text(asked.year, one.year) for one in years]
    return (
        [Chart("Donors by year", "stacked", labels, series, value_text=count_text)] if years else []
    )


def count_text(count: int) -> str:
    """1,204"""
    return f"{count:,}"


DONORS = Report(
    name="donors",
    title="Donors kept and lost",
    question="How many donors are new, stayed, came back, or were lost?",
    meaning=(
        "A donor of a year is a person of whom money was received in it. New: never gave before. Kept: gave in the"
        " year before too. Came back: gave before, but not in the year before. Lost: gave in the year before, not in"
        " this one.",
        "Kept of the year before (the retention rate) is the kept divided by all donors of the year before.",
        "The lost had given is what those who are lost gave in the year before.",
        "A gift that was given back later still makes its giver a donor of the year.",
    ),
    takes=("year", "currency"),
    make=_make,
    group="Donors",
)
