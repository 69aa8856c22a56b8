"""Passkeys of donors: a way in besides link and password."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import DonorSession
from api.serializers.donor_passkeys import (
    DonorPasskeyAnswerSerializer,
    DonorPasskeyNameSerializer,
    DonorPasskeyNewSerializer,
    DonorPasskeySerializer,
)
from api.serializers.passkeys import PasskeyAskedSerializer
from api.services.donor_passkeys import (
    donor_passkey_add,
    donor_passkey_ask,
    donor_passkey_begin,
    donor_passkey_remove,
    donor_passkey_rename,
    donor_passkey_sign_in,
    donor_passkeys,
)
from api.services.sign_ins import device_name
from api.views.donor_access import session_of
from api.views.donor_pages import DonorApiView
from api.views.donor_sign_ins import signed_in
from api.views.problem_responses import problems

_ALL = DonorPasskeySerializer(many=True)


class DonorPasskeyAskView(APIView):
    """Anyone may try."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="donor_passkey_ask",
        auth=[],
        request=None,
        responses={200: PasskeyAskedSerializer},
    )
    def post(self, request: Request) -> Response:
        """What any passkey of this site is asked: the same whoever gives, and whether anybody does."""
        return _asked(*donor_passkey_ask())


class DonorPasskeySignInView(APIView):
    """Anyone may try."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="donor_passkey_sign_in",
        auth=[],
        request=DonorPasskeyAnswerSerializer,
        responses={204: None, **problems(401)},
    )
    def post(self, request: Request) -> Response:
        """Sign in by what a passkey answered, once."""
        asked = DonorPasskeyAnswerSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return signed_in(donor_passkey_sign_in(**asked.validated_data))


class DonorPasskeyBeginView(DonorApiView):
    """A donor who wants a passkey."""

    @extend_schema(
        operation_id="donor_passkey_begin",
        request=None,
        responses={200: PasskeyAskedSerializer, **problems(409)},
    )
    def post(self, request: Request) -> Response:
        """What the browser passes on; `options.publicKey` is for `parseCreationOptionsFromJSON`."""
        return _asked(*donor_passkey_begin(session_of(request)))


class DonorPasskeysView(DonorApiView):
    """A donor's passkeys."""

    @extend_schema(operation_id="donor_passkeys", responses={200: _ALL})
    def get(self, request: Request) -> Response:
        """All of them, the oldest first."""
        return _all(session_of(request))

    @extend_schema(
        operation_id="donor_passkey_add",
        request=DonorPasskeyNewSerializer,
        responses={200: _ALL},
    )
    def post(self, request: Request) -> Response:
        """Take a passkey into use; all of them as they are then."""
        asked = DonorPasskeyNewSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        name = said["name"].strip() or device_name(request.headers.get("User-Agent", ""))
        donor_passkey_add(session=session_of(request), **{**said, "name": name})
        return _all(session_of(request))


class DonorPasskeyView(DonorApiView):
    """One passkey of the donor's."""

    @extend_schema(
        operation_id="donor_passkey_rename",
        request=DonorPasskeyNameSerializer,
        responses={200: _ALL},
    )
    def patch(self, request: Request, reference: str) -> Response:
        """Call it something else. All as they are then."""
        asked = DonorPasskeyNameSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        session = session_of(request)
        donor_passkey_rename(session=session, reference=reference, name=said["name"])
        return _all(session)

    @extend_schema(operation_id="donor_passkey_remove", responses={200: _ALL})
    def delete(self, request: Request, reference: str) -> Response:
        """Take it out of use; other browsers are signed out. All that are left."""
        donor_passkey_remove(session=session_of(request), reference=reference)
        return _all(session_of(request))


def _asked(ceremony: str, options: dict[str, object]) -> Response:
    response = Response(PasskeyAskedSerializer({"ceremony": ceremony, "options": options}).data)
    response["Cache-Control"] = "no-store"
    return response


def _all(session: DonorSession) -> Response:
    return Response(DonorPasskeySerializer(donor_passkeys(session.email_key), many=True).data)
