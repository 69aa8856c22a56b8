"""Statements to all donors: choose, rehearse, start, watch, pause, resume, stop. And one donor's own."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.clock import duration_words
from api.errors import DomaapError, Invalid, MoveRefused, NotFound
from api.models import Language, Right, StatementRun, StatementRunState
from api.services.donor_statements import donor_statement_name, donor_statement_pdf
from api.services.donors import donor_find
from api.services.statement_periods import Period, period_read, periods_offered
from api.services.statement_runs import (
    statement_audience,
    statement_run_figures,
    statement_run_find,
    statement_run_move,
    statement_run_start,
    statement_runs_recent,
    statement_samples,
)
from api.views.access import actor, staff_context, staff_page

_MOVES = {
    "pause": StatementRunState.PAUSED,
    "resume": StatementRunState.RUNNING,
    "stop": StatementRunState.STOPPED,
}


@staff_page(Right.REPORTS_SEND, Right.DONORS_CONTACT)
@require_http_methods(["GET", "HEAD", "POST"])
def statement_runs(request: HttpRequest) -> HttpResponseBase:
    """The form, its rehearsal once a period was chosen, and the runs that were made. POST starts one."""
    asked = request.POST if request.method == "POST" else request.GET
    wrong, period = "", None
    language = asked.get("language", "")
    try:
        if language and language not in Language.values:
            raise Invalid(language="Choose a language of the list.")
        period = period_read(asked.dict()) if asked.get("period") else None
        if request.method == "POST" and period is not None:
            run = statement_run_start(period=period, language=language, actor=actor(request))
            return redirect("statement-run", run.reference)
    except (Invalid, MoveRefused) as error:
        wrong = " ".join([error.detail, *(one[0] for one in error.fields.values())])
    context = staff_context(
        request,
        "Statements",
        periods=periods_offered(),
        languages=Language.choices,
        asked={"period": asked.get("period", ""), "language": language,
               "from": asked.get("from", ""), "to": asked.get("to", "")},
        period=period,
        audience=statement_audience(period, language) if period else None,
        samples=statement_samples(period, language) if period else [],
        runs=statement_runs_recent(),
        wrong=wrong,
        time_zone=settings.CHARITY_TIME_ZONE,
    )  # fmt: skip
    return render(request, "staff/statement_runs.html", context, status=400 if wrong else 200)


@staff_page(Right.REPORTS_SEND, Right.DONORS_CONTACT)
@require_safe
def statement_run_page(request: HttpRequest, reference: str) -> HttpResponse:
    """One run: how far it is, and what may be done with it."""
    run = _found(reference)
    context = staff_context(
        request,
        "Statements being sent" if run.is_open else "Statements sent",
        run=run,
        period=_period(run),
        figures=statement_run_figures(run),
        language=dict(Language.choices).get(run.language, "All languages"),
        time_zone=settings.CHARITY_TIME_ZONE,
    )
    return render(request, "staff/statement_run.html", context)


@staff_page(Right.REPORTS_SEND, Right.DONORS_CONTACT)
@require_safe
def statement_run_progress(request: HttpRequest, reference: str) -> HttpResponse:
    """How far one is, for the page that shows it."""
    run = _found(reference)
    figures = statement_run_figures(run)
    return JsonResponse(
        {
            "state": run.state,
            "is_under_way": run.state == StatementRunState.RUNNING,
            "progress": figures.percent,
            "words": _words(run),
        }
    )


@staff_page(Right.REPORTS_SEND, Right.DONORS_CONTACT)
@require_POST
def statement_run_act(request: HttpRequest, reference: str) -> HttpResponse:
    """Pause, resume or stop."""
    to = _MOVES.get(request.POST.get("do", ""))
    if to is None:
        raise Http404
    try:
        statement_run_move(reference=reference, to=to, actor=actor(request))
    except NotFound as error:
        raise Http404 from error
    except MoveRefused as error:
        messages.error(request, error.detail)
    return redirect("statement-run", reference)


@staff_page(Right.DONORS_CONTACT)
@require_safe
def donor_statement_take(request: HttpRequest, reference: str) -> HttpResponse:
    """One donor's statement of the period that was chosen on their page."""
    try:
        donor = donor_find(reference)
    except NotFound as error:
        raise Http404 from error
    try:
        period = period_read(request.GET.dict())
    except DomaapError as error:
        messages.error(request, " ".join(one[0] for one in error.fields.values()) or error.detail)
        return redirect(reverse("staff-donor", args=[donor.reference]) + "#statement")
    response = HttpResponse(donor_statement_pdf(donor, period), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{donor_statement_name(period)}"'
    return response


def _words(run: StatementRun) -> str:
    """A run's state, counts and time left in one line."""
    figures = statement_run_figures(run)
    words = f"{run.get_state_display()}: {figures.written:,} of {run.total:,}"
    left = figures.seconds_left
    if run.state != StatementRunState.RUNNING or left is None:
        return words
    return f"{words}, about {duration_words(left)} left"


def _period(run: StatementRun) -> Period:
    return period_read({"period": run.period})


def _found(reference: str) -> StatementRun:
    try:
        return statement_run_find(reference)
    except NotFound as error:
        raise Http404 from error
