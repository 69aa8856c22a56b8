"""The tables of staff for programs: the same rows, filters and rights as the pages."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import NotFound
from api.models import Right
from api.serializers.problems import ProblemSerializer
from api.serializers.tables import page_serializer, row_json, row_serializer
from api.services.tables import TABLES
from api.services.tables.pages import LIMIT, LIMIT_MOST, page_read, rows_read
from api.services.tables.questions import TableRefused, question_read
from api.services.tables.spec import Table
from api.views.access import HasRight

PROBLEM = "application/problem+json"
_CODES = {400: "A value that is not accepted", 401: "Not signed in", 403: "Not allowed"}


class TableRows(APIView):
    """A page of a table. The addresses of the pages around keep filters and order."""

    permission_classes = (HasRight,)
    table: Table
    rights: dict[str, Right]

    def get(self, request: Request) -> Response:
        """Rows, where to go on, and about how many there are."""
        given = {name: request.query_params.getlist(name) for name in request.query_params}
        rights = _rights(request)
        question = question_read(self.table, given, rights, others=("cursor", "limit"))
        if not any(given.get("columns", ())):
            question = question.with_columns(self.table.columns_of(rights))
        limit = _limit(given.get("limit", [""])[-1])
        page = page_read(question, cursor=given.get("cursor", [""])[-1], limit=limit)
        return Response(
            {
                "results": [row_json(question.columns, row) for row in page.rows],
                "next": _address(request, page.next),
                "previous": _address(request, page.previous),
                "estimate": {"count": page.estimate.count, "is_exact": page.estimate.is_exact},
            }
        )


class TableRow(APIView):
    """One row of a table, by its public reference where it has one, else by its id."""

    permission_classes = (HasRight,)
    table: Table
    rights: dict[str, Right]

    def get(self, request: Request, key: str) -> Response:
        """All columns that the asker may see."""
        columns = self.table.columns_of(_rights(request))
        rows = rows_read(self.table, columns, _keys(self.table, key))
        if not rows:
            raise NotFound
        return Response(row_json(columns, rows[0]))


def _keys(table: Table, key: str) -> list[int]:
    model = table.model._default_manager
    if table.lookup == "reference" and "\x00" not in key:
        found = list(model.filter(reference=key).values_list("pk", flat=True))
        if found:
            return found
    return [int(key)] if key.isascii() and key.isdecimal() and len(key) < 19 else []


def _rights(request: Request) -> frozenset[Right]:
    asks: Any = request.user
    return frozenset(right for right in Right if asks.has_right(right))


def _limit(text: str) -> int:
    if not text:
        return LIMIT
    limit = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    if not 1 <= limit <= LIMIT_MOST:
        sentence = f"A number from 1 to {LIMIT_MOST}."
        raise TableRefused(f"limit: {sentence}", limit=sentence)
    return limit


def _address(request: Request, cursor: str) -> str | None:
    if not cursor:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _parameters(table: Table) -> list[OpenApiParameter]:
    orders = ", ".join(f"`{one.name}`" for one in table.orders)
    columns = ", ".join(f"`{one.name}`" for one in table.columns)
    told = {
        "q": f"A search: {table.search_hint}.",
        "order": f"One of {orders}; with a `-` before it, the other way round.",
        "columns": f"Only these, with commas between: {columns}.",
        "cursor": "A place, from `next` or `previous` of another page.",
        "limit": f"Rows on a page, 1 to {LIMIT_MOST}; {LIMIT} unless asked otherwise.",
    }
    for one in table.filters:
        told |= {name: f"{one.label}: {words}" for name, words in one.accepts().items()}
    return [OpenApiParameter(name, str, description=words) for name, words in told.items()]


def _responses(good: Any, *codes: int) -> dict[Any, Any]:
    problems = {(code, PROBLEM): OpenApiResponse(ProblemSerializer, _WORDS[code]) for code in codes}
    return {(200, "application/json"): good, **problems}


_WORDS = {**_CODES, 404: "Not there", 503: "It takes too long"}


def rows_view(noun: str) -> Any:
    """The view of a noun's pages."""
    table = TABLES[noun]
    described = extend_schema(
        operation_id=f"staff_{noun}_list",
        summary=f"{table.label}, page by page",
        parameters=_parameters(table),
        responses=_responses(page_serializer(table), 400, 401, 403, 503),
    )
    return _view(TableRows, table, described)


def row_view(noun: str) -> Any:
    """The view of one row of a noun."""
    table = TABLES[noun]
    described = extend_schema(
        operation_id=f"staff_{noun}_read",
        summary=f"One {table.one}",
        responses=_responses(row_serializer(table), 401, 403, 404),
    )
    return _view(TableRow, table, described)


def _view(base: type[APIView], table: Table, described: Any) -> Any:
    rights = {"GET": table.right}
    get = described(_copied(base))
    made = type(
        f"{table.noun.title()}{base.__name__}",
        (base,),
        {"__doc__": base.__doc__, "table": table, "rights": rights, "get": get},
    )
    return made.as_view()  # type: ignore[attr-defined]


def _copied(base: Any) -> Any:
    """The method anew, since a description is kept on it."""
    method = base.get

    def get(self: Any, request: Request, **kwargs: str) -> Response:
        answer: Response = method(self, request, **kwargs)
        return answer

    get.__doc__ = method.__doc__
    return get
