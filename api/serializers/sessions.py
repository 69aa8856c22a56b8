"""Who is signed in, and where."""

from typing import Any

from rest_framework import serializers

from api.models import Right, Role, SessionKind, StaffSession


class MeSerializer(serializers.Serializer[Any]):
    """Who asks, and what they may do."""

    kind = serializers.ChoiceField(choices=["staff", "client"])
    name = serializers.CharField()
    email = serializers.CharField(help_text="Empty for an API client.")
    role = serializers.ChoiceField(choices=[*Role.choices, ("", "None")])
    rights = serializers.ListField(child=serializers.ChoiceField(choices=Right.choices))


class SessionSerializer(serializers.ModelSerializer[StaffSession]):
    """One device that is signed in."""

    id = serializers.UUIDField(source="key")
    kind = serializers.ChoiceField(choices=SessionKind.choices)
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = StaffSession
        fields = ("id", "kind", "device", "address", "begun_at", "seen_at", "ends_at", "is_current")

    def get_is_current(self, session: StaffSession) -> bool:
        """Whether the request itself comes from it."""
        current = self.context.get("current")
        return current is not None and session.pk == current.pk
