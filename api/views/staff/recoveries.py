"""Failed payments of plans: money at risk, won back and lost, and what is done next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.models import Right
from api.services.charts import Chart, Series, chart_of_money
from api.services.dunning_policies import policy_current
from api.services.recovery_figures import (
    Funnel,
    days_ago,
    policy_words,
    recoveries_by_month,
    recoveries_by_reason,
    recoveries_funnel,
    recoveries_open,
)
from api.views.access import actor, staff_context, staff_page

SPANS = {
    "30": "The last 30 days",
    "90": "The last 90 days",
    "365": "The last 12 months",
    "": "All time",
}
USUAL = "90"


@staff_page(Right.GIVING_VIEW)
@require_safe
def recovery_page(request: HttpRequest) -> HttpResponse:
    """The funnel of a span, by month and by reason; what is open; the policy in words."""
    asked = request.GET.get("days", USUAL)
    days = asked if asked in SPANS else USUAL
    since = days_ago(int(days) if days else None)
    funnels = recoveries_funnel(since=since)
    context = staff_context(
        request,
        "Failed payments",
        spans=SPANS.items(),
        days=days,
        span=SPANS[days],
        is_filtered=bool(days),
        funnels=funnels,
        reasons=recoveries_by_reason(since=since),
        charts=_charts(funnels, recoveries_by_month(since=since)),
        open_cases=recoveries_open(),
        policy=policy_current(),
        policy_groups=policy_words(),
        may_rehearse=actor(request).has_right(Right.REPORTS_VIEW),
    )
    return render(request, "staff/recovery.html", context)


def _charts(funnels: list[Funnel], months: list[Funnel]) -> list[Chart]:
    return [
        _chart(one.currency, [month for month in months if month.currency == one.currency])
        for one in funnels
    ]


def _chart(currency: str, months: list[Funnel]) -> Chart:
    return chart_of_money(
        f"Failed payments in {currency}, by the month in which they failed",
        "stacked",
        [month.label for month in months],
        [
            Series("Won back", [month.won.amount_minor for month in months]),
            Series("Still open", [month.open.amount_minor for month in months]),
            Series("Lost", [month.lost.amount_minor for month in months]),
        ],
        currency=currency,
    )
