"""Staff accounts, as the API shows and takes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.models import Role, User
from api.serializers.donations import TextField
from api.serializers.sessions import SessionSerializer

S = serializers.Serializer[Any]
_ROLE_MISSING = "Choose what the person is here for."
_EMAIL_MISSING = "Enter the address that the person signs in with."


def _name(**more: Any) -> TextField:
    missing = "Enter the person's name."
    return TextField(max_length=150, error_messages={"required": missing, "blank": missing}, **more)


class ColleagueSerializer(serializers.ModelSerializer[User]):
    """A member of staff by name; by e-mail address when there is none."""

    name = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields: tuple[str, ...] = ("id", "name")

    def get_name(self, user: User) -> str:
        """As colleagues know them."""
        return user.get_full_name() or user.email


class ColleaguesSerializer(S):
    """Members of staff, in order of their names."""

    results = ColleagueSerializer(many=True)


class PersonSerializer(ColleagueSerializer):
    """An account of staff: a role, and whether anybody can sign in with it."""

    role = serializers.ChoiceField(choices=[*Role.choices, ("", "None: sees nothing")])
    is_active = serializers.SerializerMethodField(help_text="False: the account is closed.")
    has_second_factor = serializers.SerializerMethodField()
    signed_in_at = serializers.DateTimeField(source="last_login", allow_null=True)

    class Meta:
        model = User
        fields = (
            "id",
            "name",
            "email",
            "role",
            "is_active",
            "has_second_factor",
            "signed_in_at",
        )

    def get_is_active(self, user: User) -> bool:
        """Whether the account is open."""
        return user.is_active and user.is_staff

    def get_has_second_factor(self, user: User) -> bool:
        """Whether it is set up; without one the next sign-in in a browser sets it up."""
        return user.pk in self.context["with_factor"]


class PeopleSerializer(S):
    """Accounts, the newest first."""

    results = PersonSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as `before`.")


class PasskeyNamedSerializer(S):
    """One passkey of theirs."""

    name = serializers.CharField(source="data.name")
    made_at = serializers.DateTimeField(source="created_at")


class PersonFactorsSerializer(S):
    """What proves that it is them, beside the password."""

    app_made_at = serializers.DateTimeField(
        source="totp.created_at", default=None, allow_null=True, help_text="Null: no app for codes."
    )
    passkeys = PasskeyNamedSerializer(many=True)


class PersonDetailSerializer(PersonSerializer):
    """One account, its second factors, and where it is signed in."""

    factors = serializers.SerializerMethodField()
    sessions = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = (*PersonSerializer.Meta.fields, "factors", "sessions")

    @extend_schema_field(PersonFactorsSerializer)
    def get_factors(self, user: User) -> Any:
        """What they have set up."""
        return PersonFactorsSerializer(self.context["factors"]).data

    @extend_schema_field(SessionSerializer(many=True))
    def get_sessions(self, user: User) -> Any:
        """Their devices, the one used last first."""
        return SessionSerializer(self.context["sessions"], many=True, context=self.context).data


class PersonChangeSerializer(S):
    """Another name or role; what is not sent stays."""

    name = _name(required=False)
    role = serializers.ChoiceField(choices=Role.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something that changes; nothing else of an account does."""
        if not attrs:
            raise serializers.ValidationError({"role": "Send a name, a role, or both."})
        return attrs


class PersonNewSerializer(S):
    """A new member of staff."""

    email = serializers.EmailField(
        max_length=254, error_messages={"required": _EMAIL_MISSING, "blank": _EMAIL_MISSING}
    )
    name = _name()
    role = serializers.ChoiceField(choices=Role.choices, error_messages={"required": _ROLE_MISSING})


class PersonLinkSerializer(S):
    """The link at which they choose a password, once, within three days. Pass it on by a safe way."""

    person = PersonSerializer()
    link = serializers.URLField()
