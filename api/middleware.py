"""Around every request: an id for the logs, who asks, how often they may, and safe headers."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from api.services.api_clients import TOKEN_BEGINS, api_client_find
from api.services.client_addresses import client_address
from api.services.sessions import Tokens, session_find, session_renew
from api.views.session_cookies import REFRESH_COOKIE, cookies_set
from api.views.webhooks import WEBHOOK_PATHS, webhook

log = structlog.get_logger()
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class WebhookMiddleware:
    """Leads Stripe's deliveries straight to their view.

    They need no session, no user, no form token and no headers of pages, and on an appeal's night
    there are more of them than of anything else. The view is the one that the routes name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The view's answer, or the rest of the way."""
        if request.path_info in WEBHOOK_PATHS:
            response = webhook(request)
            response["Content-Length"] = str(len(response.content))
            return response
        return self.get_response(request)


class RequestIdMiddleware:
    """Takes X-Request-ID from the proxy when it is well formed, else makes one, and logs the access.

    A response that says `is_on_record` is kept elsewhere in full, and its line is for debugging only.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the id in the response and in every log line between."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        spent = round((time.perf_counter() - began) * 1000, 1)
        # The path alone: a query may carry personal data, and a stop link is itself a key.
        path = request.path if not request.path.startswith("/giving/") else "/giving/***"
        tell = log.debug if getattr(response, "is_on_record", False) else log.info
        tell("request", method=request.method, path=path, status=response.status_code, ms=spent)
        return response


class SignInMiddleware(AuthenticationMiddleware):
    """Takes the place of Django's, which reads its session. Says who asks: by `Authorization: Bearer`, else by the cookies of a sign-in.

    `request.user` is a member of staff, the account of an API client, or nobody.
    `request.staff_session` is their session, `request.signed_in_by` is "bearer", "cookie" or "".
    A browser whose access cookie is over gets new ones on the way, so that nobody is thrown out of
    a form half filled in.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The rest of the way, with who asks known to it."""
        request.user = AnonymousUser()
        request.staff_session = None  # type: ignore[attr-defined]
        request.signed_in_by = ""  # type: ignore[attr-defined]
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            _by_bearer(request, token.strip())
            return self.get_response(request)
        tokens = _by_cookies(request)
        response = self.get_response(request)
        if tokens and settings.JWT_COOKIE_NAME not in response.cookies:
            cookies_set(request, response, tokens)
        return response


def _by_bearer(request: Any, token: str) -> None:
    """A browser can't be made to send this header by another site: no form token is needed."""
    request.signed_in_by = "bearer"
    request._dont_enforce_csrf_checks = True
    if token.startswith(TOKEN_BEGINS):
        client = api_client_find(token)
        request.user = client or request.user
        return
    session = session_find(token, address=client_address(request.META))
    if session:
        request.staff_session, request.user = session, session.user


def _by_cookies(request: Any) -> Tokens | None:
    """Who the cookies say, and new tokens when the old ones were renewed."""
    access = request.COOKIES.get(settings.JWT_COOKIE_NAME, "")
    refresh = request.COOKIES.get(REFRESH_COOKIE, "")
    if not access and not refresh:
        return None
    tokens = None
    address = client_address(request.META)
    session = session_find(access, address=address) if access else None
    if session is None and refresh:
        tokens = session_renew(refresh, address=address)
        session = tokens.session if tokens else None
    if session:
        request.staff_session, request.user, request.signed_in_by = session, session.user, "cookie"
    return tokens
