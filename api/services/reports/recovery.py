"""Recovery: monthly gifts that could not be taken at first, and what became of them."""

from datetime import date
from typing import Any

from api.models import DonationKind
from api.services.charts import Chart, Series
from api.services.reports.moves import step_days, step_first, steps_of, steps_text
from api.services.reports.queries import Where, local_day, rows_read, share
from api.services.reports.spec import Parameters, Report, ReportBody, ReportTable, TableDraft
from api.services.sheets import CellKind, SheetColumn

_WHOLE, _MONEY = CellKind.INTEGER, CellKind.MONEY
# The first failure of each monthly gift, save those that were to begin a plan: nobody was asked again for them.
# A plan that began before us has no gift to begin it here: what is done about its failed gift tells it apart.
_FAILURES = """
  FROM api_donationmove AS m
  JOIN api_donation AS d ON d.id = m.donation_id
  JOIN api_subscription AS s ON s.id = d.subscription_id
  LEFT JOIN api_payment AS p ON p.donation_id = d.id
  LEFT JOIN api_recovery AS r ON r.donation_id = d.id
 WHERE m.to_status = 'failed' AND {where}
   AND NOT EXISTS (SELECT FROM api_donationmove AS earlier
                    WHERE earlier.donation_id = m.donation_id AND earlier.to_status = 'failed'
                      AND earlier.id < m.id)
   AND (r.id IS NOT NULL OR EXISTS (SELECT FROM api_donation AS first
                                     WHERE first.subscription_id = d.subscription_id AND first.id < d.id))
"""
# Not paid, and nobody asks for it any more.
_GIVEN_UP = """p.id IS NULL AND (s.status = 'cancelled' OR d.status = 'cancelled' OR r.state = 'lost'
   OR EXISTS (SELECT FROM api_followup AS f
               WHERE f.donation_id = d.id AND f.kind = 'write_off' AND f.undone_at IS NULL))"""
_AMOUNT = "(d.amount_minor + d.fee_cover_minor)"


def _step(asked: Parameters) -> str:
    return f"date_trunc('{asked.step.value}', {local_day('m.at')})::date"


def _where(asked: Parameters) -> Where:
    where = Where().add("m.at >= %s", asked.period.begins_at)
    where.add("m.at < %s", asked.period.ends_at).add("d.kind = %s", DonationKind.MONTHLY.value)
    if asked.currency:
        where.add("d.currency = %s", asked.currency)
    if asked.fund:
        where.add("d.fund_id = %s", asked.fund.pk)
    return where


def _make(asked: Parameters) -> ReportBody:
    table = _steps(asked)
    return ReportBody([table, _reasons(asked)], _charts(asked, table))


def _steps(asked: Parameters) -> ReportTable:
    where = _where(asked)
    rows = rows_read(
        f"""SELECT {_step(asked)}, d.currency, count(*), count(p.id),
                   count(*) FILTER (WHERE {_GIVEN_UP}), sum({_AMOUNT})::bigint,
                   coalesce(sum(p.amount_minor), 0)::bigint,
                   (sum(extract(epoch FROM p.received_at - m.at)) FILTER (WHERE p.id IS NOT NULL))::bigint
            {_FAILURES.format(where=where.sql)} GROUP BY 1, 2 ORDER BY 2, 1""",  # noqa: S608
        where.params,
    )
    columns = [
        SheetColumn("first_on", "From", CellKind.DATE),
        SheetColumn("currency", "Currency"),
        SheetColumn("failed", "Failed at first", _WHOLE, is_summed=True),
        SheetColumn("recovered", "Recovered", _WHOLE, is_summed=True),
        SheetColumn("given_up", "Given up", _WHOLE, is_summed=True),
        SheetColumn("open", "Still open", _WHOLE, is_summed=True),
        SheetColumn("rate", "Share recovered", CellKind.RATE),
        SheetColumn("failed_minor", "Asked for", _MONEY, "currency", is_summed=True),
        SheetColumn("recovered_minor", "Recovered money", _MONEY, "currency", is_summed=True),
        SheetColumn("days", "Days until paid", _WHOLE),
    ]
    return TableDraft(
        "steps", f"By {asked.step.value}", columns, [_row(asked, *row) for row in rows]
    ).finished()


def _row(
    asked: Parameters,
    first: date,
    currency: str,
    failed: int,
    paid: int,
    ended: int,
    minor: int,
    came: int,
    seconds: int | None,
) -> tuple[Any, ...]:
    days = (seconds or 0) // (86_400 * paid) if paid else None
    counts = (failed, paid, ended, failed - paid - ended)
    return (step_days(asked, first)[0], currency, *counts, share(paid, failed), minor, came, days)


def _reasons(asked: Parameters) -> ReportTable:
    where = _where(asked).add("p.id IS NULL")
    rows = rows_read(
        f"""SELECT coalesce(nullif(d.failure_code, ''), r.reason, ''), d.currency, count(*), sum({_AMOUNT})::bigint
            {_FAILURES.format(where=where.sql)} GROUP BY 1, 2 ORDER BY 2, 3 DESC, 1""",
        where.params,
    )
    return TableDraft(
        "reasons",
        "Why those not recovered failed last",
        [
            SheetColumn("reason", "Reason"),
            SheetColumn("currency", "Currency"),
            SheetColumn("gifts", "Gifts", _WHOLE, is_summed=True),
            SheetColumn("minor", "Asked for", _MONEY, "currency", is_summed=True),
        ],
        [(row[0].replace("_", " ").capitalize() or "Not told", *row[1:]) for row in rows],
    ).finished()


def _charts(asked: Parameters, table: ReportTable) -> list[Chart]:
    firsts = steps_of(asked, (step_first(asked.step, row[0]) for row in table.rows))
    steps = [step_days(asked, first)[0] for first in firsts]
    found: dict[date, list[int]] = {first: [0, 0, 0] for first in steps}
    for row in table.rows:
        for place, count in enumerate((row[3], row[5], row[4])):
            found[row[0]][place] += count
    names = ("Recovered", "Still open", "Given up")
    series = [Series(name, [found[first][n] for first in steps]) for n, name in enumerate(names)]
    title = f"Monthly gifts that failed at first, by {asked.step.value}"
    return [
        Chart(
            title,
            "stacked",
            steps_text(asked, firsts),
            series,
            value_text=lambda count: f"{count:,}",
        )
    ]


RECOVERY = Report(
    name="recovery",
    title="Failed payments and recovery",
    question="How many monthly gifts fail at first, and how many do we get after all?",
    meaning=(
        "A monthly gift failed at first when its first try could not be taken; it is counted in the step of that"
        " try. The payment that begins a plan is not counted.",
        "Recovered: it was paid since, by a retry or by the donor, also if it was given back later. Given up: it was"
        " not paid, and it was let go or written off, or its plan is stopped. Still open: it is neither.",
        "Days until paid is the mean of those recovered, whole days, rounded down.",
    ),
    takes=("period", "step", "currency", "fund"),
    preset="last_12_months",
    make=_make,
    group="Giving",
)
