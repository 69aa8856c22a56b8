"""Saved views of tables: each person's own, and those that somebody shares."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from api.errors import Invalid, NotFound
from api.models import SavedView, User
from api.services.tables import TABLES
from api.services.tables.questions import query_clean, query_read
from api.services.tables.spec import Table

NAME_MOST = 80
QUERY_MOST = 2000


def saved_views_of(tables: Iterable[str], *, owner: User) -> QuerySet[SavedView]:
    """The person's own views of these tables and those that others share, by name."""
    views = SavedView.objects.filter(Q(owner=owner) | Q(is_shared=True), table__in=list(tables))
    return views.select_related("owner")


@transaction.atomic
def saved_view_record(
    *, table: Table, name: str, query: str, owner: User, is_shared: bool, is_default: bool
) -> SavedView:
    """Keep a view under a name; one of the same name of the same person is replaced.

    Raises Invalid, naming the field. Safe to call again.
    """
    told = {"name": name, "query": query, "is_shared": is_shared, "is_default": is_default}
    told = _cleaned(table, owner, told)
    _make_way(table, owner, told)
    view, _ = SavedView.objects.update_or_create(
        owner=owner, table=table.noun, name=told.pop("name"), defaults=told
    )
    return view


@transaction.atomic
def saved_view_change(key: int, *, changes: Mapping[str, Any], owner: User) -> SavedView:
    """Change a view of one's own: its `name`, `query`, `is_shared`, `is_default`, or some of them.

    Raises NotFound for everyone else's, and Invalid, naming the field: a name in use is one.
    """
    view = _own(key, owner)
    table = TABLES[view.table]
    told = _cleaned(table, owner, changes)
    _make_way(table, owner, told)
    namesakes = SavedView.objects.filter(owner=owner, table=view.table, name=told.get("name"))
    if namesakes.exclude(pk=key).exists():
        raise Invalid(name=f"You have another view called “{told['name']}” here.")
    for name, value in told.items():
        setattr(view, name, value)
    view.save(update_fields=list(told))
    return view


def saved_view_delete(key: int, *, owner: User) -> SavedView:
    """Forget a view of one's own. Raises NotFound for everyone else's."""
    view = _own(key, owner)
    view.delete()
    return view


def _own(key: int, owner: User) -> SavedView:
    view = SavedView.objects.filter(pk=key, owner=owner).first()
    if view is None:
        raise NotFound
    return view


def _make_way(table: Table, owner: User, told: Mapping[str, Any]) -> None:
    """One person's two requests at once wait for each other here, so that one default is left."""
    User.objects.select_for_update().get(pk=owner.pk)
    if told.get("is_default"):
        SavedView.objects.filter(owner=owner, table=table.noun).update(is_default=False)


def _cleaned(table: Table, owner: User, told: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be kept, in one form. Raises Invalid."""
    kept = dict(told)
    if "name" in kept:
        kept["name"] = _name(kept["name"])
    if "query" in kept:
        kept["query"] = _query(table, owner, kept["query"])
    return kept


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > NAME_MOST or "\x00" in name:
        raise Invalid(name=f"Give the view a name of at most {NAME_MOST} characters.")
    return name


def _query(table: Table, owner: User, query: str) -> str:
    """Only what a table understands, without what is of one page alone."""
    if len(query) > QUERY_MOST:
        raise Invalid(query="This view is too long to be kept.")
    query_read(table, query, owner.rights)
    return query_clean(query)
