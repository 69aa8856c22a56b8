"""What the doctor found, as programs see it."""

from typing import Any

from rest_framework import serializers

from api.services.doctor import State


class FindingSerializer(serializers.Serializer[Any]):
    """One check: its state, what was seen, why it matters, and the command that mends it."""

    name = serializers.CharField(help_text="Stable, for machines.")
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=[str(state) for state in State])
    what = serializers.CharField()
    why = serializers.CharField()
    command = serializers.CharField(allow_blank=True)
    can_fix = serializers.BooleanField(help_text="Whether `manage.py doctor --fix` mends it.")


class CheckupSerializer(serializers.Serializer[Any]):
    """All checks of one moment; `at` is null before the first."""

    at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField()
    findings = FindingSerializer(many=True)
