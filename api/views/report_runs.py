"""The API of files that are made in the background."""

from typing import Any, ClassVar
from urllib.parse import parse_qs

from django.core.exceptions import PermissionDenied
from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.clock import charity_date, now
from api.models import ReportRun, Right, User
from api.serializers.reports import (
    ReportRunAskSerializer,
    ReportRunSerializer,
    ReportRunsSerializer,
)
from api.services.report_runs import run_find, run_open, run_start
from api.services.reports.catalogue import REPORTS
from api.services.reports.engine import ReportForbidden, report_find
from api.services.reports.formats import CONTENT_TYPES
from api.services.reports.parameters import parameters_read
from api.services.tables import TABLES
from api.services.tables.questions import question_read
from api.views.access import HasRight, IsPerson, actor
from api.views.donors import BEFORE, page_newest_first
from api.views.problem_responses import problems

_FILE = {(200, kind): OpenApiTypes.BINARY for kind in CONTENT_TYPES.values()}


class ReportRunsView(APIView):
    """Who may take tables away, and may run the report: a person, since a file is one person's own."""

    permission_classes = (IsPerson, HasRight)
    rights: ClassVar = {"GET": Right.EXPORTS_MAKE, "POST": Right.EXPORTS_MAKE}

    @extend_schema(
        operation_id="report_runs_list",
        parameters=[BEFORE],
        responses={(200, "application/json"): ReportRunsSerializer, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """The files that who asks has asked for, the newest first."""
        runs = actor(request).report_runs.all()
        return Response(ReportRunsSerializer(page_newest_first(request, runs)).data)

    @extend_schema(
        operation_id="report_runs_create",
        request=ReportRunAskSerializer,
        responses={
            (202, "application/json"): ReportRunSerializer,
            **problems(400, 401, 403, 404, 409),
        },
    )
    def post(self, request: Request) -> Response:
        """Ask for a file; `GET report-runs/{reference}/` tells how far it is."""
        asked = ReportRunAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        who, given = actor(request), asked.validated_data
        run = _table_start(who, given) if "table" in given else _report_start(who, given)
        response = Response(ReportRunSerializer(run).data, status=status.HTTP_202_ACCEPTED)
        response["Location"] = reverse("staff-report-run", args=[run.reference])
        return response


def _report_start(who: User, given: dict[str, Any]) -> ReportRun:
    report = report_find(given["report"], REPORTS)
    if not report.rights <= who.rights:
        raise ReportForbidden
    parameters_read(report, given["parameters"], today=charity_date(now()), rights=who.rights)
    return run_start(
        kind="report",
        name=report.name,
        title=report.title,
        parameters=given["parameters"],
        form=given["format"],
        actor=who,
    )


def _table_start(who: User, given: dict[str, Any]) -> ReportRun:
    table = TABLES[given["table"]]
    if table.right not in who.rights:
        raise PermissionDenied
    question_read(table, parse_qs(given["query"]), who.rights)
    return run_start(
        kind="table",
        name=table.noun,
        title=table.label,
        parameters={"query": given["query"]},
        form=given["format"],
        actor=who,
    )


class ReportRunView(APIView):
    """The person who asked; for everybody else the file is not there."""

    permission_classes = (IsPerson, HasRight)
    rights: ClassVar = {"GET": Right.EXPORTS_MAKE}

    @extend_schema(
        operation_id="report_run_state",
        responses={
            (200, "application/json"): ReportRunSerializer,
            **problems(401, 403, 404),
        },
    )
    def get(self, request: Request, reference: str) -> Response:
        """How far the file is."""
        response = Response(ReportRunSerializer(run_find(reference, user=actor(request))).data)
        response["Cache-Control"] = "no-store"
        return response


class ReportRunFileView(APIView):
    """The person who asked, while they have the rights that the file was made with."""

    permission_classes = (IsPerson, HasRight)
    rights: ClassVar = {"GET": Right.EXPORTS_MAKE}

    @extend_schema(
        operation_id="report_run_file", responses={**_FILE, **problems(401, 403, 404, 409)}
    )
    def get(self, request: Request, reference: str) -> FileResponse:
        """The file itself; 409 while it is not ready, and once it has expired."""
        run, file = run_open(reference, user=actor(request))
        kind = CONTENT_TYPES.get(run.file_name.rpartition(".")[2], "application/octet-stream")
        response = FileResponse(file, as_attachment=True, filename=run.file_name, content_type=kind)
        response["Cache-Control"] = "no-store"
        return response
