"""Statements to all donors: choose, rehearse, start, watch, pause, resume, stop. And one donor's own."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.errors import DomaapError, Invalid, MoveRefused, NotFound
from api.models import Language, Right
from api.services.donor_statements import donor_statement_name, donor_statement_pdf
from api.services.donors import donor_find
from api.services.mail_runs import mail_run_figures, mail_runs_recent
from api.services.statement_periods import period_read, periods_offered
from api.services.statement_runs import (
    STATEMENTS,
    statement_audience,
    statement_run_start,
    statement_samples,
)
from api.views.access import actor, staff_context, staff_page
from api.views.files import file_response
from api.views.staff.mail_runs import run_act, run_found, run_progress


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
        runs=mail_runs_recent(STATEMENTS),
        wrong=wrong,
        time_zone=settings.CHARITY_TIME_ZONE,
    )  # fmt: skip
    return render(request, "staff/statement_runs.html", context, status=400 if wrong else 200)


@staff_page(Right.REPORTS_SEND, Right.DONORS_CONTACT)
@require_safe
def statement_run_page(request: HttpRequest, reference: str) -> HttpResponse:
    """One run: how far it is, and what may be done with it."""
    run = run_found(STATEMENTS, reference)
    context = staff_context(
        request,
        "Statements being sent" if run.is_open else "Statements sent",
        run=run,
        period=period_read({"period": run.period}),
        figures=mail_run_figures(STATEMENTS, run),
        language=dict(Language.choices).get(run.language, "All languages"),
        time_zone=settings.CHARITY_TIME_ZONE,
    )
    return render(request, "staff/statement_run.html", context)


@staff_page(Right.REPORTS_SEND, Right.DONORS_CONTACT)
@require_safe
def statement_run_progress(request: HttpRequest, reference: str) -> HttpResponse:
    """How far one is, for the page that shows it."""
    return run_progress(STATEMENTS, reference)


@staff_page(Right.REPORTS_SEND, Right.DONORS_CONTACT)
@require_POST
def statement_run_act(request: HttpRequest, reference: str) -> HttpResponse:
    """Pause, resume or stop."""
    run_act(request, STATEMENTS, reference)
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
    return file_response(donor_statement_pdf(donor, period), donor_statement_name(period))
