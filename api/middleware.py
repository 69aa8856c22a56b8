"""Around every request: an id that follows it into the logs, and one line saying how it went."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

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
        if getattr(response, "is_on_record", False):
            return response
        spent = round((time.perf_counter() - began) * 1000, 1)
        # The path alone: a query may carry personal data, and a stop link is itself a key.
        path = request.path if not request.path.startswith("/giving/") else "/giving/***"
        log.info("request", method=request.method, path=path, status=response.status_code, ms=spent)
        return response
