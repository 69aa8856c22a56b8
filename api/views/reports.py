"""The API of reports: the list, and the figures of one."""

from typing import ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import Right
from api.serializers.reports import ReportResultSerializer, ReportSummarySerializer
from api.services.reports.catalogue import REPORTS
from api.services.reports.engine import report_find, report_run, reports_for
from api.services.reports.formats import result_json
from api.services.reports.parameters import CHOICES_TEXT, LABELS
from api.views.access import HasRight, actor
from api.views.problem_responses import problems

ROWS_MOST = 1000


class ReportsView(APIView):
    """Who may run reports sees which there are for them."""

    permission_classes = (HasRight,)
    rights: ClassVar = {"GET": Right.REPORTS_VIEW}

    @extend_schema(
        operation_id="reports_list",
        responses={
            (200, "application/json"): ReportSummarySerializer(many=True),
            **problems(401, 403),
        },
    )
    def get(self, request: Request) -> Response:
        """Every report that you may run, with the question that it answers."""
        reports = reports_for(actor(request), REPORTS)
        return Response(ReportSummarySerializer(reports, many=True).data)


class ReportView(APIView):
    """Who has the rights that the report names."""

    permission_classes = (HasRight,)
    rights: ClassVar = {"GET": Right.REPORTS_VIEW}

    @extend_schema(
        operation_id="report_run",
        parameters=[
            OpenApiParameter(
                name,
                OpenApiTypes.STR,
                description=f"{label}. {CHOICES_TEXT.get(name, '')} Only for reports that take it.".replace(
                    "  ", " "
                ),
            )
            for name, label in LABELS.items()
        ],
        responses={
            (200, "application/json"): ReportResultSerializer,
            **problems(400, 401, 403, 404),
        },
    )
    def get(self, request: Request, name: str) -> Response:
        """The figures now. Of a long list the first thousand rows; a file has all."""
        report = report_find(name, REPORTS)
        asked = {key: str(text) for key, text in request.query_params.items()}
        response = Response(
            result_json(
                report_run(report, asked, user=actor(request), most=ROWS_MOST), most=ROWS_MOST
            )
        )
        response["Cache-Control"] = "no-store"
        return response
