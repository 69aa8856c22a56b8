"""One page of a table: found by its place in the order, never by counting rows from the beginning."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, transaction
from psycopg.errors import QueryCanceled

from api.errors import DomaapError
from api.services.replicas import reading, replica_reads
from api.services.tables.cursors import Place, RowCompare, cursor_read, cursor_write
from api.services.tables.estimates import Estimate, rows_estimate
from api.services.tables.questions import Question, TableRefused
from api.services.tables.spec import Column, Table

LIMIT = 50
LIMIT_MOST = 200
SECONDS_MOST = 15
Row = Mapping[str, Any]


class TableTooSlow(DomaapError):
    """No index leads to these rows in time."""

    code = "too_slow"
    status = 503
    title = "This takes too long"
    detail = "These filters together take too long. Remove one, or choose a shorter span of days."


@dataclass(frozen=True)
class Page:
    """Rows by the names of columns and keys, and the cursors of the pages around; "" where none is."""

    rows: Sequence[Row]
    next: str
    previous: str
    last: str
    estimate: Estimate


@replica_reads
def page_read(question: Question, *, cursor: str = "", limit: int = LIMIT) -> Page:
    """The page at a cursor. As many queries for many rows as for one. Raises TableRefused."""
    with _impatiently():
        return _page(question, cursor, limit)


def _page(question: Question, cursor: str, limit: int) -> Page:
    place = _place(question, cursor)
    is_back = bool(place and place.is_back)
    found = [] if question.is_nothing else _keys(question, place, limit + 1)
    is_more = len(found) > limit
    found = found[:limit]
    if is_back:
        found.reverse()
    has_next = bool(found) if is_back and place and place.values else is_more and not is_back
    has_previous = is_more if is_back else bool(place)
    estimate = _estimate(question, len(found), is_whole=not has_next and not has_previous)
    return Page(
        rows=rows_read(question.table, question.columns, [values[-1] for values in found]),
        next=_cursor(question, found[-1], is_back=False) if has_next else "",
        previous=_cursor(question, found[0] if found else (), is_back=True) if has_previous else "",
        last=_cursor(question, (), is_back=True) if has_next else "",
        estimate=estimate,
    )


@contextmanager
def _impatiently() -> Iterator[None]:
    """For the first rows of many: no parallel workers, who read far beyond them, no fear of reading
    here and there, since what is looked at often is in memory; and an end to what takes too long.
    """
    try:
        with transaction.atomic(using=reading().alias), reading().cursor() as cursor:
            cursor.execute(
                "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL random_page_cost = 1.1;"
                f" SET LOCAL statement_timeout = '{SECONDS_MOST}s'"
            )
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TableTooSlow from error
        raise


def rows_read(table: Table, columns: Sequence[Column], keys: Sequence[Any]) -> list[Row]:
    """The rows of these keys in their order, by the names of columns and keys. One query."""
    sources = {"pk": "pk", **table.keys, **{one.name: one.path for one in columns}}
    distinct = list(dict.fromkeys(sources.values()))
    rows = table.model._default_manager.alias(**table.aliases).filter(pk__in=keys).order_by()
    by_key = {}
    for values in rows.values_list(*distinct):
        told = dict(zip(distinct, values, strict=True))
        by_key[told["pk"]] = {name: told[source] for name, source in sources.items()}
    return [by_key[key] for key in keys if key in by_key]


def _place(question: Question, cursor: str) -> Place | None:
    if not cursor:
        return None
    try:
        return cursor_read(cursor, f"{question.table.noun} {question.ordered}")
    except ValueError as error:
        sentence = "Not a place in this table in this order. Begin at the first page."
        raise TableRefused(sentence, cursor=sentence) from error


def _cursor(question: Question, values: tuple[Any, ...], *, is_back: bool) -> str:
    return cursor_write(Place(is_back, values), f"{question.table.noun} {question.ordered}")


def _keys(question: Question, place: Place | None, limit: int) -> list[tuple[Any, ...]]:
    """What the order compares, of the next rows beyond the place; the key last."""
    is_back = bool(place and place.is_back)
    rows = question.ordered_rows(is_back=is_back)
    if place and place.values:
        is_less = question.is_descending != is_back
        rows = rows.filter(RowCompare(question.order.expressions, place.values, is_less=is_less))
    return list(rows.values_list(*question.order.expressions)[:limit])


def _estimate(question: Question, count: int, *, is_whole: bool) -> Estimate:
    if is_whole:
        return Estimate(count, is_exact=True)
    if question.found and question.found.is_common:  # to count further takes longer than the page
        return Estimate(count, is_exact=False, is_more=True)
    return rows_estimate(question.rows())
