"""Who did what to a donor or a gift, for programs of staff."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import Right
from api.serializers.audit import AuditDeedsSerializer
from api.services.audit import audit_read
from api.services.donations import donation_find
from api.services.donors import donor_find
from api.views.access import HasRight, actor
from api.views.donors import problems

_DEEDS = {(200, "application/json"): AuditDeedsSerializer, **problems(404)}


class DonorDeedsView(APIView):
    """Who may see donors; contact details in it only with donors.contact."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.DONORS_VIEW}

    @extend_schema(operation_id="staff_donor_audit", responses=_DEEDS)
    def get(self, request: Request, reference: str) -> Response:
        """The newest 50 changes, each with before and after."""
        return _deeds(request, donor_find(reference))


class DonationDeedsView(APIView):
    """Who may see gifts."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.GIVING_VIEW}

    @extend_schema(operation_id="staff_donation_audit", responses=_DEEDS)
    def get(self, request: Request, reference: str) -> Response:
        """The newest 50 deeds: refunds, follow-ups, receipts sent again."""
        return _deeds(request, donation_find(reference))


def _deeds(request: Request, row: Any) -> Response:
    deeds = audit_read(row, has_contact=actor(request).has_right(Right.DONORS_CONTACT))
    return Response(AuditDeedsSerializer({"results": deeds}).data)
