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
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.common import CommonMiddleware
from django.middleware.csp import ContentSecurityPolicyMiddleware

from api.counters import count, observe
from api.errors import PROBLEM_TYPE, TooManyRequests, problem_body
from api.logs import KEY_LINKS
from api.services.api_clients import TOKEN_BEGINS, api_client_find
from api.services.client_addresses import client_address, is_own_machine
from api.services.rate_limits import WINDOW_SECONDS, Taken, request_take
from api.services.sessions import LEEWAY_OF_BROWSERS, session_find, session_renew
from api.views.session_cookies import REFRESH_COOKIE, cookies_set
from api.views.webhooks import is_webhook, webhook

log = structlog.get_logger()
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_PARTS = (
    ("/api/staff/", "staff"),
    ("/api/auth/", "sign-in"),
    ("/api/", "giving"),
    ("/admin/", "staff"),
    ("/giving/", "giving"),
    ("/health/", "health"),
    ("/metrics", "health"),
    ("/static/", "static"),
)


class WebhookMiddleware:
    """Leads Stripe's deliveries straight to their view.

    They need no session, no user, no form token and no headers of pages, and on an appeal's night
    there are more of them than of anything else. The view is the one that the routes name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The view's answer, or the rest of the way."""
        if is_webhook(request.path_info):
            response = webhook(request)
            response["Content-Length"] = str(len(response.content))
            return response
        return self.get_response(request)


class PlainTextMiddleware:
    """No address holds a NUL: PostgreSQL keeps no such texts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The rest of the way; 404 for an address that nothing can have."""
        is_list = request.path_info.startswith(
            "/admin/api/"
        )  # Django's own ask for what they are told.
        if "\x00" in request.path_info or (is_list and "%00" in request.META["QUERY_STRING"]):
            raise Http404("There is no such address.")
        return self.get_response(request)


class RequestIdMiddleware:
    """Takes X-Request-ID from the proxy when it is well formed, else makes one, and logs the access.

    A response that says `is_on_record` is told of elsewhere in full, and needs no line.
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
        seconds = time.perf_counter() - began
        part = part_of(request.path_info)
        count("domaap_requests", part=part, kind=f"{response.status_code // 100}xx")
        observe("domaap_request_seconds", seconds, part=part)
        if getattr(response, "is_on_record", False):
            return response
        spent = round(seconds * 1000, 1)
        # The path alone: a query may carry personal data.
        path = path_told(request.path)
        log.info("request", method=request.method, path=path, status=response.status_code, ms=spent)
        return response


def part_of(path: str) -> str:
    """Which part of the product an address belongs to; few, for each is a series of Prometheus."""
    if is_webhook(path):
        return "webhooks"
    return next((part for begins, part in _PARTS if path.startswith(begins)), "other")


def path_told(path: str) -> str:
    """A path as the log may tell it: some links are themselves keys."""
    secret = next((begin for begin in KEY_LINKS if path.startswith(begin)), "")
    return f"{secret}***" if secret else path


class SignInMiddleware(AuthenticationMiddleware):
    """Says who asks: by `Authorization: Bearer`, else by the cookies of a sign-in.

    It takes the place of Django's, which reads its own session. `request.user` is a member of
    staff, the account of an API client, or nobody. `request.staff_session` is their session,
    `request.signed_in_by` is "bearer", "cookie" or "". A browser whose access cookie is over gets
    new ones on the way, so that nobody is thrown out of a form half filled in.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Find out who asks."""
        inner: Any = request
        inner.user, inner.staff_session, inner.signed_in_by = AnonymousUser(), None, ""
        inner.new_tokens = None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            _by_bearer(inner, token.strip())
        else:
            _by_cookies(inner)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Hand out what was renewed, unless the view signed in or out. Who signed in leaves no copies behind."""
        if getattr(request, "signed_in_by", ""):
            response.headers.setdefault("Cache-Control", "no-store")
        tokens = getattr(request, "new_tokens", None)
        if tokens and settings.JWT_COOKIE_NAME not in response.cookies:
            cookies_set(request, response, tokens)
        return response


class SlashMiddleware(CommonMiddleware):
    """Leads to the address with its last slash, unless something was sent: on the way that would be lost."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """What a program sends to an address that is not there is answered so."""
        is_sent = request.path_info.startswith("/api/") and request.method not in ("GET", "HEAD")
        return not is_sent and super().should_redirect_with_slash(request)


class RateLimitMiddleware:
    """Holds everybody at the API to so many requests a minute, and tells them how many are left.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ names the headers.
    Stripe's deliveries never come here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The view's answer, or 429 as problem details."""
        limit = _limit_of(request)
        if limit is None:
            return self.get_response(request)
        taken = request_take(*limit)
        response = self.get_response(request) if taken.is_allowed else _too_many(taken)
        response["RateLimit-Policy"] = f'"{taken.policy}";q={taken.quota};w={WINDOW_SECONDS}'
        response["RateLimit"] = f'"{taken.policy}";r={taken.left};t={taken.seconds_left}'
        return response


class PolicyMiddleware(ContentSecurityPolicyMiddleware):
    """What a page may load and run: the least for everybody, a little more behind the sign-in.

    And nobody on the way keeps an answer, unless its view says how.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """The response with its policies."""
        response.headers.setdefault("Cache-Control", "no-store")
        inner: Any = response
        user: Any = getattr(request, "user", None)
        if user and user.is_authenticated and request.path_info.startswith("/admin/"):
            inner._csp_config = getattr(inner, "_csp_config", settings.STAFF_CSP)
        return super().process_response(request, response)


def _limit_of(request: HttpRequest) -> tuple[str, str] | None:
    """Under which policy a request counts, and for whom; None where nothing is limited."""
    path = request.path_info
    if not path.startswith("/api/"):
        return None
    if request.user.is_authenticated:
        return "staff", str(request.user.pk)
    address = client_address(request.META)
    if path.startswith("/api/auth/"):
        return "sign-in", str(address)
    if path.startswith("/api/staff/"):
        return "stranger", str(address)
    return ("own", "machine") if is_own_machine(address) else ("giving", str(address))


def _too_many(taken: Taken) -> HttpResponse:
    body = problem_body(TooManyRequests())
    response = JsonResponse(body, status=429, content_type=PROBLEM_TYPE)
    response["Retry-After"] = str(taken.seconds_left)
    return response


def _by_bearer(request: Any, token: str) -> None:
    """A browser can't be made to send this header by another site: no form token is needed."""
    request.signed_in_by = "bearer"
    if token.startswith(TOKEN_BEGINS):
        request.user = api_client_find(token) or request.user
    elif session := session_find(token, address=client_address(request.META)):
        request.staff_session, request.user = session, session.user
    request._dont_enforce_csrf_checks = request.user.is_authenticated


def _by_cookies(request: Any) -> None:
    """Who the cookies say; tokens that are over are renewed."""
    access = request.COOKIES.get(settings.JWT_COOKIE_NAME, "")
    refresh = request.COOKIES.get(REFRESH_COOKIE, "")
    if not access and not refresh:
        return
    address = client_address(request.META)
    session = session_find(access, address=address) if access else None
    if session is None and refresh:
        tokens = session_renew(refresh, address=address, leeway=LEEWAY_OF_BROWSERS)
        request.new_tokens, session = tokens, tokens.session if tokens else None
    if session:
        request.staff_session, request.user, request.signed_in_by = session, session.user, "cookie"
