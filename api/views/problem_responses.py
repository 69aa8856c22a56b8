"""Which problems an operation of the API may answer with, for OpenAPI."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse

from api.errors import PROBLEM_TYPE
from api.serializers.problems import ProblemSerializer

# What any operation answers by the framework or the middleware, whatever it does.
EVERYWHERE = (429,)


def problems(*statuses: int) -> dict[Any, Any]:
    """`responses=` of `extend_schema` for these statuses, as problem details."""
    return {
        (status, PROBLEM_TYPE): OpenApiResponse(ProblemSerializer)
        for status in sorted({*statuses, *EVERYWHERE})
    }
