"""Donors as staff and their programs see and correct them."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from api.models import (
    Consent,
    ConsentBasis,
    ConsentChannel,
    ConsentSource,
    ConsentState,
    DonorNote,
    Language,
)
from api.serializers.donations import TextField
from api.services.consents import ConsentAnswer
from api.services.donor_giving import GivingFigures
from api.services.donor_notes import TEXT_MOST
from api.services.tags import NAME_MOST


class DonorContactSerializer(serializers.Serializer[Any]):
    """How to reach a donor; needs the right donors.contact."""

    email = serializers.EmailField()
    phone = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    postcode = serializers.CharField()
    country = serializers.CharField()
    language = serializers.CharField(help_text="`en` or `cy`: what we write in.")


class GivingFiguresSerializer(serializers.Serializer[GivingFigures]):
    """What a donor gave in one currency, minor units, less what went back. Years are UK tax years."""

    currency = serializers.CharField()
    count = serializers.IntegerField()
    lifetime_minor = serializers.IntegerField()
    this_year_minor = serializers.IntegerField()
    last_year_minor = serializers.IntegerField()
    average_minor = serializers.IntegerField()
    biggest_minor = serializers.IntegerField()
    first_on = serializers.DateField()
    last_on = serializers.DateField()


class ConsentSerializer(serializers.Serializer[Consent]):
    """One answer about one channel."""

    channel = serializers.ChoiceField(choices=ConsentChannel.choices)
    state = serializers.ChoiceField(choices=ConsentState.choices)
    basis = serializers.ChoiceField(
        choices=ConsentBasis.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="For a yes only: consent, or the charity soft opt-in (e-mail and SMS).",
    )
    wording = TextField(
        max_length=2000, required=False, allow_blank=True, default="", help_text="Needed for a yes."
    )
    source = serializers.ChoiceField(choices=ConsentSource.choices)  # type: ignore[assignment]
    at = serializers.DateTimeField(required=False, help_text="When it was said; now when missing.")

    def answer(self) -> ConsentAnswer:
        """The validated answer as the service knows it."""
        said = dict(self.validated_data)
        basis = said.pop("basis")
        return ConsentAnswer(
            channel=ConsentChannel(said["channel"]),
            state=ConsentState(said["state"]),
            source=ConsentSource(said["source"]),
            at=said.get("at") or timezone.now(),
            basis=ConsentBasis(basis) if basis else None,
            wording=said["wording"],
        )


class StaffDonorSerializer(serializers.Serializer[Any]):
    """One donor. `version` marks what was read: send it back with a change."""

    reference = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    version = serializers.CharField()
    contact = DonorContactSerializer(allow_null=True)
    giving = GivingFiguresSerializer(many=True)
    consents = ConsentSerializer(many=True)
    tags = serializers.ListField(child=serializers.CharField())


class DonorChangeSerializer(serializers.Serializer[Any]):
    """What of a donor changes; what is not sent stays."""

    version = serializers.CharField(max_length=64)
    name = TextField(max_length=200, required=False)
    email = serializers.EmailField(max_length=254, required=False)
    phone = TextField(max_length=40, required=False, allow_blank=True)
    line1 = TextField(max_length=200, required=False, allow_blank=True)
    line2 = TextField(max_length=200, required=False, allow_blank=True)
    city = TextField(max_length=100, required=False, allow_blank=True)
    postcode = TextField(max_length=20, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=Language.choices, required=False)
    country = serializers.RegexField(
        r"^([A-Z]{2})?$",
        required=False,
        allow_blank=True,
        error_messages={"invalid": "Use the two capital letters of the country, such as GB."},
    )


class DonorNoteSerializer(serializers.Serializer[DonorNote]):
    """One note; it stays as it is."""

    id = serializers.IntegerField(read_only=True)
    text = TextField(max_length=TEXT_MOST)
    author = serializers.EmailField(source="author.email", read_only=True)
    at = serializers.DateTimeField(read_only=True)


class DonorNotesSerializer(serializers.Serializer[Any]):
    """Notes, the newest first."""

    results = DonorNoteSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as `before`.")


class DonorConsentsSerializer(serializers.Serializer[Any]):
    """All that was said about hearing from us, the newest first."""

    results = ConsentSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as `before`.")


class DonorTagSerializer(serializers.Serializer[Any]):
    """One tag."""

    name = TextField(max_length=NAME_MOST)


class DonorTagsSerializer(serializers.Serializer[Any]):
    """All tags of a donor."""

    results = DonorTagSerializer(many=True)
