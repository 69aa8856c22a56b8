"""Signing in for an app: password, code, new tokens, out again."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import PROBLEM_TYPE, SecondFactorMissing, SecondFactorNeeded, SignInRefused
from api.models import SessionKind
from api.serializers.sign_ins import (
    ProofSerializer,
    ProvedSerializer,
    RefreshSerializer,
    SecondFactorSerializer,
    SignInSerializer,
    SignOutSerializer,
    TicketProblemSerializer,
    TokensSerializer,
)
from api.services import factors
from api.services.client_addresses import client_address
from api.services.passkeys import passkey_ceremony_check
from api.services.sessions import Tokens, session_end, session_renew, sessions_end
from api.services.sign_ins import (
    Origin,
    device_mark_make,
    factor_check,
    password_check,
    session_prove,
    sign_in,
    ticket_make,
    ticket_read,
)
from api.views.access import IsPerson
from api.views.problem_responses import problems
from api.views.session_cookies import cookies_clear, origin_of


class SignInView(APIView):
    """Anyone may try."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="sign_in",
        auth=[],
        request=SignInSerializer,
        responses={
            **problems(403),
            (401, PROBLEM_TYPE): OpenApiResponse(TicketProblemSerializer),
        },
    )
    def post(self, request: Request) -> Response:
        """The first step. A right password is answered with 401 `second_factor_needed` and a ticket."""
        asked = SignInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        user = password_check(
            email=said["email"], password=said["password"], origin=origin_named(request, said)
        )
        if not factors.factors_of(user).is_set:
            raise SecondFactorMissing
        raise SecondFactorNeeded(ticket=ticket_make(user))


class SecondFactorView(APIView):
    """Whoever has a ticket may try."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="second_factor",
        auth=[],
        request=SecondFactorSerializer,
        responses={200: TokensSerializer, **problems(401)},
    )
    def post(self, request: Request) -> Response:
        """The second step: tokens for a ticket and a code."""
        asked = SecondFactorSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        user, origin = ticket_read(said["ticket"]), origin_named(request, said)
        proved: list[str] = []

        def proves() -> bool:
            proved.append(factors.code_check(user, said["code"]))
            return bool(proved[-1])

        factor_check(user=user, origin=origin, proves=proves)
        return tokens_response(
            sign_in(user=user, origin=origin, kind=SessionKind.APP, factor=proved[-1])
        )


class ProveView(APIView):
    """Whoever is signed in proves again that it is them."""

    permission_classes = (IsPerson,)

    @extend_schema(operation_id="prove", request=ProofSerializer, responses={200: ProvedSerializer})
    def post(self, request: Request) -> Response:
        """Password and second factor once more, for what answers 403 `proof_needed` without.

        403 `proof_refused` when one of them is wrong: this session goes on as before.
        """
        asked = ProofSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said, session = asked.validated_data, request._request.staff_session  # type: ignore[attr-defined]

        def proves() -> object:
            if "code" in said:
                return factors.code_check(session.user, said["code"])
            return passkey_ceremony_check(session.user, said["ceremony"], said["credential"])

        session_prove(
            session=session,
            password=said["password"],
            origin=origin_named(request, said),
            proves=proves,
            factor="code" if "code" in said else "credential",
        )
        until = session.proved_at + settings.PROOF_LIFE
        return Response(ProvedSerializer({"proved_until": until}).data)


class RefreshView(APIView):
    """Whoever has a refresh token may use it, once."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="refresh",
        auth=[],
        request=RefreshSerializer,
        responses={200: TokensSerializer, **problems(401)},
    )
    def post(self, request: Request) -> Response:
        """New tokens for a refresh token. One that was used before ends the whole session."""
        asked = RefreshSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        token = asked.validated_data["refresh_token"]
        tokens = session_renew(token, address=client_address(request.META))
        if tokens is None:
            raise SignInRefused("This token opens nothing any more. Please sign in again.")
        return tokens_response(tokens)


class SignOutView(APIView):
    """Whoever is signed in may end it."""

    permission_classes = (IsPerson,)

    @extend_schema(
        operation_id="sign_out",
        request=SignOutSerializer,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """End this session, or all: what they opened is closed at once."""
        asked = SignOutSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        inner: Any = request._request
        session = inner.staff_session
        if asked.validated_data["everywhere"]:
            sessions_end(user=session.user, why="signed out everywhere", actor=session.user)
        else:
            session_end(session, why="signed out", actor=session.user)
        response = Response(status=204)
        if inner.signed_in_by == "cookie":
            cookies_clear(inner, response)
        return response


def origin_named(request: Request, said: Mapping[str, str]) -> Origin:
    """From where it comes, the device by the name and mark that the app sends."""
    origin = origin_of(request)
    return Origin(
        address=origin.address,
        device=said.get("device") or origin.device,
        mark=said["device_mark"] or origin.mark,
    )


def tokens_response(tokens: Tokens) -> Response:
    """The tokens of a sign-in, kept by nobody on the way."""
    said = {
        "access_token": tokens.access,
        "refresh_token": tokens.refresh,
        "token_type": "Bearer",
        "expires_in": int(settings.ACCESS_TOKEN_LIFE.total_seconds()),
        "device_mark": device_mark_make(tokens.session.user),
    }
    response = Response(TokensSerializer(said).data)
    response["Cache-Control"] = "no-store"
    return response
