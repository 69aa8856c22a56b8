"""Rehearsals of dunning policies: ask for one, watch it, compare."""

import secrets
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from api.clock import duration_words
from api.errors import DomaapError, NotFound
from api.models import Rehearsal, RehearsalState, Right
from api.services.rehearsal.comparison import (
    Result,
    comparison_fates,
    comparison_groups,
    comparison_headings,
    comparison_months,
    comparison_rows,
    comparison_verdict,
)
from api.services.rehearsals import (
    MOST_MONTHS,
    MOST_PLANS,
    policies_kept,
    rehearsal_estimate,
    rehearsal_find,
    rehearsal_start,
    rehearsals_recent,
    seconds_left,
)
from api.views.access import actor, staff_context, staff_page

_USUAL = {"plans": "1000", "months": "12", "seed": "1"}


@staff_page(Right.REPORTS_VIEW)
@require_http_methods(["GET", "POST"])
def rehearse(request: HttpRequest) -> HttpResponseBase:
    """The form, and the rehearsals that were made."""
    kept = policies_kept()
    names = list(kept)
    given = request.POST if request.method == "POST" else {}
    asked = {name: str(given.get(name, usual)) for name, usual in _USUAL.items()}
    first = settings.DUNNING_POLICY_FILE.stem
    usual_other = next((name for name in names if name != first), first)
    chosen = [str(given.get("first", first)), str(given.get("second", usual_other))]
    own = str(given.get("own", ""))
    wrong = ""
    if request.method == "POST":
        try:
            made = _start(request, asked, [_text(kept, name, own) for name in chosen if name])
        except DomaapError as error:
            wrong = " ".join([error.detail, *(one[0] for one in error.fields.values())])
        else:
            return redirect("rehearsal", made.reference)
    context = staff_context(
        request,
        "Rehearse a policy",
        asked=asked,
        names=names,
        chosen=chosen,
        own=own or kept[first],
        is_own="own" in chosen,
        wrong=wrong,
        runs=rehearsals_recent(),
        sizes=_sizes(),
        time_zone=settings.CHARITY_TIME_ZONE,
    )
    return render(request, "staff/rehearse.html", context, status=400 if wrong else 200)


@staff_page(Right.REPORTS_VIEW)
@require_safe
def rehearsal_page(request: HttpRequest, reference: str) -> HttpResponse:
    """One rehearsal: how far it is, or its policies side by side."""
    run = _find(reference)
    context = staff_context(
        request,
        "Rehearsal",
        run=run,
        words=_words(run) if run.is_under_way else "",
        time_zone=settings.CHARITY_TIME_ZONE,
        **_compared(run.results),
    )
    return render(request, "staff/rehearsal.html", context)


@staff_page(Right.REPORTS_VIEW)
@require_safe
def rehearsal_progress(request: HttpRequest, reference: str) -> HttpResponse:
    """How far one is, for the page that shows it."""
    run = _find(reference)
    return JsonResponse(
        {
            "state": run.state,
            "is_under_way": run.is_under_way,
            "progress": run.progress,
            "words": _words(run),
        }
    )


def _start(request: HttpRequest, asked: dict[str, str], texts: list[str]) -> Rehearsal:
    numbers = {
        name: int(text) if text.isdecimal() and len(text) < 10 else -1
        for name, text in asked.items()
    }
    if not asked["seed"]:
        numbers["seed"] = secrets.randbelow(10**6)
    return rehearsal_start(**numbers, texts=texts, actor=actor(request))


def _text(kept: dict[str, str], name: str, own: str) -> str:
    return own if name == "own" else kept.get(name, "")


def _find(reference: str) -> Rehearsal:
    try:
        return rehearsal_find(reference)
    except NotFound as error:
        raise Http404(error.detail) from None


def _compared(results: list[Result]) -> dict[str, Any]:
    if not results:
        return {}
    return {
        "verdict": comparison_verdict(results),
        "headings": comparison_headings(results),
        "policies": [one["policy"] for one in results],
        "rows": comparison_rows(results),
        "fates": comparison_fates(results),
        "months": comparison_months(results),
        "groups": comparison_groups(results),
        "is_true": all(one["is_true"] for one in results),
        "took": duration_words(max(one["seconds"] for one in results)),
    }


def _sizes() -> str:
    """What the form says of how long it will take."""
    some, many = (
        duration_words(rehearsal_estimate(plans=plans, months=12)) for plans in (1000, 10_000)
    )
    return (
        f"1,000 plans over 12 months take about {some} here, 10,000 plans about {many}. At most "
        f"{MOST_PLANS:,} plans over {MOST_MONTHS} months; you may leave the page meanwhile."
    )


def _words(run: Rehearsal) -> str:
    """How far it is, and how long it will take."""
    words = f"{run.get_state_display()}: {run.progress} %"
    if run.state != RehearsalState.RUNNING or run.started_at is None:
        whole = rehearsal_estimate(plans=run.plans, months=run.months)
        return f"{words}. A rehearsal of this size takes about {duration_words(whole)} here"
    left = seconds_left(run.progress, run.started_at)
    return words if left is None else f"{words}, about {duration_words(left)} left"
