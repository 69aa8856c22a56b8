"""Passkeys of donors: what the pages send, and are told."""

from typing import Any

from rest_framework import serializers

from api.serializers.donations import TextField


class DonorPasskeySerializer(serializers.Serializer[Any]):
    """One passkey of the donor's. `used_at`: null when it never signed in."""

    reference = serializers.CharField()
    name = serializers.CharField()
    made_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)


class DonorPasskeyAnswerSerializer(serializers.Serializer[Any]):
    """What a passkey answered."""

    ceremony = serializers.RegexField("^[a-z0-9]{32}$")
    credential = serializers.DictField(help_text="`credential.toJSON()` of the browser.")


class DonorPasskeyNameSerializer(serializers.Serializer[Any]):
    """By what the donor knows it again."""

    name = TextField(max_length=60, error_messages={"blank": "Enter a name for it."})


class DonorPasskeyNewSerializer(DonorPasskeyAnswerSerializer):
    """A new passkey; without a name it is called after the browser."""

    name = TextField(max_length=60, required=False, allow_blank=True, default="")
