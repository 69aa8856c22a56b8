"""Schedules of reports: seen, made, paused and removed."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.clock import charity_date, now
from api.errors import DomaapError, NotFound
from api.models import Every, ReportSchedule, Right
from api.services.report_schedules import (
    DAYS,
    ScheduleRequest,
    recipients_for,
    schedule_delete,
    schedule_make,
    schedule_next,
    schedule_pause,
    schedule_words,
    schedules_for,
)
from api.services.reports.catalogue import REPORTS
from api.services.reports.formats import FORMAT_TEXT, Format
from api.services.reports.parameters import parameters_read, parameters_words
from api.services.reports.spec import Report
from api.views.access import actor, staff_context, staff_page
from api.views.staff.reports import page_report, texts_of

_OWN_FIELDS = (
    "csrfmiddlewaretoken",
    "report",
    "format",
    "every",
    "weekday",
    "monthday",
    "recipients",
)


@staff_page(Right.REPORTS_VIEW)
@require_safe
def report_schedules(request: HttpRequest) -> HttpResponse:
    """All schedules of reports that this person may run."""
    today = charity_date(now())
    schedules = [
        {
            "schedule": schedule,
            "title": REPORTS[schedule.report].title,
            "words": schedule_words(schedule),
            "next_on": schedule_next(schedule, today) if schedule.is_active else None,
            "filters": _filters(schedule),
            "form": FORMAT_TEXT[Format(schedule.format)],
        }
        for schedule in schedules_for(actor(request))
    ]
    context = staff_context(
        request,
        "Scheduled reports",
        schedules=schedules,
        may_send=actor(request).has_right(Right.REPORTS_SEND),
    )
    return render(request, "staff/report_schedules.html", context)


@staff_page(Right.REPORTS_VIEW, Right.REPORTS_SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def report_schedule_new(request: HttpRequest) -> HttpResponse:
    """Ask how often, on which day and for whom; then keep it."""
    given = request.POST if request.method == "POST" else request.GET
    report = page_report(request, given.get("report", ""))
    choices = texts_of(given, without=_OWN_FIELDS)
    error: DomaapError | None = None
    if request.method == "POST":
        try:
            schedule_make(_request(request, report, choices), actor=actor(request))
            return redirect("report-schedules")
        except DomaapError as refused:
            error = refused
    return _form(request, report, choices, error)


@staff_page(Right.REPORTS_VIEW, Right.REPORTS_SEND)
@require_POST
def report_schedule_change(request: HttpRequest, reference: str) -> HttpResponse:
    """Pause, resume or delete."""
    deed, who = request.POST.get("do", ""), actor(request)
    try:
        if deed == "delete":
            schedule_delete(reference, actor=who)
        elif deed in ("pause", "resume"):
            schedule_pause(reference, is_active=deed == "resume", actor=who)
    except NotFound as error:
        raise Http404(error.detail) from None
    return redirect("report-schedules")


def _request(request: HttpRequest, report: Report, choices: dict[str, str]) -> ScheduleRequest:
    every = request.POST.get("every", "")
    day = request.POST.get("weekday" if every == Every.WEEK else "monthday", "")
    return ScheduleRequest(
        report=report.name,
        parameters=choices,
        form=request.POST.get("format", ""),
        every=every,
        day=day,
        recipients=request.POST.getlist("recipients"),
    )


def _form(
    request: HttpRequest, report: Report, choices: dict[str, str], error: DomaapError | None
) -> HttpResponse:
    who = actor(request)
    chosen = request.POST.getlist("recipients") or [str(who.pk)]
    context: dict[str, Any] = staff_context(
        request,
        f"Send on a schedule: {report.title}",
        report=report,
        choices=choices.items(),
        filters=_words(report, choices),
        formats=[(form.value, FORMAT_TEXT[form]) for form in Format],
        everies=Every.choices,
        days=list(enumerate(DAYS, 1)),
        month_days=range(1, 29),
        people=[(person, str(person.pk) in chosen) for person in recipients_for(report)],
        asked=request.POST.dict(),
        error=error,
        wrong=[text for texts in (error.fields.values() if error else ()) for text in texts],
    )
    return render(
        request, "staff/report_schedule.html", context, status=error.status if error else 200
    )


def _words(report: Report, choices: dict[str, str]) -> list[tuple[str, str]]:
    """What is asked for, in words; nothing when it is not understood, the error says why."""
    try:
        asked = parameters_read(report, choices, today=charity_date(now()), rights=frozenset())
    except DomaapError:
        return []
    return parameters_words(report, asked)


def _filters(schedule: ReportSchedule) -> list[tuple[str, str]]:
    return _words(REPORTS[schedule.report], schedule.parameters)
