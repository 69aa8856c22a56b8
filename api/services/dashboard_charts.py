"""The charts of the dashboard, drawn from its figures; each label opens its rows."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from api.services.charts import Chart, Series, chart_of_money
from api.services.dashboard import Dashboard, Purse
from api.services.dashboard_tasks import Rows, rows_address
from api.services.giving_figures import Span, month_after
from api.services.plan_figures import PLAN_MOVES


def received_rows(span: Span, currency: str, **more: str) -> Rows:
    """The gifts whose money came in these days."""
    asked = {"received_from": span.begins_on.isoformat(), "received_to": span.ends_on.isoformat()}
    return Rows("donations", {**asked, "currency": currency, **more})


def moved_rows(how: Iterable[str], span: Span, currency: str) -> Rows:
    """The plans that moved in one of these ways in these days."""
    days = {"moved_from": span.begins_on.isoformat(), "moved_to": span.ends_on.isoformat()}
    return Rows("plans", {"moved": list(how), **days, "currency": currency})


def charts_of(purse: Purse) -> list[Chart]:
    """What came in each month, and how monthly plans moved."""
    charts = [_received(purse)]
    if purse.plans:
        charts.append(_plans(purse))
    return charts


def chart_of_hours(dashboard: Dashboard) -> Chart:
    """When today's gifts came."""
    return Chart(
        title="Gifts by hour today",
        kind="bars",
        labels=[f"{hour:02d}" for hour in range(24)],
        series=[Series("Gifts", dashboard.hours)],
        value_text=_counted,
    )


def _received(purse: Purse) -> Chart:
    spans = [
        Span(month.first, month_after(month.first) - timedelta(days=1)) for month in purse.months
    ]
    return chart_of_money(
        f"Received per month, {purse.currency}",
        "stacked",
        [f"{month.first:%b %Y}" for month in purse.months],
        [
            Series("Monthly gifts", [month.monthly_minor for month in purse.months]),
            Series("One-off gifts", [month.one_off_minor for month in purse.months]),
        ],
        currency=purse.currency,
        links=_links([received_rows(span, purse.currency) for span in spans]),
    )


def _plans(purse: Purse) -> Chart:
    spans = [
        Span(row.begins_on, month_after(row.begins_on) - timedelta(days=1)) for row in purse.plans
    ]
    return Chart(
        title=f"Monthly plans that moved, {purse.currency}",
        kind="stacked",
        labels=[f"{row.begins_on:%b %Y}" for row in purse.plans],
        series=[
            Series("New", [row.new.plans for row in purse.plans]),
            Series("Recovered", [row.recovered.plans for row in purse.plans]),
            Series("Lost", [-row.lost.plans for row in purse.plans]),
            Series("Payment failed", [-row.failing.plans for row in purse.plans]),
        ],
        value_text=_counted,
        links=_links([moved_rows(PLAN_MOVES, span, purse.currency) for span in spans]),
    )


def _counted(count: int) -> str:
    return f"{count:,}"


def _links(rows: Sequence[Rows]) -> list[str]:
    return [rows_address(one) for one in rows]
