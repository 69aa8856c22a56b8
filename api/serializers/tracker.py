"""The payment tracker as programs see it."""

from typing import Any

from rest_framework import serializers

from api.models import (
    DonationKind,
    DonationStatus,
    FollowUp,
    FollowUpKind,
    FollowUpOutcome,
)
from api.models.fields import REFERENCE_LENGTH
from api.services.tracker import Age, Funnel, Stage, Step, TrackerFilter
from api.services.tracker_rows import TrackerRow


class TrackerFilterSerializer(serializers.Serializer[Any]):
    """Which attempts: begun from a moment on and before another, and at what stage; nothing: all."""

    begins_at = serializers.DateTimeField(required=False, default=None)
    ends_at = serializers.DateTimeField(required=False, default=None)
    stage = serializers.ChoiceField(choices=Stage.choices, required=False)
    step = serializers.ChoiceField(choices=Step.choices, required=False)
    age = serializers.ChoiceField(choices=Age.choices, required=False)
    fund = serializers.SlugField(max_length=40, required=False, default="")
    kind = serializers.ChoiceField(choices=DonationKind.choices, required=False, default="")
    written_off = serializers.BooleanField(required=False, allow_null=True, default=None)
    after = serializers.CharField(
        max_length=200, required=False, default="", help_text="`next` of the page before."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The one moment before the other."""
        begins_at, ends_at = attrs["begins_at"], attrs["ends_at"]
        if begins_at and ends_at and ends_at < begins_at:
            raise serializers.ValidationError({"ends_at": "This is before `begins_at`."})
        return attrs

    def asked(self) -> TrackerFilter:
        """The filter as the service takes it."""
        said = self.validated_data
        return TrackerFilter(
            begins_at=said["begins_at"],
            ends_at=said["ends_at"],
            stage=Stage(said["stage"]) if "stage" in said else None,
            step=Step(said["step"]) if "step" in said else None,
            age=Age(said["age"]) if "age" in said else None,
            fund_code=said["fund"],
            kind=said["kind"],
            is_written_off=said["written_off"],
        )


class FigureSerializer(serializers.Serializer[Any]):
    """A number of attempts, and what was to be given: minor units by currency."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()
    amounts_minor = serializers.DictField(child=serializers.IntegerField())


class FollowUpSerializer(serializers.Serializer[FollowUp]):
    """What staff did about an attempt."""

    reference = serializers.CharField()
    kind = serializers.ChoiceField(choices=FollowUpKind.choices)
    outcome = serializers.ChoiceField(choices=FollowUpOutcome.choices, allow_blank=True)
    outcome_code = serializers.CharField()
    note = serializers.CharField()
    by = serializers.EmailField(source="by.email")
    at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class AttemptSerializer(serializers.Serializer[TrackerRow]):
    """One attempt to pay. Amounts in minor units."""

    reference = serializers.CharField(source="donation.reference")
    donor_reference = serializers.SerializerMethodField()
    donor_name = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=DonationKind.choices, source="donation.kind")
    status = serializers.ChoiceField(choices=DonationStatus.choices, source="donation.status")
    failure_code = serializers.CharField(source="donation.failure_code")
    total_minor = serializers.IntegerField(source="donation.total_minor")
    currency = serializers.CharField(source="donation.currency")
    fund = serializers.CharField(source="donation.fund.code")
    created_at = serializers.DateTimeField(source="donation.created_at")
    stage = serializers.ChoiceField(choices=Stage.choices)
    since = serializers.DateTimeField()
    why = serializers.CharField()
    advice = serializers.CharField()
    expected_on = serializers.DateField(allow_null=True)
    has_given_since = serializers.BooleanField()
    is_written_off = serializers.SerializerMethodField()
    follow_ups = FollowUpSerializer(many=True)

    def get_donor_reference(self, row: TrackerRow) -> str | None:
        """Who gives; null without the right donors.view."""
        return row.donation.donor.reference if self.context["sees_donors"] else None

    def get_donor_name(self, row: TrackerRow) -> str | None:
        """Their name; null without the right donors.view."""
        return row.donation.donor.name if self.context["sees_donors"] else None

    def get_is_written_off(self, row: TrackerRow) -> bool:
        """Nobody waits for it any more."""
        return row.written_off is not None


class OfferSerializer(serializers.Serializer[Any]):
    """What can be done: `effects` say what will happen; `refusal` why it can't be done, or nothing."""

    kind = serializers.ChoiceField(choices=FollowUpKind.choices)
    title = serializers.CharField()
    refusal = serializers.CharField()
    effects = serializers.ListField(child=serializers.CharField())
    mail_text = serializers.CharField()


class AttemptDetailSerializer(serializers.Serializer[Any]):
    """An attempt, and what can be done about it (with the right giving.follow)."""

    attempt = AttemptSerializer()
    offers = OfferSerializer(many=True)


class TrackerSerializer(serializers.Serializer[Any]):
    """The funnel of the period, the age of what is stuck, and one page of attempts."""

    steps = FigureSerializer(many=True)
    stages = FigureSerializer(many=True)
    ageing = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    results = AttemptSerializer(many=True)
    next = serializers.CharField(help_text="Send it as `after`; empty on the last page.")


class FollowUpRequestSerializer(serializers.Serializer[Any]):
    """A deed; the same `reference` is the same deed, however often it is sent."""

    reference = serializers.RegexField(
        rf"^[0-9A-Z]{{{REFERENCE_LENGTH}}}$",
        required=False,
        default="",
        error_messages={"invalid": f"Use {REFERENCE_LENGTH} capital letters and digits."},
    )


class WriteOffRequestSerializer(FollowUpRequestSerializer):
    """A write-off."""

    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


def figures_of(funnel: Funnel) -> dict[str, list[dict[str, Any]]]:
    """The funnel as FigureSerializer takes it."""
    groups: dict[str, dict[Any, Any]] = {"steps": funnel.steps, "stages": funnel.stages}
    return {
        name: [
            {
                "name": key.value,
                "label": key.label,
                "count": figure.count,
                "amounts_minor": figure.minor,
            }
            for key, figure in group.items()
        ]
        for name, group in groups.items()
    }
