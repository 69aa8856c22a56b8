"""Who may call the donor's own pages: a donor who signed in, or the holder of a link to one plan."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.errors import NotFound
from api.models import DonorSession, Subscription
from api.services.donor_pages import donor_plan_find
from api.services.donor_sign_ins import OVER, SESSION_LIFE, donor_session_find
from api.services.plan_links import ALLOWED, GivingLink, giving_link_read
from api.views.access import csrf_enforce

# Own names: no cookie of staff opens a donor's page, and no cookie of a donor a page of staff.
SESSION_COOKIE = "domaap_donor"
BROWSER_COOKIE = "domaap_donor_browser"
LINK_HEADER = "Giving-Link"


@dataclass(frozen=True)
class DonorCaller:
    """Who asks: the donors of an address, or nobody but whoever holds a link."""

    email_key: str = ""
    session: DonorSession | None = None
    link: GivingLink | None = None
    is_authenticated: bool = True


class DonorSignedIn(BaseAuthentication):
    """By the cookie of a donor's sign-in. What changes something needs the form token, too."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """The donor, or None."""
        inner: Any = request._request
        session = donor_session_find(inner.COOKIES.get(SESSION_COOKIE, ""))
        if session is None:
            return None
        csrf_enforce(inner)
        return DonorCaller(session.email_key, session), None

    def authenticate_header(self, request: Request) -> str:
        """How to sign in."""
        return 'Cookie realm="my-giving"'


class DonorOrLink(DonorSignedIn):
    """A link's holder, else a donor. Other sites can't send the header: it needs no form token."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """Who asks. A link that is over tells nothing but that."""
        token = request.headers.get(LINK_HEADER)
        if token is None:
            return super().authenticate(request)
        return DonorCaller(link=giving_link_read(token)), None


class DonorSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How OpenAPI tells of a donor's sign-in."""

    target_class = "api.views.donor_access.DonorSignedIn"
    name = "donor"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The cookie."""
        return {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE}


class DonorOrLinkSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How OpenAPI tells of a link that opens one plan; who is signed in needs none."""

    target_class = "api.views.donor_access.DonorOrLink"
    name = ["donor_link", "donor"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Either will do."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """The header, or the cookie."""
        cookie = {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE}
        return [{"type": "apiKey", "in": "header", "name": LINK_HEADER}, cookie]


class IsDonor(BasePermission):
    """A donor who signed in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether a session stands behind it."""
        return isinstance(request.user, DonorCaller) and request.user.session is not None


class IsDonorOrLink(BasePermission):
    """A donor, or whoever holds a link to the plan."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether it is either."""
        return isinstance(request.user, DonorCaller)


def donor_of(request: Request) -> DonorCaller:
    """Who asks, behind IsDonor or IsDonorOrLink."""
    asks: Any = request.user
    if not isinstance(asks, DonorCaller):
        raise NotFound
    return asks


def session_of(request: Request) -> DonorSession:
    """The session, behind IsDonor."""
    session = donor_of(request).session
    if session is None:
        raise NotFound
    return session


def plan_of(request: Request, reference: str, *deeds: str) -> Subscription:
    """The plan that is asked for, if it is the caller's and one of the deeds is. Raises NotFound alike."""
    caller = donor_of(request)
    if caller.link is None:
        return donor_plan_find(caller.email_key, reference)
    allowed = ALLOWED[caller.link.purpose]
    if caller.link.plan.reference != reference or (deeds and not allowed & set(deeds)):
        raise NotFound(OVER)
    return caller.link.plan


def session_cookie_set(response: HttpResponse, secret: str) -> None:
    """Let the browser in until the session ends."""
    _set(response, SESSION_COOKIE, secret, int(SESSION_LIFE.total_seconds()))


def session_cookie_clear(response: HttpResponse) -> None:
    """Let it go."""
    response.delete_cookie(SESSION_COOKIE, samesite="Lax")


def browser_cookie_set(response: HttpResponse, secret: str) -> None:
    """Know the browser again that asks for a link."""
    _set(response, BROWSER_COOKIE, secret, 3600)


def browser_of(request: HttpRequest | Request) -> str:
    """The mark of the browser; empty when it never asked."""
    return str(request.COOKIES.get(BROWSER_COOKIE, ""))


def _set(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        secure=settings.SITE_URL.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )
