"""The tables of staff: donors, donations and all that belongs to them, as pages and as files."""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from api.errors import DomaapError
from api.models import Right, SavedView, User
from api.services.report_runs import TooManyRuns, run_start
from api.services.saved_views import saved_views_of
from api.services.tables import TABLES
from api.services.tables.actions import actions_of
from api.services.tables.exports import (
    ROWS_AT_ONCE,
    is_long,
    table_csv,
    table_file_name,
    table_xlsx,
)
from api.services.tables.pages import Page, TableTooSlow, page_read
from api.services.tables.questions import (
    PAGE_NAMES,
    Question,
    TableRefused,
    given_as_shown,
    question_read,
)
from api.services.tables.spec import Table
from api.views.access import actor, staff_context, staff_page
from api.views.staff.table_cells import pairs, query_with, query_without, rows_html
from api.views.staff.table_panel import columns_html, panel_html

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Pairs = Sequence[tuple[str, str]]


def table_view(noun: str) -> Callable[..., HttpResponseBase]:
    """The page of one table, for who has its right."""
    table = TABLES[noun]

    @staff_page(table.right)
    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        return _page(request, table)

    return page


def export_view(noun: str, form: str) -> Callable[..., HttpResponseBase]:
    """The same rows as a file, for who may take tables away."""
    table = TABLES[noun]

    @staff_page(table.right, Right.EXPORTS_MAKE)
    @require_safe
    def export(request: HttpRequest) -> HttpResponseBase:
        return _export(request, table, form)

    return export


def given_of(query: Any) -> dict[str, list[str]]:
    """What an address or a form asks, as the engine takes it."""
    return {name: query.getlist(name) for name in query}


def asked(request: HttpRequest, table: Table, given: Mapping[str, Sequence[str]]) -> Question:
    """The question of a page. Raises TableRefused."""
    return question_read(table, given, actor(request).rights, others=PAGE_NAMES)


def _page(request: HttpRequest, table: Table) -> HttpResponse:
    person, given = actor(request), given_of(request.GET)
    views = saved_views_of([table.noun], owner=person)
    if not given and (view := _first_view(views, person)):
        return redirect(f"{request.path}?{view_query(view.query, view.pk)}")
    if any(not value for values in given.values() for value in values):
        left = list(pairs(given))
        return redirect(f"{request.path}?{urlencode(left or [('all', 'yes')])}")
    left_out: list[str] = []
    if "view" in given:
        given, left_out = given_as_shown(table, given, person.rights)
    query = list(pairs(given))
    context = _form(table, query, person) | {"left_out": ", ".join(left_out)}
    try:
        question = asked(request, table, given)
        page = page_read(question, cursor=request.GET.get("cursor", ""))
    except (TableRefused, TableTooSlow) as error:
        return _refused(request, table, context, error)
    context |= _shown(question, page, query, person)
    context |= _around(question, page, query, person, views)
    return render(request, "staff/table.html", staff_context(request, table.label, **context))


def _first_view(views: Iterable[SavedView], person: User) -> SavedView | None:
    """What the person sees first in a table, when they chose something."""
    return next((one for one in views if one.is_default and one.owner_id == person.pk), None)


def _form(table: Table, query: Pairs, person: User) -> dict[str, Any]:
    """The search box and the panel, with what was written into them, be it right or wrong."""
    return {
        "table": table,
        "show_all": "?all=yes",
        "text": dict(query).get("q", ""),
        "panel": panel_html(table.filters_of(person.rights), query),
        "hidden": [(n, v) for n, v in query if n in ("order", "columns") or _is_hidden(table, n)],
    }


def _refused(
    request: HttpRequest, table: Table, context: dict[str, Any], error: DomaapError
) -> HttpResponse:
    """The page that says what is not accepted, and what is."""
    fields = error.fields or {error.title: [error.detail]}
    labels = {"q": "Search", "columns": "Columns", "order": "Order"}
    labels |= {name: one.label for one in table.filters for name in one.names}
    faults = {labels.get(name, name): " ".join(told) for name, told in fields.items()}
    framed = staff_context(request, table.label, **context, faults=faults)
    return render(request, "staff/table.html", framed, status=error.status)


def view_query(query: str, key: int) -> str:
    """The address of a saved view."""
    return f"{query}&view={key}" if query else f"view={key}"


def _shown(question: Question, page: Page, query: Pairs, person: User) -> dict[str, Any]:
    """What the table itself needs: headings, rows, and the ways to the pages around."""
    table, actions = question.table, actions_of(question.table, person)
    box = "pk" if actions else ""
    return {
        "headings": [
            _heading(question, column.name, column.label, query) for column in question.columns
        ],
        "numbers": [column.kind in ("money", "integer") for column in question.columns],
        "rows": rows_html(table, question.columns, page.rows, checkbox=box),
        "estimate": page.estimate,
        "note": question.note,
        "actions": actions,
        "action_fields": list(dict.fromkeys(one for action in actions for one in action.fields)),
        "first": f"?{query_with(query) or 'all=yes'}" if page.previous else "",
        "previous": _at(query, page.previous),
        "next": _at(query, page.next),
        "last": _at(query, page.last),
    }


def _at(query: Pairs, cursor: str) -> str:
    return f"?{query_with(query, cursor=cursor)}" if cursor else ""


def _heading(question: Question, name: str, label: str, query: Pairs) -> dict[str, Any]:
    """A heading; a link where an order goes by its column."""
    order = next(
        (one for one in question.table.orders_of(question.rights) if one.name == name), None
    )
    column = next(one for one in question.columns if one.name == name)
    heading = {"label": label, "is_number": column.kind in ("money", "integer")}
    if order is None:
        return heading
    is_this = question.order.name == name
    is_down = not question.is_descending if is_this else order.is_descending
    sorted_by = ("descending" if question.is_descending else "ascending") if is_this else "none"
    address = query_with(query, order=f"-{name}" if is_down else name)
    return {**heading, "url": f"?{address}", "sorted": sorted_by}


def _around(
    question: Question, page: Page, query: Pairs, person: User, views: Iterable[SavedView]
) -> dict[str, Any]:
    """What stands around the table: the panel, what is filtered, columns, views, files."""
    table = question.table
    own = query_without(query, "cursor", "view", "all")
    may_export = person.has_right(Right.EXPORTS_MAKE)
    chosen = {column.name for column in question.columns}
    return {
        "kept": [(n, v) for n, v in query if n not in ("columns", *PAGE_NAMES)],
        "chips": [
            (chip, f"?{query_without(query, chip.name, 'cursor', value=chip.value) or 'all=yes'}")
            for chip in question.chips
        ],
        "columns": columns_html(table.columns_of(question.rights), chosen),
        "views": [(view, f"?{view_query(view.query, view.pk)}") for view in views],
        "own_query": own,
        "views_url": f"table-{table.noun}-views",
        "action_url": f"table-{table.noun}-action",
        "csv": f"{reverse(f'table-{table.noun}-csv')}?{own}" if may_export else "",
        "is_long": page.estimate.count > ROWS_AT_ONCE,
        "xlsx": f"{reverse(f'table-{table.noun}-xlsx')}?{own}" if may_export else "",
    }


def _is_hidden(table: Table, name: str) -> bool:
    return any(one.is_hidden and name in one.names for one in table.filters)


def _export(request: HttpRequest, table: Table, form: str) -> HttpResponseBase:
    """The file at once, or, of a long table, the page on which it can be waited for."""
    person, given = actor(request), given_of(request.GET)
    try:
        question = asked(request, table, given)
        if is_long(question):
            run = run_start(
                kind="table",
                name=table.noun,
                title=table.label,
                parameters={"query": query_without(list(pairs(given)), *PAGE_NAMES)},
                form=form,
                actor=person,
                is_once=True,
            )
            return redirect("report-file", run.reference)
    except (TableRefused, TooManyRuns) as error:
        return _refused(request, table, _form(table, list(pairs(given)), person), error)
    return _file(question, form, person, query_without(list(pairs(given)), "q", *PAGE_NAMES))


def _file(question: Question, form: str, person: User, query: str) -> HttpResponseBase:
    name = table_file_name(question, form)
    if form == "csv":
        pieces = table_csv(question, actor=person, query=query)
        response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    file = tempfile.TemporaryFile()  # noqa: SIM115  (FileResponse closes it)
    table_xlsx(question, file, actor=person, query=query)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX_TYPE)
