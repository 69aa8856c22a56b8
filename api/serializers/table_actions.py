"""What can be done with many rows of a table, as programs see it."""

from typing import Any

from rest_framework import serializers

from api.serializers.donations import TextField
from api.services.saved_views import QUERY_MOST
from api.services.tables.previews import Chosen

S = serializers.Serializer[Any]
IDS_MOST = 1_000
ANSWER_MOST = 200
PREVIEW_MOST = 100_000
_ID_MOST = 2**63 - 1


class ActionFieldSerializer(S):
    """What an action asks before it can be seen: a line of text, sent in `answers` under its name."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class ActionSerializer(S):
    """One action that who asks may take."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    emails = serializers.CharField(help_text="Which e-mails go out, in a sentence.")
    can_be_undone = serializers.CharField(help_text="How, in a sentence; empty: nothing to say.")
    fields = ActionFieldSerializer(many=True)  # type: ignore[assignment]


class ActionsSerializer(S):
    """The actions of one table that who asks may take; none: there is nothing they may do."""

    results = ActionSerializer(many=True)


class ActionAskSerializer(S):
    """Which rows: by their `ids`, or else all that a `query` finds."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_ID_MOST),
        required=False,
        allow_empty=False,
        max_length=IDS_MOST,
        help_text="The `id`s of rows, from the table's own pages.",
    )
    query = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=QUERY_MOST,
        help_text="As in the table's own address: `status=failed&q=smith`. An empty one is all rows.",
    )
    answers = serializers.DictField(
        child=TextField(max_length=ANSWER_MOST, allow_blank=True),
        required=False,
        default=dict,
        help_text="What the action asks, by the names of its `fields`.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Rows are chosen one way."""
        if ("ids" in attrs) == ("query" in attrs):
            sentence = "Send the ids of rows, or else a query; an empty query is all rows."
            raise serializers.ValidationError({"ids": sentence})
        return attrs

    def chosen(self) -> Chosen:
        """The rows as the service takes them."""
        said = self.validated_data
        return Chosen(said.get("ids"), said.get("query", ""))


class LeftOutSerializer(S):
    """Chosen rows that nothing happens to."""

    count = serializers.IntegerField()
    why = serializers.CharField()


class ActionPreviewSerializer(S):
    """What would happen. Nothing has happened yet."""

    preview = serializers.CharField(
        help_text="Stands for exactly this: send it back as the yes. It is for whoever asked alone."
    )
    sentence = serializers.CharField(help_text="What will happen, to how many.")
    emails = serializers.CharField(help_text="Which e-mails go out, in a sentence.")
    can_be_undone = serializers.CharField(help_text="How, in a sentence; empty: nothing to say.")
    count = serializers.IntegerField(help_text="To how many rows.")
    left_out = LeftOutSerializer(many=True)
    sample = serializers.ListField(
        child=serializers.DictField(),
        help_text="The newest of the rows, ten at most, as the table's own pages have them.",
    )


class ActionYesSerializer(S):
    """A yes to what was seen."""

    preview = serializers.CharField(max_length=PREVIEW_MOST, help_text="`preview` of the preview.")


class ActionDoneSerializer(S):
    """What came of it."""

    count = serializers.IntegerField(
        help_text="Rows that it was done to; a donor who has the tag already is none."
    )
