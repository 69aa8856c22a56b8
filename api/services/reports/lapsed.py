"""Donors who gave last year, or some year, but not this year: LYBUNT and SYBUNT, counts and names."""

from collections.abc import Sequence
from typing import Any

from api.services.charts import Chart, Series
from api.services.donor_figures import RetentionYear, year_of
from api.services.reports.donors import count_text, notes, year_text, years_of
from api.services.reports.links import donor_link
from api.services.reports.queries import table_of_query
from api.services.reports.spec import (
    Parameters,
    Report,
    ReportBody,
    ReportTable,
    TableDraft,
    Who,
    YearChoice,
)
from api.services.sheets import CellKind, SheetColumn, SheetQuery

_WHOLE, _MONEY = CellKind.INTEGER, CellKind.MONEY
WHO_TEXT = {
    Who.LYBUNT: "gave in the year before, not in this year",
    Who.SYBUNT: "gave earlier, neither in the year before nor in this year",
    Who.BOTH: "gave in some year, not in this year",
}
# The last year in which a donor gave, before the year that the list is of.
_LAST_YEAR = {Who.LYBUNT: "year = %s", Who.SYBUNT: "year < %s", Who.BOTH: "year <= %s"}
# Who gave in the years asked for and in none since; then all that each of them gave until then. Kept sums and
# fresh ones are read together (services/summaries.py).
_NAMES = """
WITH had AS (SELECT donor_id, max(year) AS last_year FROM api_donoryear
              WHERE basis = %s AND {last_year} GROUP BY donor_id, currency, year HAVING sum(gifts) > 0),
since AS (SELECT donor_id FROM api_donoryear
           WHERE basis = %s AND year BETWEEN %s AND %s GROUP BY donor_id, currency, year HAVING sum(gifts) > 0),
gone AS MATERIALIZED (
    SELECT donor_id, max(last_year) AS last_year FROM had
     WHERE NOT EXISTS (SELECT FROM since WHERE since.donor_id = had.donor_id) GROUP BY donor_id)
SELECT donor.name AS "donor", donor.reference AS "reference"{contact},
       {year} AS "last_year", given.currency AS "currency", sum(given.gifts)::bigint AS "gifts",
       coalesce(sum(given.given_minor) FILTER (WHERE given.year = gone.last_year), 0)::bigint AS "last",
       sum(given.given_minor)::bigint AS "ever"
  FROM gone
  JOIN api_donoryear AS given ON given.donor_id = gone.donor_id AND given.basis = %s
                             AND given.year <= gone.last_year
  JOIN api_donor AS donor ON donor.id = gone.donor_id
 WHERE %s IN ('', given.currency)
 GROUP BY donor.id, given.currency, gone.last_year HAVING sum(given.gifts) > 0
 ORDER BY "currency", "last" DESC, "ever" DESC, donor.id
"""


def _make(asked: Parameters) -> ReportBody:
    years = years_of(asked)
    tables, told = [_counts(asked, years)], notes(asked, years)
    if asked.names_donors:
        tables.append(_names(asked))
    else:
        told.append("The names are shown to those whose role allows reports that name donors.")
    return ReportBody(tables, _charts(asked, years), told)


def _counts(asked: Parameters, years: Sequence[RetentionYear]) -> ReportTable:
    columns = [
        SheetColumn("year", "Year"),
        SheetColumn("before", "Donors of the year before", _WHOLE),
        SheetColumn("lybunt", "LYBUNT", _WHOLE),
        SheetColumn("sybunt", "SYBUNT", _WHOLE),
        SheetColumn("returned", "Came back", _WHOLE),
    ]
    rows: list[tuple[Any, ...]] = [
        (
            year_text(asked.year, one.year),
            one.retained + one.lapsed,
            one.lapsed,
            one.long_lapsed,
            one.reactivated,
        )
        for one in years
    ]
    return TableDraft("years", "By year", columns, rows).finished()


def _names(asked: Parameters) -> ReportTable:
    """One row per donor and currency, who gave most in their last year first."""
    basis, year = asked.year, year_of(asked.today, asked.year) - (asked.of == YearChoice.LAST)
    # From the last year of the first part to the year of the list: LYBUNT and both end with the year before.
    since = year - 1 if asked.who == Who.SYBUNT else year
    sql = _NAMES.format(
        last_year=_LAST_YEAR[asked.who],
        contact=', donor.email AS "email"' if asked.shows_contact else "",
        year="gone.last_year::text"
        if basis == "calendar"
        else "gone.last_year || '/' || right((gone.last_year + 1)::text, 2)",
    )
    params = [basis.value, year - 1, basis.value, since, year, basis.value, asked.currency]
    return table_of_query(
        "names",
        f"Donors who {WHO_TEXT[asked.who]} ({year_text(basis, year)})",
        _name_columns(asked),
        SheetQuery(sql, params),
        note="A donor who gave in two currencies has a row for each.",
        link=lambda row: donor_link(row[1]),
        opens="donor",
    )


def _name_columns(asked: Parameters) -> list[SheetColumn]:
    contact = [SheetColumn("email", "E-mail")] if asked.shows_contact else []
    return [
        SheetColumn("donor", "Donor"),
        SheetColumn("reference", "Reference"),
        *contact,
        SheetColumn("last_year", "Last gave in"),
        SheetColumn("currency", "Currency"),
        SheetColumn("gifts", "Gifts", _WHOLE, is_summed=True),
        SheetColumn("last", "In that year", _MONEY, "currency", is_summed=True),
        SheetColumn("ever", "Until then", _MONEY, "currency", is_summed=True),
    ]


def _charts(asked: Parameters, years: Sequence[RetentionYear]) -> list[Chart]:
    labels = [year_text(asked.year, one.year) for one in years]
    series = [
        Series("Last year but not this (LYBUNT)", [one.lapsed for one in years]),
        Series("Some year but not this (SYBUNT)", [one.long_lapsed for one in years]),
    ]
    return [Chart("Donors who did not give", "bars", labels, series, value_text=count_text)]


LAPSED = Report(
    name="lapsed",
    title="Lapsed donors",
    question="Who gave before, but not this year?",
    meaning=(
        "LYBUNT: gave last year but unfortunately not this. SYBUNT: gave some year but unfortunately not this, and"
        " not last year either, so that nobody is counted as both.",
        "As long as the year is not over, LYBUNT are those who have not given yet.",
        "In that year is what a donor gave in the last year in which they gave; until then is all that they gave to"
        " its end.",
    ),
    takes=("year", "of", "who", "currency"),
    make=_make,
    group="Donors",
    is_long=True,
)
