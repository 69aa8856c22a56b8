"""Donors who gave last year, or some year, but not this year: LYBUNT and SYBUNT, counts and names."""

from collections.abc import Sequence
from typing import Any

from api.models import YearBasis
from api.services.charts import Chart, Series
from api.services.donor_figures import RetentionYear, year_of
from api.services.reports.donors import count_text, notes, year_text, years_of
from api.services.reports.links import donor_link
from api.services.reports.queries import rows_read
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
from api.services.summaries import PATTERNS_NOW

_WHOLE, _MONEY = CellKind.INTEGER, CellKind.MONEY
WHO_TEXT = {
    Who.LYBUNT: "gave in the year before, not in this year",
    Who.SYBUNT: "gave earlier, neither in the year before nor in this year",
    Who.BOTH: "gave in some year, not in this year",
}
# The last year in which a donor gave, up to the year that the list is of.
_LAST_YEAR = {Who.LYBUNT: "= %(before)s", Who.SYBUNT: "< %(before)s", Who.BOTH: "<= %(before)s"}
# Counts and sums from the patterns of years, of which there are some thousands however many donors there are.
_TOTALS = f"""
WITH {PATTERNS_NOW}
SELECT currency, sum(donors)::bigint, sum(given_minor)::bigint FROM patterns
 WHERE basis = %(basis)s AND currency <> '' AND %(currency)s IN ('', currency) AND year {{last_year}}
   AND year = (SELECT max(one) FROM unnest(years) AS one WHERE one <= %(year)s)
 GROUP BY currency HAVING sum(donors) > 0 ORDER BY currency
"""  # noqa: S608
# The largest of each year and currency come from the index `donor_year_top`, each looked up whether its donor gave
# since; donors with fresh rows (services/summaries.py) are few and are added up.
_NAMES = """
WITH fresh AS MATERIALIZED (SELECT DISTINCT donor_id FROM api_donoryear WHERE level = 0),
wanted AS MATERIALIZED (
    SELECT DISTINCT year, currency FROM api_donorpattern
     WHERE basis = %(basis)s AND currency <> '' AND %(currency)s IN ('', currency) AND year {last_year}),
untouched AS (
    SELECT part.donor_id, wanted.currency, wanted.year, part.given_minor
      FROM wanted, LATERAL (
           SELECT donor_id, given_minor FROM api_donoryear AS kept
            WHERE level = 1 AND basis = %(basis)s AND kept.year = wanted.year
              AND kept.currency = wanted.currency AND gifts > 0
              AND NOT EXISTS (SELECT FROM fresh WHERE fresh.donor_id = kept.donor_id)
              AND NOT EXISTS (
                  SELECT FROM api_donoryear AS later
                   WHERE later.donor_id = kept.donor_id AND later.basis = %(basis)s AND later.level > 0
                     AND later.year > wanted.year AND later.year <= %(year)s AND later.gifts > 0)
            ORDER BY kept.given_minor DESC, kept.donor_id LIMIT %(most)s) AS part),
added AS (
    SELECT donor_id, currency, year, sum(given_minor) AS given_minor, max(year) OVER (PARTITION BY donor_id) AS last
      FROM api_donoryear JOIN fresh USING (donor_id)
     WHERE basis = %(basis)s AND year <= %(year)s GROUP BY donor_id, currency, year HAVING sum(gifts) > 0),
gone AS (
    SELECT donor_id, currency, year, given_minor FROM untouched
    UNION ALL
    SELECT donor_id, currency, year, given_minor FROM added
     WHERE year = last AND year {last_year} AND %(currency)s IN ('', currency)
     ORDER BY currency, given_minor DESC, donor_id LIMIT %(most)s)
SELECT donor.name AS "donor", donor.reference AS "reference"{contact}, {year} AS "last_year",
       gone.currency AS "currency", until.gifts AS "gifts", gone.given_minor::bigint AS "last",
       until.given_minor AS "ever"
  FROM gone JOIN api_donor AS donor ON donor.id = gone.donor_id,
       LATERAL (SELECT sum(gifts)::bigint AS gifts, sum(given_minor)::bigint AS given_minor
                  FROM (SELECT * FROM api_donoryear AS kept WHERE kept.level > 0 AND kept.donor_id = gone.donor_id
                        UNION ALL
                        SELECT * FROM api_donoryear AS new WHERE new.level = 0 AND new.donor_id = gone.donor_id
                       ) AS part
                 WHERE part.basis = %(basis)s AND part.currency = gone.currency
                   AND part.year <= gone.year) AS until
 ORDER BY gone.currency, gone.given_minor DESC, gone.donor_id
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
    """One row per donor and currency of their last year, who gave most in it first."""
    basis, year = asked.year, year_of(asked.today, asked.year) - (asked.of == YearChoice.LAST)
    params = {"basis": basis, "before": year - 1, "year": year, "currency": asked.currency}
    last_year, columns = _LAST_YEAR[asked.who], _name_columns(asked)
    sql = _NAMES.format(
        last_year=last_year,
        contact=', donor.email AS "email"' if asked.shows_contact else "",
        year="gone.year::text"
        if basis == YearBasis.CALENDAR
        else "gone.year || '/' || right((gone.year + 1)::text, 2)",
    )
    rows = rows_read(sql, {**params, "most": asked.most})
    counted = rows_read(_TOTALS.format(last_year=last_year), params)
    return ReportTable(
        "names",
        f"Donors who {WHO_TEXT[asked.who]} ({year_text(basis, year)})",
        columns,
        rows,
        totals=[_total(columns, currency, given) for currency, _, given in counted],
        row_count=sum(donors for _, donors, _ in counted),
        query=SheetQuery(sql, {**params, "most": None}),
        note="A donor who gave in two currencies in their last year has a row for each.",
        links=[donor_link(row[1]) for row in rows],
        opens="donor",
    )


def _total(columns: Sequence[SheetColumn], currency: str, last: int) -> tuple[Any, ...]:
    known = {"currency": currency, "last": last}
    return tuple(known.get(column.name) for column in columns)


def _name_columns(asked: Parameters) -> list[SheetColumn]:
    contact = [SheetColumn("email", "E-mail")] if asked.shows_contact else []
    return [
        SheetColumn("donor", "Donor"),
        SheetColumn("reference", "Reference"),
        *contact,
        SheetColumn("last_year", "Last gave in"),
        SheetColumn("currency", "Currency"),
        SheetColumn("gifts", "Gifts", _WHOLE),
        SheetColumn("last", "In that year", _MONEY, "currency", is_summed=True),
        SheetColumn("ever", "Until then", _MONEY, "currency"),
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
        "In that year is what a donor gave in the last year in which they gave; gifts, and until then, are all that"
        " they gave to its end, in the same currency.",
    ),
    takes=("year", "of", "who", "currency"),
    make=_make,
    group="Donors",
    is_long=True,
)
