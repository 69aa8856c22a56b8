"""Programs with a token of their own, as the API shows and takes them."""

from typing import Any

from rest_framework import serializers

from api.models import ApiClient, Right
from api.serializers.donations import TextField
from api.serializers.users import ColleagueSerializer
from api.services.api_clients import SCOPES, TOKEN_BEGINS

S = serializers.Serializer[Any]
_STATES = ("live", "expired", "revoked")
_NAME_MISSING = "Enter what the program is called."
_SCOPES_MISSING = "Choose at least one thing that it may do."


class ApiClientSerializer(serializers.ModelSerializer[ApiClient]):
    """A program; its token can't be read again, but begins with `token_begins`."""

    token_begins = serializers.SerializerMethodField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Right.choices))
    state = serializers.ChoiceField(choices=_STATES)
    made_by = ColleagueSerializer()

    class Meta:
        model = ApiClient
        fields = (
            "id",
            "name",
            "token_begins",
            "scopes",
            "state",
            "made_by",
            "made_at",
            "used_at",
            "expires_at",
            "revoked_at",
        )
        read_only_fields = fields

    def get_token_begins(self, client: ApiClient) -> str:
        """How its token is recognised."""
        return f"{TOKEN_BEGINS}{client.prefix}_"


class ApiClientsSerializer(S):
    """Programs, the newest first."""

    results = ApiClientSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as `before`.")


class ApiClientNewSerializer(S):
    """A new program: what it may do, and its last day, where there is one."""

    name = TextField(
        max_length=80, error_messages={"required": _NAME_MISSING, "blank": _NAME_MISSING}
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=[(right.value, right.label) for right in SCOPES]),
        allow_empty=False,
        error_messages={"required": _SCOPES_MISSING, "empty": _SCOPES_MISSING},
    )
    expires_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="Null: until it is revoked."
    )


class ApiClientTokenSerializer(S):
    """A new program and its token, which is told this once."""

    client = ApiClientSerializer()
    token = serializers.CharField()
