"""The plain page that stops a monthly gift: no sign-in, no script."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from api.clock import charity_date
from api.errors import NotFound
from api.models import SUBSCRIPTION_ENDED, PlanInterval
from api.money import money_text
from api.services.plan_links import PlanPurpose, giving_link
from api.services.plan_messages import FREQUENCIES
from api.services.receipts import charity_words
from api.services.subscriptions import stop_token_read, subscription_stop


@never_cache
@require_http_methods(["GET", "POST"])
def giving_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET (mail scanners open links), stop on POST. Whoever holds the signed link may."""
    words = charity_words()
    try:
        plan = stop_token_read(token)
    except NotFound:
        return render(request, "giving/stop_invalid.html", words, status=404)
    if request.method == "POST":
        plan = subscription_stop(plan)
    words |= {
        "amount": money_text(plan.total_minor, plan.currency),
        "fund_name": plan.fund.name,
        "frequency": FREQUENCIES[PlanInterval(plan.interval)],
        "pause_url": giving_link(plan, PlanPurpose.PAUSE),
        "next_collection_on": plan.next_collection_on,
        "stopped_on": charity_date(plan.cancelled_at) if plan.cancelled_at else None,
    }
    page = "giving/stop_done.html" if plan.status in SUBSCRIPTION_ENDED else "giving/stop_ask.html"
    return render(request, page, words)
