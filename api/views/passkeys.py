"""Signing in for an app: a passkey as the second step."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import SessionKind, User
from api.serializers.passkeys import (
    PasskeyAnswerSerializer,
    PasskeyAskedSerializer,
    PasskeyBeginSerializer,
)
from api.serializers.sign_ins import TokensSerializer
from api.services.passkeys import passkey_ceremony_begin, passkey_ceremony_check
from api.services.sign_ins import factor_check, sign_in, ticket_read
from api.views.access import IsPerson, actor
from api.views.problem_responses import problems
from api.views.sign_ins import origin_named, tokens_response


class PasskeyBeginView(APIView):
    """Whoever has a ticket may try."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="passkey_begin",
        auth=[],
        request=PasskeyBeginSerializer,
        responses={200: PasskeyAskedSerializer, **problems(401, 409)},
    )
    def post(self, request: Request) -> Response:
        """What to ask the passkey; 409 `passkey_missing` when the account has none."""
        asked = PasskeyBeginSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = ticket_read(asked.validated_data["ticket"])
        return _asked(user)


class ProvePasskeyView(APIView):
    """Whoever is signed in."""

    permission_classes = (IsPerson,)

    @extend_schema(
        operation_id="prove_passkey",
        request=None,
        responses={200: PasskeyAskedSerializer, **problems(409)},
    )
    def post(self, request: Request) -> Response:
        """What to ask the passkey before `POST /api/auth/prove/`; 409 `passkey_missing` when there is none."""
        return _asked(actor(request))


class PasskeyCompleteView(APIView):
    """Whoever has a ticket may try."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="passkey_complete",
        auth=[],
        request=PasskeyAnswerSerializer,
        responses={200: TokensSerializer, **problems(401)},
    )
    def post(self, request: Request) -> Response:
        """The second step: tokens for a ticket and what the passkey answered."""
        asked = PasskeyAnswerSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        user, origin = ticket_read(said["ticket"]), origin_named(request, said)

        def proves() -> bool:
            return passkey_ceremony_check(user, said["ceremony"], said["credential"])

        factor_check(user=user, origin=origin, proves=proves)
        return tokens_response(
            sign_in(user=user, origin=origin, kind=SessionKind.APP, factor="passkey")
        )


def _asked(user: User) -> Response:
    ceremony, options = passkey_ceremony_begin(user)
    response = Response(PasskeyAskedSerializer({"ceremony": ceremony, "options": options}).data)
    response["Cache-Control"] = "no-store"
    return response
