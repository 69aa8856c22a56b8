"""What an app sends to sign in, and gets."""

from typing import Any

from rest_framework import serializers

from api.serializers.problems import ProblemSerializer


class DeviceMarkSerializer(serializers.Serializer[Any]):
    """What a device that signed in before says of itself."""

    device_mark = serializers.CharField(
        max_length=1000,
        required=False,
        default="",
        help_text="From the last sign-in of this account here: then wrong tries of others hold up nobody.",
    )


class SignInSerializer(DeviceMarkSerializer):
    """The first step."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)


class SecondFactorSerializer(DeviceMarkSerializer):
    """The second step."""

    ticket = serializers.CharField(max_length=400, help_text="From the answer to the first step.")
    code = serializers.CharField(max_length=20, help_text="Of the app, or a recovery code.")
    device = serializers.CharField(
        max_length=60, required=False, default="", help_text="How the list of sessions names it."
    )


class ProofSerializer(DeviceMarkSerializer):
    """Password and second factor once more: a `code`, or a passkey's `ceremony` and `credential`."""

    password = serializers.CharField(max_length=1024, trim_whitespace=False)
    code = serializers.CharField(
        max_length=20, required=False, help_text="Of the app, or a recovery code."
    )
    ceremony = serializers.RegexField(
        "^[a-z0-9]{32}$", required=False, help_text="Of `POST /api/auth/prove/passkey/`."
    )
    credential = serializers.DictField(
        required=False, help_text="`credential.toJSON()` of the browser or system."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two ways, whole."""
        of_passkey = {"ceremony", "credential"} & set(attrs)
        if ("code" in attrs) == bool(of_passkey):
            raise serializers.ValidationError(
                {"code": "Send a code, or else a passkey's ceremony and credential."}
            )
        if len(of_passkey) == 1:
            [missing] = {"ceremony", "credential"} - of_passkey
            raise serializers.ValidationError({missing: "A passkey's answer is both."})
        return attrs


class ProvedSerializer(serializers.Serializer[Any]):
    """How long it counts."""

    proved_until = serializers.DateTimeField()


class RefreshSerializer(serializers.Serializer[Any]):
    """A token to be exchanged for new ones."""

    refresh_token = serializers.CharField(max_length=200)


class SignOutSerializer(serializers.Serializer[Any]):
    """This device, or all."""

    everywhere = serializers.BooleanField(required=False, default=False)


class TokensSerializer(serializers.Serializer[Any]):
    """What opens the API. A refresh token works once: keep the newest, or all end."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds that the access token works.")
    device_mark = serializers.CharField(
        help_text="Keep it beyond the session, for the next sign-in."
    )


class TicketProblemSerializer(ProblemSerializer):
    """Problem details of a first step; `ticket` is there when the code is `second_factor_needed`."""

    ticket = serializers.CharField(required=False)
