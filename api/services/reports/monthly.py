"""Monthly giving: plans that began, ended, failed and recovered, and what they bring each month."""

from collections.abc import Iterator, Sequence
from typing import Any

from api.services.charts import Chart, Series, chart_of_money
from api.services.plan_figures import PlanMonth, plans_by_month
from api.services.reports.donors import count_text
from api.services.reports.moves import step_text
from api.services.reports.spec import Parameters, Report, ReportBody, ReportTable, Step, TableDraft
from api.services.sheets import CellKind, SheetColumn

_WHOLE, _MONEY = CellKind.INTEGER, CellKind.MONEY
_COUNTS = [
    SheetColumn("month_on", "Month from", CellKind.DATE),
    SheetColumn("currency", "Currency"),
    SheetColumn("new", "New", _WHOLE, is_summed=True),
    SheetColumn("lost", "Lost", _WHOLE, is_summed=True),
    SheetColumn("failing", "Began to fail", _WHOLE, is_summed=True),
    SheetColumn("recovered", "Recovered", _WHOLE, is_summed=True),
    SheetColumn("active", "Active at its end", _WHOLE),
    SheetColumn("failing_now", "Failing at its end", _WHOLE),
    SheetColumn("paused", "Paused at its end", _WHOLE),
]
_AMOUNTS = [
    SheetColumn("month_on", "Month from", CellKind.DATE),
    SheetColumn("currency", "Currency"),
    SheetColumn("new_minor", "New", _MONEY, "currency", is_summed=True),
    SheetColumn("lost_minor", "Lost", _MONEY, "currency", is_summed=True),
    SheetColumn("active_minor", "Active at its end", _MONEY, "currency"),
    SheetColumn("failing_minor", "Failing at its end", _MONEY, "currency"),
    SheetColumn("paused_minor", "Paused at its end", _MONEY, "currency"),
]


def _make(asked: Parameters) -> ReportBody:
    # Nobody knows how plans will stand at the end of a month that has not begun.
    months = [
        one
        for one in plans_by_month(asked.period.first_on, asked.period.last_on)
        if asked.currency in ("", one.currency) and one.begins_on <= asked.today
    ]
    return ReportBody([_counts(months), _amounts(months)], list(_charts(months)))


def _counts(months: Sequence[PlanMonth]) -> ReportTable:
    rows: list[tuple[Any, ...]] = [
        (
            one.begins_on,
            one.currency,
            one.new.plans,
            one.lost.plans,
            one.failing.plans,
            one.recovered.plans,
            one.active.plans,
            one.failing_now.plans,
            one.paused.plans,
        )
        for one in months
    ]
    return TableDraft("plans", "Plans", _COUNTS, rows).finished()


def _amounts(months: Sequence[PlanMonth]) -> ReportTable:
    rows: list[tuple[Any, ...]] = [
        (
            one.begins_on,
            one.currency,
            one.new.amount_minor,
            one.lost.amount_minor,
            one.active.amount_minor,
            one.failing_now.amount_minor,
            one.paused.amount_minor,
        )
        for one in months
    ]
    return TableDraft("amounts", "What they give each month", _AMOUNTS, rows).finished()


def _charts(months: Sequence[PlanMonth]) -> Iterator[Chart]:
    for currency in sorted({one.currency for one in months}):
        of_it = [one for one in months if one.currency == currency]
        labels = [step_text(Step.MONTH, one.begins_on) for one in of_it]
        moved = [
            Series("New", [one.new.plans for one in of_it]),
            Series("Lost", [-one.lost.plans for one in of_it]),
        ]
        title = f"Plans that began and ended, {currency}"
        yield Chart(title, "stacked", labels, moved, value_text=count_text)
        stand = [
            Series("Active", [one.active.amount_minor for one in of_it]),
            Series("Failing", [one.failing_now.amount_minor for one in of_it]),
            Series("Paused", [one.paused.amount_minor for one in of_it]),
        ]
        title = f"What plans give each month, {currency}"
        yield chart_of_money(
            title,
            "stacked",
            labels,
            [one for one in stand if any(one.values)] or stand[:1],
            currency=currency,
        )


MONTHLY = Report(
    name="monthly",
    title="Monthly giving",
    question="Do monthly gifts grow, and what do they bring each month?",
    meaning=(
        "New: plans that began to give in the month. Lost: plans that stopped for good. Began to fail: a payment did"
        " not come through. Recovered: the plan goes on, since the payment came through after all or was let go; what"
        " money was won back is in Failed payments and recovery. A plan counts as often as it moved.",
        "Months begin on their first day, also the first of the period; the last one ends with the period, and no"
        " month that is to come is counted. Active, failing and paused are how plans stood at the month's end.",
        "What they give each month is what the plans promise in an average month, fee cover included, not what came.",
    ),
    takes=("period", "currency"),
    preset="last_12_months",
    make=_make,
    group="Giving",
)
