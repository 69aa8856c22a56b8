"""Giving money back, for programs of staff."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import Right
from api.serializers.refunds import RefundAskSerializer
from api.serializers.tables import row_json, row_serializer
from api.services.refunds import refund_ask
from api.services.tables import TABLES
from api.services.tables.pages import rows_read
from api.views.access import HasRight, actor
from api.views.donors import problems

_REFUNDS = TABLES["refunds"]


class RefundAskView(APIView):
    """Who may give money back."""

    permission_classes = (HasRight,)
    rights = {"POST": Right.REFUNDS_MAKE}

    @extend_schema(
        operation_id="staff_refund",
        request=RefundAskSerializer,
        responses={
            (201, "application/json"): row_serializer(_REFUNDS),
            **problems(400, 404, 409, 502, 503),
        },
    )
    def post(self, request: Request, reference: str) -> Response:
        """Give a gift back, or a part of it. 503: nothing is lost, send the same again."""
        asked = RefundAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        asks = actor(request)
        refund = refund_ask(donation_reference=reference, request=asked.asked(asks))
        columns = _REFUNDS.columns_of(asks.rights)
        [row] = rows_read(_REFUNDS, columns, [refund.pk])
        return Response(row_json(columns, row), status=201)
