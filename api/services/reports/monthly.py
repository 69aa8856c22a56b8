"""Monthly giving: plans that began and ended, what they bring each month, and how they stand today."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from api.models import Subscription, SubscriptionStatus
from api.services.charts import Chart, Series
from api.services.reports.moves import step_text, steps_of
from api.services.reports.queries import Where, local_day, rows_read
from api.services.reports.recovery import failures_sum
from api.services.reports.spec import Parameters, Report, ReportBody, ReportTable, TableDraft
from api.services.sheets import CellKind, SheetColumn

_S = SubscriptionStatus
# A plan whose first payment never came is none.
NEVER_BEGAN = (_S.INCOMPLETE.value, _S.EXPIRED.value)
_WHOLE, _MONEY = CellKind.INTEGER, CellKind.MONEY
_COLUMNS = [
    SheetColumn("first_on", "From", CellKind.DATE),
    SheetColumn("currency", "Currency"),
    SheetColumn("at_start", "Active before", _WHOLE),
    SheetColumn("new", "New", _WHOLE, is_summed=True),
    SheetColumn("lost", "Lost", _WHOLE, is_summed=True),
    SheetColumn("at_end", "Active after", _WHOLE),
    SheetColumn("failed", "Failed collections", _WHOLE, is_summed=True),
    SheetColumn("recovered", "Of these recovered", _WHOLE, is_summed=True),
    SheetColumn("new_minor", "New each month", _MONEY, "currency", is_summed=True),
    SheetColumn("lost_minor", "Lost each month", _MONEY, "currency", is_summed=True),
    SheetColumn("end_minor", "Each month after", _MONEY, "currency"),
]
_AMOUNT = "sum(s.amount_minor + s.fee_cover_minor)::bigint"


def _make(asked: Parameters) -> ReportBody:
    movement = _movement(asked)
    return ReportBody([movement, _today(asked)], list(_charts(asked, movement)))


def _plans(asked: Parameters) -> Where:
    where = Where().add("s.status <> ALL(%s)", list(NEVER_BEGAN))
    if asked.currency:
        where.add("s.currency = %s", asked.currency)
    if asked.fund:
        where.add("s.fund_id = %s", asked.fund.pk)
    return where


def _movement(asked: Parameters) -> ReportTable:
    began, ended = _steps(asked, "s.created_at"), _steps(asked, "s.cancelled_at")
    failed = failures_sum(asked)
    standing = _standing(asked)
    rows: list[tuple[Any, ...]] = []
    for currency in sorted({*standing, *(key[1] for key in [*began, *ended])}):
        plans, minor = standing.get(currency, (0, 0))
        for first in steps_of(asked):
            new, new_minor = began.get((first, currency), (0, 0))
            lost, lost_minor = ended.get((first, currency), (0, 0))
            fails, recovered = failed.get((first, currency), (0, 0))
            after, minor = plans + new - lost, minor + new_minor - lost_minor
            counts = (plans, new, lost, after, fails, recovered)
            rows.append((first, currency, *counts, new_minor, lost_minor, minor))
            plans = after
    return TableDraft("movement", f"Plans by {asked.step.value}", _COLUMNS, rows).finished()


def _standing(asked: Parameters) -> dict[str, tuple[int, int]]:
    """Plans that were active when the period began, and what they brought each month, per currency."""
    where = _plans(asked).add("s.created_at < %s", asked.period.begins_at)
    where.add("(s.cancelled_at IS NULL OR s.cancelled_at >= %s)", asked.period.begins_at)
    rows = rows_read(
        f"SELECT s.currency, count(*), {_AMOUNT} FROM api_subscription AS s WHERE {where.sql} GROUP BY 1",  # noqa: S608
        where.params,
    )
    return {currency: (count, minor) for currency, count, minor in rows}


def _steps(asked: Parameters, moment: str) -> dict[tuple[date, str], tuple[int, int]]:
    """Plans whose `moment` is in the period, by step and currency: how many, and their amount each month."""
    where = _plans(asked).add(f"{moment} >= %s", asked.period.begins_at)
    where.add(f"{moment} < %s", asked.period.ends_at)
    rows = rows_read(
        f"""SELECT date_trunc('{asked.step.value}', {local_day(moment)})::date, s.currency, count(*), {_AMOUNT}
              FROM api_subscription AS s WHERE {where.sql} GROUP BY 1, 2""",  # noqa: S608
        where.params,
    )
    return {(first, currency): (count, minor) for first, currency, count, minor in rows}


def _today(asked: Parameters) -> ReportTable:
    """How the plans stand now: an earlier standing is not kept."""
    where = _plans(asked).add("s.cancelled_at IS NULL")
    rows = rows_read(
        f"""SELECT s.status, s.currency, count(*), {_AMOUNT}
              FROM api_subscription AS s WHERE {where.sql} GROUP BY 1, 2""",  # noqa: S608
        where.params,
    )
    order = list(SubscriptionStatus)
    rows.sort(key=lambda row: (row[1], order.index(SubscriptionStatus(row[0]))))
    return TableDraft(
        "today",
        "How plans stand now",
        [
            SheetColumn("status", "Status"),
            SheetColumn("currency", "Currency"),
            SheetColumn("plans", "Plans", _WHOLE, is_summed=True),
            SheetColumn("minor", "Each month", _MONEY, "currency", is_summed=True),
        ],
        [(SubscriptionStatus(row[0]).label, *row[1:]) for row in rows],
        links=[f"/admin/api/{Subscription._meta.model_name}/?status={row[0]}" for row in rows],
    ).finished()


def _charts(asked: Parameters, movement: ReportTable) -> Iterator[Chart]:
    for currency in sorted({row[1] for row in movement.rows}):
        rows = [row for row in movement.rows if row[1] == currency]
        yield Chart(
            f"Plans that began and ended, {currency}",
            "stacked",
            [step_text(asked.step, row[0]) for row in rows],
            [Series("New", [row[3] for row in rows]), Series("Lost", [-row[4] for row in rows])],
            value_text=lambda count: f"{count:,}",
        )
        yield Chart(
            f"Active plans, {currency}",
            "lines",
            [step_text(asked.step, row[0]) for row in rows],
            [Series("Active", [row[5] for row in rows])],
            value_text=lambda count: f"{count:,}",
        )


MONTHLY = Report(
    name="monthly",
    title="Monthly giving",
    question="Do monthly gifts grow, and what do they bring each month?",
    meaning=(
        "New: plans that began in the step. Lost: plans that ended in it, whoever ended them. Active: began and not"
        " ended, those whose payment is failing among them.",
        "Each month is what the plans promise, fee cover included, not what came.",
        "Failed collections are monthly gifts that could not be taken at the first try, of the step of that try;"
        " recovered are those of them that were paid since.",
    ),
    takes=("period", "step", "currency", "fund"),
    preset="last_12_months",
    make=_make,
    group="Giving",
)
