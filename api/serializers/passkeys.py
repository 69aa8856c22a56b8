"""What an app sends to sign in by a passkey, and gets."""

from typing import Any

from rest_framework import serializers

from api.serializers.sign_ins import DeviceMarkSerializer


class PasskeyBeginSerializer(serializers.Serializer[Any]):
    """Whose password was right."""

    ticket = serializers.CharField(max_length=400, help_text="From the answer to the first step.")


class PasskeyAskedSerializer(serializers.Serializer[Any]):
    """What the passkey is asked."""

    ceremony = serializers.CharField(
        help_text="Sent back with the answer; works once, for ten minutes."
    )
    options = serializers.DictField(
        help_text="`options.publicKey` is for `PublicKeyCredential.parseRequestOptionsFromJSON`."
    )


class PasskeyAnswerSerializer(DeviceMarkSerializer):
    """What the passkey answered."""

    ticket = serializers.CharField(max_length=400)
    ceremony = serializers.RegexField("^[a-z0-9]{32}$")
    credential = serializers.DictField(help_text="`credential.toJSON()` of the browser or system.")
    device = serializers.CharField(max_length=60, required=False, default="")
