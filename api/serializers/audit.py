"""Who did what, as programs of staff see it."""

from typing import Any

from rest_framework import serializers

from api.services.audit import Change, Deed


class AuditChangeSerializer(serializers.Serializer[Change]):
    """One field as it was and as it is; both empty where `is_hidden`: the asker may not see them."""

    field = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()
    is_hidden = serializers.BooleanField()


class AuditDeedSerializer(serializers.Serializer[Deed]):
    """One line of the audit log."""

    at = serializers.DateTimeField()
    who = serializers.CharField()
    what = serializers.CharField()
    changes = AuditChangeSerializer(many=True)
    said = serializers.ListField(child=serializers.CharField())


class AuditDeedsSerializer(serializers.Serializer[Any]):
    """The newest lines about one thing, the newest first."""

    results = AuditDeedSerializer(many=True)
