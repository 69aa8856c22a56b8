"""Who may call a view: each names the rights that it asks for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.exceptions import PermissionDenied as CsrfRefused
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from api.errors import ProofNeeded
from api.models import Right, User
from api.services.sessions import session_is_proved

Page = Callable[..., HttpResponseBase]


def staff_page(*rights: Right) -> Callable[[Page], Page]:
    """A page of staff: who is not signed in is sent to sign in, who lacks a right is refused."""

    def decorate(view: Page) -> Page:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user: Any = request.user
            if not user.is_authenticated or not user.is_staff:
                return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
            if not all(user.has_right(right) for right in rights):
                raise PermissionDenied
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return guarded

    return decorate


def staff_context(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """What a page within the frame of staff needs (`{% extends "staff/frame.html" %}`).

    The frame finds out by itself who asks, so that pages within Django's admin have it too.
    """
    return {"title": title, **more}


def actor(request: HttpRequest) -> User:
    """The member of staff who asks, behind `staff_page`."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class IsPerson(BasePermission):
    """Anybody of staff, by a session of their own: no program."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether a session signed the request in."""
        return getattr(request._request, "staff_session", None) is not None


class SignedIn(BaseAuthentication):
    """The API's way to know who asks: the middleware has found out. Cookies need a form token too."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """The person or program; None for nobody. Raises 401 for a token that opens nothing."""
        inner: Any = request._request
        user, way = inner.user, getattr(inner, "signed_in_by", "")
        if not user.is_authenticated:
            if way == "bearer":
                raise AuthenticationFailed("This token opens nothing: it is over, or not ours.")
            return None
        if way == "cookie":
            csrf_enforce(inner)
        return user, None

    def authenticate_header(self, request: Request) -> str:
        """What a client may sign in with."""
        return 'Bearer realm="domaap"'


class SignedInSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How OpenAPI tells of it."""

    target_class = "api.views.access.SignedIn"
    name = ["bearer", "cookie"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Either will do."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """A token in the header, or the browser's cookie."""
        return [
            {"type": "http", "scheme": "bearer", "description": "An access token or API token."},
            {
                "type": "apiKey",
                "in": "cookie",
                "name": settings.JWT_COOKIE_NAME,
                "description": "A browser's sign-in. What changes something needs the header "
                "`X-CSRFToken` too, with the value of the cookie `csrftoken`.",
            },
        ]


def csrf_enforce(request: HttpRequest) -> None:
    """Another site can have a browser send its cookies, but not the header with the form token."""
    check = CSRFCheck(lambda _: HttpResponse())
    check.process_request(request)
    if reason := check.process_view(request, lambda: HttpResponse(), (), {}):
        raise CsrfRefused(f"The form token is missing or wrong ({reason}).")


class HasRight(BasePermission):
    """The API's gate: the view names its `rights` per method, `{"GET": Right.DONORS_VIEW}`; of several, all."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether who asks has the right of this method; one that the view has not gets its 405."""
        asks: Any = request.user
        if not getattr(asks, "is_authenticated", False):
            return False
        if request.method not in view.allowed_methods:
            return True
        method = "GET" if request.method in ("HEAD", "OPTIONS") else request.method
        named = view.rights.get(method, ())
        rights = (named,) if isinstance(named, Right) else named
        return bool(rights) and all(asks.has_right(right) for right in rights)


class IsProved(BasePermission):
    """For what opens doors to others: after `IsPerson`, password and second factor given lately."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether it was lately, or nothing is changed. Raises ProofNeeded."""
        changes = request.method not in SAFE_METHODS and request.method in view.allowed_methods
        session: Any = getattr(request._request, "staff_session", None)
        if changes and not session_is_proved(session):
            raise ProofNeeded
        return True
