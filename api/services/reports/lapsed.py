"""Donors who gave last year, or some year, but not this year: LYBUNT and SYBUNT, counts and names."""

from typing import Any

from api.services.charts import Chart, Series
from api.services.reports.donor_years import YearCount, year_counts, year_now, year_sql, year_text
from api.services.reports.queries import local_day, table_of_query
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
_WHO_SQL = {Who.LYBUNT: "last_year = %s", Who.SYBUNT: "last_year < %s", Who.BOTH: "last_year <= %s"}


def _make(asked: Parameters) -> ReportBody:
    counts = year_counts(asked)
    tables, notes = [_counts(asked, counts)], []
    if asked.names_donors:
        tables.append(_names(asked))
    else:
        notes.append("The names are shown to those whose role allows reports that name donors.")
    return ReportBody(tables, _charts(asked, counts), notes)


def _counts(asked: Parameters, counts: list[YearCount]) -> ReportTable:
    columns = [
        SheetColumn("year", "Year"),
        SheetColumn("before", "Donors of the year before", _WHOLE),
        SheetColumn("lybunt", "LYBUNT", _WHOLE),
        SheetColumn("sybunt", "SYBUNT", _WHOLE),
        SheetColumn("returned", "Came back", _WHOLE),
    ]
    rows: list[tuple[Any, ...]] = [
        (year_text(asked.year, one.year), one.before, one.lapsed, one.gone, one.reactivated)
        for one in counts
    ]
    return TableDraft("years", "By year", columns, rows).finished()


def _names(asked: Parameters) -> ReportTable:
    """One row per donor and currency, who gave most in their last year first."""
    year = year_now(asked) - (asked.of == YearChoice.LAST)
    given_in = year_sql(asked.year, local_day("p.received_at"))
    contact = ', donor.email AS "email"' if asked.shows_contact else ""
    sql = f"""
    WITH given AS MATERIALIZED (
        SELECT d.donor_id, {given_in} AS year, p.currency, count(*) AS gifts,
               sum(p.amount_minor) AS received, max({local_day("p.received_at")}) AS last_on
          FROM api_payment AS p JOIN api_donation AS d ON d.id = p.donation_id GROUP BY 1, 2, 3),
    gone AS (
        SELECT donor_id, max(year) AS last_year FROM given WHERE year <= %s
         GROUP BY donor_id HAVING max(year) < %s)
    SELECT donor.name AS "donor", donor.reference AS "reference"{contact},
           max(given.last_on) AS "last_on", given.currency AS "currency",
           sum(given.gifts)::bigint AS "gifts",
           coalesce(sum(given.received) FILTER (WHERE given.year = gone.last_year), 0)::bigint
               AS "last_year",
           sum(given.received)::bigint AS "ever"
      FROM gone JOIN given ON given.donor_id = gone.donor_id AND given.year <= gone.last_year
      JOIN api_donor AS donor ON donor.id = gone.donor_id
     WHERE {_WHO_SQL[asked.who]} AND %s IN ('', given.currency)
     GROUP BY donor.id, given.currency, gone.last_year
     ORDER BY "currency", "last_year" DESC, "ever" DESC, donor.id"""  # noqa: S608
    params = [year, year, year - 1, asked.currency]
    return table_of_query(
        "names",
        f"Donors who {WHO_TEXT[asked.who]} ({year_text(asked.year, year)})",
        _name_columns(asked),
        SheetQuery(sql, params),
        note="A donor who gave in two currencies has a row for each.",
    )


def _name_columns(asked: Parameters) -> list[SheetColumn]:
    contact = [SheetColumn("email", "E-mail")] if asked.shows_contact else []
    return [
        SheetColumn("donor", "Donor"),
        SheetColumn("reference", "Reference"),
        *contact,
        SheetColumn("last_on", "Last gift", CellKind.DATE),
        SheetColumn("currency", "Currency"),
        SheetColumn("gifts", "Gifts", _WHOLE, is_summed=True),
        SheetColumn("last_year", "In their last year", _MONEY, "currency", is_summed=True),
        SheetColumn("ever", "Ever", _MONEY, "currency", is_summed=True),
    ]


def _charts(asked: Parameters, counts: list[YearCount]) -> list[Chart]:
    labels = [year_text(asked.year, one.year) for one in counts]
    series = [
        Series("Last year but not this (LYBUNT)", [one.lapsed for one in counts]),
        Series("Some year but not this (SYBUNT)", [one.gone for one in counts]),
    ]
    return [
        Chart(
            "Donors who did not give", "bars", labels, series, value_text=lambda count: f"{count:,}"
        )
    ]


LAPSED = Report(
    name="lapsed",
    title="Lapsed donors",
    question="Who gave before, but not this year?",
    meaning=(
        "LYBUNT: gave last year but unfortunately not this. SYBUNT: gave some year but unfortunately not this, and"
        " not last year either, so that nobody is counted as both.",
        "As long as the year is not over, LYBUNT are those who have not given yet.",
        "In their last year is what a donor gave in the last year in which they gave at all.",
    ),
    takes=("year", "of", "who", "currency"),
    make=_make,
    group="Donors",
    is_long=True,
)
