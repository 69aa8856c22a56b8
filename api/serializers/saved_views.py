"""Tables as somebody likes to see them, for programs of staff."""

from typing import Any
from urllib.parse import parse_qs, urlencode

from rest_framework import serializers

from api.models import SavedView
from api.serializers.donations import LineField
from api.services.saved_views import NAME_MOST, QUERY_MOST
from api.services.tables import TABLES
from api.services.tables.questions import given_as_shown

S = serializers.Serializer[Any]
_TABLE: dict[str, Any] = {
    "choices": list(TABLES),
    "error_messages": {"invalid_choice": f"One of: {', '.join(TABLES)}."},
}
_QUERY = "As in the table's own address: `status=failed&order=-created_at&columns=donor,status`."


class SavedViewSerializer(S):
    """A view of a table, as it opens for who asks: their own, or one that somebody shares."""

    id = serializers.IntegerField()
    table = serializers.ChoiceField(choices=list(TABLES))
    name = serializers.CharField()
    query = serializers.CharField(
        help_text="Put it behind the `?` of the table's address. Columns and an order that who asks "
        "may not see are left out of it; a filter of that kind stays, and is refused there."
    )
    left_out = serializers.ListField(
        child=serializers.CharField(), help_text="What is left out of `query`, as people call it."
    )
    is_own = serializers.BooleanField(help_text="Only one's own can be changed and removed.")
    is_shared = serializers.BooleanField(help_text="All staff see it.")
    is_default = serializers.BooleanField(help_text="What who asks sees first in this table.")
    owner = serializers.CharField(help_text="A person's e-mail address, or a program's name.")

    def to_representation(self, view: SavedView) -> dict[str, Any]:
        """The view for `context["person"]`."""
        person = self.context["person"]
        is_own = view.owner_id == person.pk
        query, left_out = given_as_shown(TABLES[view.table], parse_qs(view.query), person.rights)
        return {
            "id": view.pk,
            "table": view.table,
            "name": view.name,
            "query": urlencode(query, doseq=True),
            "left_out": left_out,
            "is_own": is_own,
            "is_shared": view.is_shared,
            "is_default": view.is_default and is_own,
            "owner": view.by,
        }


class SavedViewsSerializer(S):
    """Views, by name."""

    results = SavedViewSerializer(many=True)


class SavedViewChangeSerializer(S):
    """What of a view changes; what is not sent stays."""

    name = LineField(max_length=NAME_MOST)
    query = serializers.CharField(max_length=QUERY_MOST, allow_blank=True, help_text=_QUERY)
    is_shared = serializers.BooleanField(help_text="All staff see it, by its owner's address.")
    is_default = serializers.BooleanField(
        help_text="Its owner sees it first; of each table one is."
    )


class SavedViewAskSerializer(SavedViewChangeSerializer):
    """A view to be kept."""

    table = serializers.ChoiceField(**_TABLE)
    is_shared = serializers.BooleanField(default=False, help_text="All staff see it, too.")
    is_default = serializers.BooleanField(default=False, help_text="Its owner sees it first.")


class SavedViewFilterSerializer(S):
    """Which views: of one table; without it of all that who asks may see."""

    table = serializers.ChoiceField(**_TABLE, required=False)
