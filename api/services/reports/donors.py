"""Donors: who is new, who stayed, who came back and who was lost, year by year."""

from api.services.charts import Chart, Series
from api.services.reports.donor_years import (
    YearCount,
    donor_years_sql,
    year_counts,
    year_now,
    year_sql,
    year_text,
)
from api.services.reports.queries import local_day, rows_read, share
from api.services.reports.spec import Parameters, Report, ReportBody, ReportTable, TableDraft
from api.services.sheets import CellKind, SheetColumn

_WHOLE = CellKind.INTEGER
GROUPS = {"new": "New", "retained": "Kept", "reactivated": "Came back"}
_COLUMNS = [
    SheetColumn("year", "Year"),
    SheetColumn("donors", "Donors", _WHOLE),
    SheetColumn("new", "New", _WHOLE, is_summed=True),
    SheetColumn("retained", "Kept", _WHOLE),
    SheetColumn("reactivated", "Came back", _WHOLE),
    SheetColumn("lapsed", "Lost", _WHOLE),
    SheetColumn("retention", "Kept of the year before", CellKind.RATE),
]


def _make(asked: Parameters) -> ReportBody:
    counts = year_counts(asked)
    notes = []
    if counts:
        now = year_text(asked.year, year_now(asked))
        notes.append(f"{now} is not over: who counts as lost in it may still give.")
    return ReportBody([_counts(asked, counts), _money(asked)], _charts(asked, counts), notes)


def _counts(asked: Parameters, counts: list[YearCount]) -> ReportTable:
    rows = [
        (
            year_text(asked.year, one.year),
            one.donors,
            one.new,
            one.retained,
            one.reactivated,
            one.lapsed,
            share(one.retained, one.before),
        )
        for one in counts
    ]
    return TableDraft("years", "Donors by year", _COLUMNS, list(rows)).finished()


def _money(asked: Parameters) -> ReportTable:
    """What the new, the kept and the returned gave."""
    year = year_sql(asked.year, local_day("p.received_at"))
    rows = rows_read(
        f"""WITH years AS (
                SELECT donor_id, year, lag(year) OVER (PARTITION BY donor_id ORDER BY year) AS before
                  FROM ({donor_years_sql(asked.year)}) AS each_year),
            given AS (
                SELECT d.donor_id, {year} AS year, p.currency, count(*) AS gifts,
                       sum(p.amount_minor) AS received
                  FROM api_payment AS p JOIN api_donation AS d ON d.id = p.donation_id
                 WHERE %(currency)s IN ('', p.currency) GROUP BY 1, 2, 3)
            SELECT year,
                   CASE WHEN before IS NULL THEN 'new' WHEN before = year - 1 THEN 'retained'
                        ELSE 'reactivated' END AS who,
                   currency, sum(gifts)::bigint, sum(received)::bigint
              FROM given JOIN years USING (donor_id, year)
             WHERE year <= %(now)s
             GROUP BY 1, 2, 3""",  # noqa: S608
        {"currency": asked.currency, "now": year_now(asked)},
    )
    order = list(GROUPS)
    rows.sort(key=lambda row: (row[0], row[2], order.index(row[1])))
    return TableDraft(
        "money",
        "What they gave",
        [
            SheetColumn("year", "Year"),
            SheetColumn("who", "Donors who are"),
            SheetColumn("currency", "Currency"),
            SheetColumn("gifts", "Gifts", _WHOLE, is_summed=True),
            SheetColumn("received", "Received", CellKind.MONEY, "currency", is_summed=True),
        ],
        [(year_text(asked.year, row[0]), GROUPS[row[1]], *row[2:]) for row in rows],
    ).finished()


def _charts(asked: Parameters, counts: list[YearCount]) -> list[Chart]:
    series = [
        Series("Kept", [one.retained for one in counts]),
        Series("Came back", [one.reactivated for one in counts]),
        Series("New", [one.new for one in counts]),
        Series("Lost", [-one.lapsed for one in counts]),
    ]
    labels = [year_text(asked.year, one.year) for one in counts]
    return [
        Chart("Donors by year", "stacked", labels, series, value_text=lambda count: f"{count:,}")
    ]


DONORS = Report(
    name="donors",
    title="Donors kept and lost",
    question="How many donors are new, stayed, came back, or were lost?",
    meaning=(
        "A donor of a year is a person of whom money was received in it. New: never gave before. Kept: gave in the"
        " year before too. Came back: gave before, but not in the year before. Lost: gave in the year before, not in"
        " this one.",
        "Kept of the year before (the retention rate) is the kept divided by all donors of the year before.",
        "A gift that was given back later still makes its giver a donor of the year.",
    ),
    takes=("year", "currency"),
    make=_make,
    group="Donors",
)
