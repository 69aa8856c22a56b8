"""My files: what was asked for, how far it is, and the file itself, for the person who asked alone."""

from typing import Any

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.errors import NotFound
from api.models import ReportRun, Right
from api.services.report_runs import RunForbidden, RunNotReady, run_find, run_open, runs_of
from api.services.reports.formats import CONTENT_TYPES
from api.views.access import actor, staff_context, staff_page

PAGE = 30


@staff_page(Right.EXPORTS_MAKE)
@require_safe
def report_files(request: HttpRequest) -> HttpResponse:
    """The person's files, newest first."""
    before = request.GET.get("before", "")
    last = int(before) if before.isdecimal() and len(before) < 19 else None
    runs = runs_of(actor(request), before=last, most=PAGE + 1)
    more = runs[PAGE - 1].pk if len(runs) > PAGE else None
    return _page(request, "My files", runs[:PAGE], more=more)


@staff_page(Right.EXPORTS_MAKE)
@require_safe
def report_file_page(request: HttpRequest, reference: str) -> HttpResponse:
    """One file: where a click on a button, or the link of an e-mail, leads."""
    return _page(request, "Your file", [_run(request, reference)], is_one=True)


@staff_page(Right.EXPORTS_MAKE)
@require_safe
def report_file_progress(request: HttpRequest, reference: str) -> HttpResponse:
    """How far one file is, for the page that shows it."""
    run = _run(request, reference)
    return JsonResponse(
        {
            "state": run.state,
            "is_under_way": run.is_under_way,
            "progress": run.progress,
            "words": run.progress_words or run.get_state_display(),
        }
    )


@staff_page(Right.EXPORTS_MAKE)
@require_safe
def report_file_take(request: HttpRequest, reference: str) -> HttpResponseBase:
    """The file itself."""
    try:
        run, file = run_open(reference, user=actor(request))
    except NotFound as error:
        raise Http404(error.detail) from None
    except (RunNotReady, RunForbidden) as error:
        run = _run(request, reference)
        return _page(
            request, "Your file", [run], is_one=True, refused=error.detail, status=error.status
        )
    kind = CONTENT_TYPES.get(run.file_name.rpartition(".")[2], "application/octet-stream")
    return FileResponse(file, as_attachment=True, filename=run.file_name, content_type=kind)


def _run(request: HttpRequest, reference: str) -> ReportRun:
    try:
        return run_find(reference, user=actor(request))
    except NotFound as error:
        raise Http404(error.detail) from None


def _page(
    request: HttpRequest, title: str, runs: list[ReportRun], *, status: int = 200, **more: Any
) -> HttpResponse:
    context = staff_context(
        request,
        title,
        runs=[(run, size_text(run.size_bytes)) for run in runs],
        is_under_way=any(run.is_under_way for run in runs),
        time_zone=settings.CHARITY_TIME_ZONE,
        **more,
    )
    return render(request, "staff/report_files.html", context, status=status)


def size_text(size_bytes: int) -> str:
    """12 kB, 3.4 MB."""
    if size_bytes < 1_000_000:
        return f"{max(1, size_bytes // 1000):,} kB"
    return f"{size_bytes // 1_000_000:,}.{size_bytes % 1_000_000 // 100_000} MB"
