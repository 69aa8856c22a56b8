"""Rehearsals of dunning policies: ask for one, watch it, compare."""

import secrets
from datetime import date

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from api.errors import DomaapError, NotFound
from api.models import Rehearsal, Right
from api.services.charts import Chart, Series, chart_of_money
from api.services.rehearsals import (
    ROWS,
    policies_kept,
    rehearsal_find,
    rehearsal_start,
    rehearsals_recent,
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
        policies=[one["policy"] for one in run.results],
        rows=[(label, [words(one) for one in run.results]) for label, words in ROWS],
        charts=_charts(run),
        groups=_groups(run),
        time_zone=settings.CHARITY_TIME_ZONE,
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
            "words": f"{run.get_state_display()}: {run.progress} %",
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


def _charts(run: Rehearsal) -> list[Chart]:
    if not run.results:
        return []
    months = [
        f"{date.fromisoformat(one['month'] + '-01'):%b %Y}" for one in run.results[0]["months"]
    ]
    won = [Series(one["policy"], one["won_by_month"]) for one in run.results]
    risk = [Series("At risk", [one["failed_minor"] for one in run.results[0]["months"]])]
    return [
        chart_of_money("Won back, by month", "lines", months, won, currency="GBP"),
        chart_of_money(
            "At risk and won back, by month", "bars", months, [*risk, *won], currency="GBP"
        ),
    ]


def _groups(run: Rehearsal) -> list[tuple[str, list[dict[str, int]]]]:
    """By what was wrong: the figures of each policy."""
    names = sorted({group["group"] for one in run.results for group in one["groups"]})
    nothing = {"failed": 0, "failed_minor": 0, "recovered": 0, "recovered_minor": 0}
    return [
        (
            name or "plan ended before it was looked at",
            [
                next((group for group in one["groups"] if group["group"] == name), nothing)
                for one in run.results
            ],
        )
        for name in names
    ]
