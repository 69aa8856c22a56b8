"""Where a gift is."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.serializers.donations import GiftStateSerializer
from api.services.donations import donation_look
from api.views.problem_responses import problems


class DonationStatusView(APIView):
    """Anyone with the unguessable reference may ask; the answer holds no personal data."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="donation_status",
        responses={
            (200, "application/json"): GiftStateSerializer,
            **problems(404, 503),
        },
    )
    def get(self, request: Request, reference: str) -> Response:
        """The gift as it is now: Stripe is asked when it is not final."""
        response = Response(GiftStateSerializer(donation_look(reference)).data)
        response["Cache-Control"] = "no-store"
        return response
