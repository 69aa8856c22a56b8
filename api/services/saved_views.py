"""Saved views of tables: each person's own, and those that somebody shares."""

from django.db import transaction
from django.db.models import Q, QuerySet

from api.errors import Invalid, NotFound
from api.models import SavedView, User

NAME_MOST = 80
QUERY_MOST = 2000


def saved_views_of(table: str, *, owner: User) -> QuerySet[SavedView]:
    """The person's own views of a table and those that others share, by name."""
    views = SavedView.objects.filter(Q(owner=owner) | Q(is_shared=True), table=table)
    return views.select_related("owner")


@transaction.atomic
def saved_view_record(
    *, table: str, name: str, query: str, owner: User, is_shared: bool, is_default: bool
) -> SavedView:
    """Keep a view under a name; one of the same name of the same person is replaced."""
    # One person's two clicks at once wait for each other here, so that one default is left.
    User.objects.select_for_update().get(pk=owner.pk)
    if is_default:
        SavedView.objects.filter(owner=owner, table=table).update(is_default=False)
    view, _ = SavedView.objects.update_or_create(
        owner=owner,
        table=table,
        name=name,
        defaults={"query": query, "is_shared": is_shared, "is_default": is_default},
    )
    return view


@transaction.atomic
def saved_view_rename(key: int, *, name: str, owner: User) -> SavedView:
    """Give a view of one's own another name. Raises NotFound for everyone else's, Invalid for a name in use."""
    User.objects.select_for_update().get(pk=owner.pk)
    view = SavedView.objects.filter(pk=key, owner=owner).first()
    if view is None:
        raise NotFound
    namesakes = SavedView.objects.filter(owner=owner, table=view.table, name=name)
    if namesakes.exclude(pk=key).exists():
        raise Invalid(name=f"You have another view called “{name}” here.")
    view.name = name
    view.save(update_fields=["name"])
    return view


def saved_view_delete(key: int, *, owner: User) -> SavedView:
    """Forget a view of one's own. Raises NotFound for everyone else's."""
    view = SavedView.objects.filter(pk=key, owner=owner).first()
    if view is None:
        raise NotFound
    view.delete()
    return view
