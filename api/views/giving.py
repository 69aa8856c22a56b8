"""The giving page's facts, and starting a gift."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.serializers.donations import (
    GiftRequestSerializer,
    GiftStartedSerializer,
    MonthlyGiftRequestSerializer,
)
from api.serializers.giving import GivingSerializer
from api.services.donations import GiftStarted, donation_start
from api.services.funds import giving_facts
from api.services.subscriptions import subscription_start
from api.views.problem_responses import problems

_PROBLEMS = problems(404, 409, 502, 503)


class GivingView(APIView):
    """Anyone may ask what can be given to what."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="giving", responses=GivingSerializer)
    def get(self, request: Request) -> Response:
        """Charity, funds, suggested amounts, and what the card form needs."""
        return Response(GivingSerializer(giving_facts()).data)


class PaymentIntentView(APIView):
    """Anyone may start a one-off gift."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="payment_intent",
        request=GiftRequestSerializer,
        responses={
            (200, "application/json"): GiftStartedSerializer,
            (201, "application/json"): GiftStartedSerializer,
            **_PROBLEMS,
        },
    )
    def post(self, request: Request) -> Response:
        """Start a one-off gift; the same idempotency key never charges twice."""
        asked = GiftRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return _started(donation_start(asked.gift()))


class SubscriptionIntentView(APIView):
    """Anyone may start a monthly gift."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="subscription_intent",
        request=MonthlyGiftRequestSerializer,
        responses={
            (200, "application/json"): GiftStartedSerializer,
            (201, "application/json"): GiftStartedSerializer,
            **_PROBLEMS,
        },
    )
    def post(self, request: Request) -> Response:
        """Start a monthly gift: the first today, then each month on the collection day."""
        asked = MonthlyGiftRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return _started(subscription_start(asked.gift()))


def _started(started: GiftStarted) -> Response:
    return Response(GiftStartedSerializer(started).data, status=201 if started.is_new else 200)
