"""Reports on screen, and their files when they are short enough to be made at once."""

import tempfile
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from api.clock import charity_date, now
from api.errors import DomaapError, NotFound
from api.models import Right
from api.services.report_runs import run_start
from api.services.reports import files
from api.services.reports.catalogue import REPORTS
from api.services.reports.cells import cells_text, is_number, total_cells
from api.services.reports.engine import report_find, report_run, reports_for
from api.services.reports.formats import CONTENT_TYPES, FORMAT_TEXT, Format, made_text
from api.services.reports.forms import form_fields
from api.services.reports.parameters import ReportRefused, parameters_read
from api.services.reports.spec import PAGE_ROWS, Report, ReportResult, ReportTable
from api.services.sheets import CellKind, SheetColumn
from api.views.access import actor, staff_context, staff_page


@staff_page(Right.REPORTS_VIEW)
@require_safe
def reports_page(request: HttpRequest) -> HttpResponse:
    """Every report that this person may run, with the question that it answers."""
    groups: dict[str, list[Report]] = {}
    for report in reports_for(actor(request), REPORTS):
        groups.setdefault(report.group, []).append(report)
    context = staff_context(request, "Reports", groups=groups.items())
    return render(request, "staff/reports.html", context)


@staff_page(Right.REPORTS_VIEW)
@require_safe
def report_page(request: HttpRequest, name: str) -> HttpResponse:
    """One report: its choices, charts and tables."""
    report = page_report(request, name)
    asked = texts_of(request.GET)
    try:
        result = report_run(report, asked, user=actor(request), most=PAGE_ROWS)
    except ReportRefused as error:
        wrong = {field: sentences[0] for field, sentences in error.fields.items()}
        context = staff_context(request, report.title, **_form(report, asked, wrong))
        return render(request, "staff/report.html", context, status=400)
    context = staff_context(
        request,
        report.title,
        **_form(report, {**asked, **result.asked}, {}),
        result=result,
        made_at=made_text(result),
        tables=[_table(table) for table in result.body.tables],
        charts=[chart for chart in result.body.charts if not chart.is_empty],
        is_filtered=_is_filtered(report, result),
        formats=[(form.value, FORMAT_TEXT[form]) for form in Format],
        may_export=actor(request).has_right(Right.EXPORTS_MAKE),
        may_send=actor(request).has_right(Right.REPORTS_SEND),
        schedule_query=urlencode({"report": report.name, **result.asked}),
    )
    return render(request, "staff/report.html", context)


@staff_page(Right.REPORTS_VIEW, Right.EXPORTS_MAKE)
@require_POST
def report_take(request: HttpRequest, name: str) -> HttpResponseBase:
    """The report as a file: at once when it is short, else made by the worker and found under "My files"."""
    report = page_report(request, name)
    asked = texts_of(request.POST, without=("csrfmiddlewaretoken", "format"))
    try:
        form = Format(request.POST.get("format", ""))
    except ValueError:
        raise Http404("There is no such format.") from None
    try:
        if report.is_long:
            return _later(request, report, asked, form)
        return _now(request, report, asked, form)
    except DomaapError:
        # The page says what is wrong with the choices.
        return redirect(f"{reverse('report', args=[report.name])}?{urlencode(asked)}")


def texts_of(given: QueryDict, *, without: Sequence[str] = ()) -> dict[str, str]:
    """The fields of a form or an address as texts; the last one where a name comes twice."""
    return {name: str(given[name]) for name in given if name not in without}


def _now(
    request: HttpRequest, report: Report, asked: dict[str, str], form: Format
) -> HttpResponseBase:
    file = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it when it was sent
    file_name = files.report_take(report, asked, form, file, user=actor(request))
    file.seek(0)
    kind = CONTENT_TYPES[file_name.rpartition(".")[2]]
    return FileResponse(file, as_attachment=True, filename=file_name, content_type=kind)


def _later(
    request: HttpRequest, report: Report, asked: dict[str, str], form: Format
) -> HttpResponse:
    person = actor(request)
    parameters_read(report, asked, today=charity_date(now()), rights=person.rights)
    run = run_start(
        kind="report",
        name=report.name,
        title=report.title,
        parameters=asked,
        form=form.value,
        actor=person,
    )
    return redirect("report-file", reference=run.reference)


def page_report(request: HttpRequest, name: str) -> Report:
    """The report, when it is there and for this person: what they may not run is not there."""
    try:
        report = report_find(name, REPORTS)
    except NotFound as error:
        raise Http404(error.detail) from None
    if not report.rights <= actor(request).rights:
        raise Http404("This report is not for your role.")
    return report


def _form(report: Report, asked: dict[str, str], wrong: dict[str, str]) -> dict[str, Any]:
    fields = form_fields(report, asked, wrong)
    known = {field.name for field in fields}
    return {
        "report": report,
        "fields": fields,
        "wrong": wrong,
        "stray": [text for name, text in wrong.items() if name not in known],
    }


def _is_filtered(report: Report, result: ReportResult) -> bool:
    return any(
        result.asked.get(name) for name in ("currency", "fund", "campaign", "kind", "method")
    )


def _table(table: ReportTable) -> dict[str, Any]:
    """A table in words: its first rows, each cell with its side and what it opens."""
    links = [*table.links, *[""] * (len(table.rows) - len(table.links))]
    looks = [_look(column) for column in table.columns]
    names = [column.name for column in table.columns]
    opens = names.index(table.opens) if table.opens else [*looks, "number"].index("number")
    rows = [
        [
            (text, look, link if place == opens else "")
            for place, (text, look) in enumerate(
                zip(cells_text(table.columns, row), looks, strict=True)
            )
        ]
        for row, link in zip(table.rows[:PAGE_ROWS], links, strict=False)
    ]
    return {
        "name": table.name,
        "title": table.title,
        "note": table.note,
        "columns": [
            (column.label, look) for column, look in zip(table.columns, looks, strict=True)
        ],
        "rows": rows,
        "totals": [
            list(zip(total_cells(table.columns, one), looks, strict=True)) for one in table.totals
        ],
        "row_count": table.row_count,
        "is_cut": table.row_count > len(rows),
    }


def _look(column: SheetColumn) -> str:
    """Numbers stand on the right; what a phone has no room for and no need of is left out there."""
    if is_number(column):
        return "number"
    if column.name == "payout":
        return "code"
    if column.kind == CellKind.MOMENT:
        return "moment"
    if column.kind == CellKind.DATE and column.name != "last_on":
        return "day"
    return "spare" if column.name in ("currency", "last_on", "reference", "email") else ""
