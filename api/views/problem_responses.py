"""Problems of the API: which an operation may answer with, for OpenAPI, and those before any view."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse

from api.errors import PROBLEM_TYPE, DomaapError, NotFound, ServerFault, problem_body
from api.serializers.problems import ProblemSerializer


def problems(*statuses: int) -> dict[Any, Any]:
    """`responses=` of `extend_schema` for these statuses, as problem details.

    What the framework answers by itself is added by `ProblemAutoSchema`: name only your own.
    """
    return {(status, PROBLEM_TYPE): OpenApiResponse(ProblemSerializer) for status in statuses}


_LIMIT_HEADERS = {
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Policy": {
        "description": 'What is allowed, with every answer: `"staff";q=600;w=60` is 600 in 60 seconds.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left, with every answer: `"staff";r=599;t=12`, for 12 more seconds.',
        "schema": {"type": "string"},
    },
}


class ProblemAutoSchema(AutoSchema):
    """Adds to each operation the problems that it can answer with whatever its view does."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        """All answers: the view's own, then those of limits, sign-in, body and address."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._by_framework():
            if status not in bodies:
                bodies[status] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    ProblemSerializer, status, media_types=[PROBLEM_TYPE]
                )
        bodies["429"]["headers"] = _LIMIT_HEADERS
        return dict(sorted(bodies.items()))

    def _by_framework(self) -> list[str]:
        has_body = self.method in ("POST", "PUT", "PATCH")
        needs_sign_in = bool(self.view.get_authenticators())
        has_arguments = "{" in self.path
        return [
            *(["400", "413", "415"] if has_body else []),
            *(["401", "403"] if needs_sign_in else []),
            *(["404"] if has_arguments else []),
            "429",
            "503",
        ]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 before any view: problem details at the API, a page elsewhere."""
    if request.path.startswith("/api/"):
        return _problem(DomaapError("The request is not understood."))
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: problem details at the API, a page elsewhere."""
    if request.path.startswith("/api/"):
        return _problem(NotFound())
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: problem details at the API, a page elsewhere; what happened is in the log."""
    if request.path.startswith("/api/"):
        return _problem(ServerFault())
    return defaults.server_error(request)


def _problem(error: DomaapError) -> HttpResponse:
    return JsonResponse(problem_body(error), status=error.status, content_type=PROBLEM_TYPE)
