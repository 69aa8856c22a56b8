"""What is done from a table: many rows at once, after a look at what will happen; and views that are kept."""

import re
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from api.errors import DomaapError, Invalid, NotFound
from api.models import User
from api.services.saved_views import (
    QUERY_MOST,
    saved_view_change,
    saved_view_delete,
    saved_view_record,
)
from api.services.tables import TABLES
from api.services.tables.actions import (
    ONCE,
    Action,
    RowsMoved,
    Selection,
    SelectionRefused,
    action_find,
    action_preview,
    action_run,
)
from api.services.tables.questions import query_clean, query_read
from api.services.tables.spec import Table
from api.views.access import actor, staff_context, staff_page
from api.views.staff.table_cells import rows_html
from api.views.staff.tables import view_query

KEYS_MOST = 1_000


def action_view(noun: str) -> Callable[..., HttpResponseBase]:
    """An action on rows of one table: the preview, then, after a yes, the deed."""
    table = TABLES[noun]

    @staff_page(table.right)
    @require_POST
    def act(request: HttpRequest) -> HttpResponse:
        return _act(request, table)

    return act


def views_view(noun: str) -> Callable[..., HttpResponseBase]:
    """Keep or forget a view of one table."""
    table = TABLES[noun]

    @staff_page(table.right)
    @require_POST
    def keep(request: HttpRequest) -> HttpResponse:
        return _keep(request, table)

    return keep


def _act(request: HttpRequest, table: Table) -> HttpResponse:
    person, query, is_moved = actor(request), request.POST.get("query", ""), False
    back = f"{reverse(f'table-{table.noun}')}?{query or 'all=yes'}"
    action = _action(request, table, person)
    answers = {one.name: request.POST.get(one.name, "").strip() for one in action.fields}
    answers[ONCE] = _once(request)
    try:
        selection = _selection(request, table, person, query)
        if "confirm" in request.POST:
            try:
                mark = request.POST.get("expected", "")
                count = action_run(action, selection, answers, mark=mark, actor=person)
                messages.success(request, f"{action.label}: done for {table.counted(count)}.")
                return redirect(back)
            except RowsMoved:
                is_moved = True
        preview = action_preview(action, selection, answers)
    except (SelectionRefused, Invalid) as error:
        messages.error(request, _sentence(error))
        return redirect(back)
    context = {
        "table": table,
        "action": action,
        "preview": preview,
        "is_moved": is_moved,
        "headings": [column.label for column in preview.columns],
        "rows": rows_html(table, preview.columns, preview.sample),
        "hidden": [*_kept(request, preview.highest), *answers.items(), ("expected", preview.mark)],
        "back": back,
    }
    title = f"{action.label}: {table.counted(preview.count)}"
    return render(request, "staff/table_action.html", staff_context(request, title, **context))


def _once(request: HttpRequest) -> str:
    """The mark of this preview, from its own form."""
    mark = request.POST.get(ONCE, "")
    return mark if re.fullmatch("[0-9a-f]{16}", mark) else secrets.token_hex(8)


def _sentence(error: DomaapError) -> str:
    told = [sentence for sentences in error.fields.values() for sentence in sentences]
    return " ".join(told) or error.detail


def _action(request: HttpRequest, table: Table, person: User) -> Action:
    """The action that is asked for; one that is there, but not for this person, is a refusal."""
    try:
        action = action_find(table, request.POST.get("action", ""))
    except NotFound as error:
        raise Http404 from error
    if not person.has_right(action.right):
        raise PermissionDenied
    return action


def _selection(request: HttpRequest, table: Table, person: User, query: str) -> Selection:
    question = query_read(table, query, person.rights)
    if request.POST.get("which") == "all":
        highest = request.POST.get("highest", "")
        is_known = _is_key(highest)
        return Selection(question, is_all=True, highest=int(highest) if is_known else None)
    keys = request.POST.getlist("pk")[:KEYS_MOST]
    return Selection(question, keys=[int(key) for key in keys if _is_key(key)])


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _kept(request: HttpRequest, highest: int) -> list[tuple[str, Any]]:
    """What the second yes must say again."""
    names = ("action", "query", "which")
    kept: list[tuple[str, Any]] = [(name, request.POST.get(name, "")) for name in names]
    if request.POST.get("which") == "all":
        return [*kept, ("highest", highest)]
    return [*kept, *(("pk", key) for key in request.POST.getlist("pk")[:KEYS_MOST])]


def _keep(request: HttpRequest, table: Table) -> HttpResponse:
    person, given = actor(request), request.POST
    place = reverse(f"table-{table.noun}")
    if given.get("delete") or given.get("rename"):
        try:
            _change(request, person)
        except NotFound as error:
            raise Http404 from error
        return redirect(f"{place}?all=yes")
    query = given.get("query", "")
    try:
        view = saved_view_record(
            table=table,
            name=given.get("name", ""),
            query=query,
            owner=person,
            is_shared="is_shared" in given,
            is_default="is_default" in given,
        )
    except Invalid as error:
        messages.error(request, _sentence(error))
        return redirect(f"{place}?{query_clean(query[:QUERY_MOST]) or 'all=yes'}")
    messages.success(request, f"The view “{view.name}” is kept.")
    return redirect(f"{place}?{view_query(view.query, view.pk)}")


def _change(request: HttpRequest, person: User) -> None:
    """Forget or rename a view of one's own. Raises NotFound for any other."""
    deleted, renamed = request.POST.get("delete", ""), request.POST.get("rename", "")
    if not _is_key(deleted or renamed):
        raise NotFound
    if deleted:
        view = saved_view_delete(int(deleted), owner=person)
        messages.success(request, f"The view “{view.name}” is gone.")
        return
    changes = {"name": request.POST.get("name", "")}
    try:
        view = saved_view_change(int(renamed), changes=changes, owner=person)
    except Invalid as error:
        messages.error(request, _sentence(error))
        return
    messages.success(request, f"The view is called “{view.name}” now.")
