"""The doctor's findings for programs of staff."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import Right
from api.serializers.checkups import CheckupSerializer
from api.services.checkups import checkup_last
from api.views.access import HasRight
from api.views.problem_responses import problems


class CheckupView(APIView):
    """Who may read who did what: administrators, finance and auditors."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.AUDIT_VIEW}

    @extend_schema(
        operation_id="staff_doctor",
        responses={(200, "application/json"): CheckupSerializer, **problems(401, 403)},
    )
    def get(self, request: Request) -> Response:
        """What the doctor found the last time: it looks each hour, and when somebody asks."""
        found: Any = checkup_last() or {"at": None, "seconds": 0.0, "findings": []}
        return Response(CheckupSerializer(found).data)
