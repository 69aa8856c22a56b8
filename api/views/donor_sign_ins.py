"""The way in to the donor's own page."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.serializers.donor_pages import (
    DonorLinkAskSerializer,
    DonorLinkUseSerializer,
    DonorPasswordSerializer,
    DonorPasswordSignInSerializer,
    EmailAnsweredSerializer,
    EmailAnswerSerializer,
)
from api.services.client_addresses import client_address
from api.services.donor_sign_ins import (
    donor_link_ask,
    donor_link_use,
    donor_password_set,
    donor_password_sign_in,
    donor_session_end,
)
from api.services.email_changes import email_change_answer, email_change_ask
from api.services.tokens import secret_make
from api.views.donor_access import (
    DonorSignedIn,
    IsDonor,
    browser_cookie_set,
    browser_of,
    session_cookie_clear,
    session_cookie_set,
    session_of,
)
from api.views.problem_responses import problems

_NOTHING = {204: None}


class DonorLinkView(APIView):
    """Anyone may ask; the answer tells nothing."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="donor_link", auth=[], request=DonorLinkAskSerializer, responses=_NOTHING
    )
    def post(self, request: Request) -> Response:
        """Send a link to sign in, if a donor has the address: always 204, by the same work."""
        asked = DonorLinkAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        browser = browser_of(request) or secret_make()
        donor_link_ask(
            email=asked.validated_data["email"],
            address=client_address(request.META),
            browser=browser,
        )
        response = Response(status=204)
        browser_cookie_set(response, browser)
        return response


class DonorSignInView(APIView):
    """Whoever has a link may use it, once."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="donor_sign_in",
        auth=[],
        request=DonorLinkUseSerializer,
        responses={**_NOTHING, **problems(404, 409)},
    )
    def post(self, request: Request) -> Response:
        """Sign in. 409 `link_needs_button`: another browser asked, so a person has to press the button."""
        asked = DonorLinkUseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        secret = donor_link_use(
            **asked.validated_data,
            browser=browser_of(request),
            address=client_address(request.META),
        )
        return signed_in(secret)


class DonorPasswordSignInView(APIView):
    """Anyone may try."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="donor_password_sign_in",
        auth=[],
        request=DonorPasswordSignInSerializer,
        responses={**_NOTHING, **problems(401)},
    )
    def post(self, request: Request) -> Response:
        """Sign in by a password."""
        asked = DonorPasswordSignInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        secret = donor_password_sign_in(
            **asked.validated_data, address=client_address(request.META)
        )
        return signed_in(secret)


class DonorSignOutView(APIView):
    """A donor ends the session of this browser."""

    authentication_classes = (DonorSignedIn,)
    permission_classes = (IsDonor,)

    @extend_schema(operation_id="donor_sign_out", request=None, responses=_NOTHING)
    def post(self, request: Request) -> Response:
        """Sign out."""
        donor_session_end(session_of(request))
        response = Response(status=204)
        session_cookie_clear(response)
        return response


class DonorPasswordView(APIView):
    """A donor chooses a password."""

    authentication_classes = (DonorSignedIn,)
    permission_classes = (IsDonor,)

    @extend_schema(
        operation_id="donor_password", request=DonorPasswordSerializer, responses=_NOTHING
    )
    def post(self, request: Request) -> Response:
        """Set it, or take it away; other browsers are signed out."""
        asked = DonorPasswordSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        donor_password_set(session=session_of(request), **asked.validated_data)
        return Response(status=204)


class EmailChangeView(APIView):
    """A donor asks for another address."""

    authentication_classes = (DonorSignedIn,)
    permission_classes = (IsDonor,)

    @extend_schema(
        operation_id="donor_email_change", request=DonorLinkAskSerializer, responses=_NOTHING
    )
    def post(self, request: Request) -> Response:
        """Ask both addresses; nothing changes until both have said yes."""
        asked = DonorLinkAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        email_change_ask(
            email_key=session_of(request).email_key,
            email=asked.validated_data["email"],
            address=client_address(request.META),
        )
        return Response(status=204)


class EmailAnswerView(APIView):
    """Whoever has the link of one of both addresses."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="donor_email_answer",
        auth=[],
        request=EmailAnswerSerializer,
        responses={200: EmailAnsweredSerializer, **problems(404, 409)},
    )
    def post(self, request: Request) -> Response:
        """Yes or no."""
        asked = EmailAnswerSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        change = email_change_answer(**asked.validated_data)
        state = "done" if change.done_at else "refused" if change.refused_at else "waiting"
        return Response(EmailAnsweredSerializer({"state": state}).data)


def signed_in(secret: str) -> Response:
    """The browser is let in."""
    response = Response(status=204)
    response["Cache-Control"] = "no-store"
    session_cookie_set(response, secret)
    return response
