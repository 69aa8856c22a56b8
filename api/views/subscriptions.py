"""The plain page that stops a monthly gift: no sign-in, no script."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from api.clock import charity_date
from api.errors import NotFound
from api.models import SUBSCRIPTION_ENDED
from api.money import money_text
from api.services.donor_words import frequency_words
from api.services.plan_links import PlanPurpose, giving_link
from api.services.receipts import charity_words
from api.services.subscriptions import stop_token_read, subscription_stop


@never_cache
@require_http_methods(["GET", "POST"])
def giving_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET (mail scanners open links), stop on POST. Whoever holds the signed link may."""
    try:
        plan = stop_token_read(token)
    except NotFound:
        return render(request, "giving/stop_invalid.html", charity_words(), status=404)
    if request.method == "POST":
        plan = subscription_stop(plan)
    language = plan.donor.language
    words = charity_words(language) | {
        "language_tag": language,
        "amount": money_text(plan.total_minor, plan.currency),
        "fund_name": plan.fund.name,
        "frequency": frequency_words(plan.interval, language),
        "pause_url": giving_link(plan, PlanPurpose.PAUSE),
        "next_collection_on": plan.next_collection_on,
        "stopped_on": charity_date(plan.cancelled_at) if plan.cancelled_at else None,
    }
    page = "stop_done" if plan.status in SUBSCRIPTION_ENDED else "stop_ask"
    with translation.override(language):
        return render(request, giving_templates(page, language), words)


def giving_templates(page: str, language: str) -> list[str]:
    """A plain page of the donor's, in their language if it is there."""
    return [f"giving/{language}/{page}.html", f"giving/{page}.html"]
