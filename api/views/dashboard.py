"""The dashboard for programs of staff: the same figures by the same queries as the page."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import Right
from api.serializers.dashboard import DashboardSerializer
from api.services.dashboard import dashboard_read
from api.views.access import HasRight
from api.views.problem_responses import problems


class DashboardView(APIView):
    """Who may see gifts; parts that need more rights are left out for who has them not."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.GIVING_VIEW}

    @extend_schema(
        operation_id="staff_dashboard",
        responses={(200, "application/json"): DashboardSerializer, **problems(401, 403)},
    )
    def get(self, request: Request) -> Response:
        """What needs a person, what came in, monthly giving, funds and appeals, payouts on their way."""
        asks: Any = request.user  # a person, or a program by its token
        found = dashboard_read(asks.has_right)
        return Response(DashboardSerializer(found).data)
