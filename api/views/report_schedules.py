"""The API of scheduled reports: seen, made, paused and removed."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import Right
from api.serializers.report_schedules import (
    ReportScheduleAskSerializer,
    ReportScheduleChangeSerializer,
    ReportScheduleSerializer,
    ReportSchedulesSerializer,
)
from api.serializers.users import ColleaguesSerializer
from api.services.report_schedules import (
    recipients_for,
    schedule_delete,
    schedule_find,
    schedule_make,
    schedule_pause,
    schedules_for,
)
from api.services.reports.catalogue import REPORTS
from api.services.reports.engine import ReportForbidden, report_find
from api.views.access import HasRight, actor
from api.views.donors import BEFORE, page_newest_first
from api.views.problem_responses import problems

_SEND = (Right.REPORTS_VIEW, Right.REPORTS_SEND)


class ReportSchedulesView(APIView):
    """Who may run reports sees the schedules of theirs; who may have them sent makes one."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.REPORTS_VIEW, "POST": _SEND}

    @extend_schema(
        operation_id="report_schedules_list",
        parameters=[BEFORE],
        responses={200: ReportSchedulesSerializer, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """The schedules of all reports that you may run, the newest first."""
        found = page_newest_first(request, schedules_for(actor(request)))
        return Response(ReportSchedulesSerializer(found).data)

    @extend_schema(
        operation_id="report_schedules_create",
        request=ReportScheduleAskSerializer,
        responses={201: ReportScheduleSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have a report made on its days, from the next one on; recipients get a link, never figures.

        403 `report_forbidden`: a report that you may not run, or not take away as a file.
        """
        asked = ReportScheduleAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = schedule_make(asked.asked(), actor=actor(request))
        return Response(ReportScheduleSerializer(made).data, status=201)


class ReportScheduleView(APIView):
    """Who may run its report sees it; who may have reports sent changes it."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.REPORTS_VIEW, "PATCH": _SEND, "DELETE": _SEND}

    @extend_schema(operation_id="report_schedule", responses={200: ReportScheduleSerializer})
    def get(self, request: Request, reference: str) -> Response:
        """One schedule."""
        return _one(request, reference)

    @extend_schema(
        operation_id="report_schedule_change",
        request=ReportScheduleChangeSerializer,
        responses={200: ReportScheduleSerializer},
    )
    def patch(self, request: Request, reference: str) -> Response:
        """Pause it, or let it go on from its next day. Safe to call again."""
        asked = ReportScheduleChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        is_active = asked.validated_data["is_active"]
        schedule_pause(reference, is_active=is_active, actor=actor(request))
        return _one(request, reference)

    @extend_schema(operation_id="report_schedule_remove", responses={204: None})
    def delete(self, request: Request, reference: str) -> Response:
        """Remove it for good; files that it made stay until they expire."""
        schedule_delete(reference, actor=actor(request))
        return Response(status=204)


class ReportRecipientsView(APIView):
    """Who may have reports sent."""

    permission_classes = (HasRight,)
    rights = {"GET": _SEND}

    @extend_schema(operation_id="report_recipients", responses={200: ColleaguesSerializer})
    def get(self, request: Request, name: str) -> Response:
        """The members of staff to whom this report can be sent on a schedule."""
        report = report_find(name, REPORTS)
        if not report.rights <= actor(request).rights:
            raise ReportForbidden
        return Response(ColleaguesSerializer({"results": recipients_for(report)}).data)


def _one(request: Request, reference: str) -> Response:
    found = schedule_find(reference, user=actor(request))
    return Response(ReportScheduleSerializer(found).data)
