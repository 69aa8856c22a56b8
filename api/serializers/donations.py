"""What a donor sends and gets."""

import re
from datetime import date
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.models import (
    Donation,
    DonationKind,
    DonationStatus,
    Language,
    PlanInterval,
    TributeKind,
)
from api.money import money_step, money_text
from api.services.donations import GiftRequest, GiftStarted
from api.services.donors import DonorDetails
from api.services.funds import intervals_offered
from api.services.tributes import TributeDetails

# What a donor can do about Stripe's reasons (docs.stripe.com/declines/codes).
_FAILURES = {
    "insufficient_funds": "Your bank says there is not enough money in the account. You have not been charged.",
    "expired_card": "The card has expired. You have not been charged.",
    "incorrect_cvc": "The security code is not right. You have not been charged.",
    "payment_intent_authentication_failure": "Your bank could not confirm that it was you. You have not been charged.",
    "processing_error": "Your bank did not answer. You have not been charged. Please try again.",
}
_DECLINED = "Your bank declined the card. You have not been charged."


class TextField(serializers.CharField):
    """Text as people type it: trimmed, no control characters."""

    def to_internal_value(self, data: Any) -> str:
        """The text without what nobody types."""
        text = super().to_internal_value(data)
        if any(ord(character) < 32 and character not in "\n\r\t" for character in text):
            raise serializers.ValidationError("Please leave out invisible control characters.")
        return text


class MinorField(serializers.IntegerField):
    """An amount in whole minor units. No 25.0 and no "25": whoever sends those may mean pounds."""

    def to_internal_value(self, data: Any) -> int:
        """A whole number of JSON, nothing that is like one."""
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class AddressSerializer(serializers.Serializer[Any]):
    """A home address."""

    line1 = TextField(max_length=200, required=False, allow_blank=True, default="")
    line2 = TextField(max_length=200, required=False, allow_blank=True, default="")
    city = TextField(max_length=100, required=False, allow_blank=True, default="")
    postcode = TextField(max_length=20, required=False, allow_blank=True, default="")
    country = serializers.RegexField(
        r"^[A-Z]{2}$",
        required=False,
        allow_blank=True,
        default="",
        error_messages={"invalid": "Use the two capital letters of the country, such as GB."},
    )


class DonorSerializer(serializers.Serializer[Any]):
    """Who gives."""

    name = TextField(
        max_length=200, error_messages={"blank": "Enter your name", "required": "Enter your name"}
    )
    email = serializers.EmailField(
        max_length=254,
        error_messages={
            "blank": "Enter your e-mail address",
            "required": "Enter your e-mail address",
            "invalid": "Enter an e-mail address like name@example.org",
        },
    )
    phone = TextField(max_length=40, required=False, allow_blank=True, default="")
    address = AddressSerializer(required=False, allow_null=True, default=None)
    language = serializers.ChoiceField(
        choices=Language.choices,
        required=False,
        allow_null=True,
        default=None,
        help_text="In which to write to the donor; null leaves it as it is.",
    )

    def validate_name(self, value: str) -> str:
        """Something that can be seen, and no link: our e-mails begin with it, and may go to anybody."""
        if not any(letter.isprintable() and not letter.isspace() for letter in value):
            raise serializers.ValidationError("Enter your name")
        if re.search(r"://|www\.", value, re.IGNORECASE):
            raise serializers.ValidationError("Enter your name without a web address")
        return value


class LineField(TextField):
    """Text on one line: any break becomes a space."""

    def to_internal_value(self, data: Any) -> str:
        """The text with single spaces."""
        return " ".join(super().to_internal_value(data).split())


class TributeSerializer(serializers.Serializer[Any]):
    """In whose memory or honour a gift is."""

    kind = serializers.ChoiceField(
        choices=TributeKind.choices, error_messages={"invalid_choice": "Choose memory or honour."}
    )
    name = LineField(
        max_length=200,
        help_text="Of the person, in any script. It stands on the receipt.",
        error_messages={"blank": "Enter a name", "required": "Enter a name"},
    )
    message = TextField(max_length=500, required=False, allow_blank=True, default="")


def tribute_read(told: dict[str, Any] | None) -> TributeDetails | None:
    """A validated tribute as the services know it."""
    return TributeDetails(**{**told, "kind": TributeKind(told["kind"])}) if told else None


@extend_schema_field(
    {"type": "string", "pattern": "^[A-Z]{3}$", "description": "One of the page's `currencies`."}
)
class CurrencyField(serializers.ChoiceField):
    """A currency that the charity takes; which they are is a setting, so the schema names none."""


class GiftRequestSerializer(serializers.Serializer[Any]):
    """A one-off gift."""

    amount_minor = MinorField(help_text="Whole minor units: 2500 is £25.00.")
    currency = CurrencyField(choices=settings.GIFT_CURRENCIES, default=settings.GIFT_CURRENCIES[0])
    fund = serializers.SlugField(max_length=40, default="general")
    campaign = TextField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="The code of the appeal that the donor came from; one that is not known is ignored.",
    )
    donor = DonorSerializer()
    is_anonymous = serializers.BooleanField(
        default=False, help_text="Keep the donor's name from the public."
    )
    message = TextField(max_length=500, required=False, allow_blank=True, default="")
    tribute = TributeSerializer(required=False, allow_null=True, default=None)
    covers_fee = serializers.BooleanField(default=False)
    idempotency_key = serializers.RegexField(
        r"^[A-Za-z0-9_-]{16,64}$",
        help_text="Made once per form: sending it again never charges twice.",
        error_messages={"invalid": "Use 16 to 64 letters, digits, - or _."},
    )

    def validate_amount_minor(self, value: int) -> int:
        """Between what the charity can take and what needs a person, and no finer than can be charged."""
        least, most = settings.GIFT_MINIMUM_MINOR, settings.GIFT_MAXIMUM_MINOR
        chosen = self.initial_data.get("currency")
        currency = chosen if chosen in settings.GIFT_CURRENCIES else settings.GIFT_CURRENCIES[0]
        if not least <= value <= most:
            raise serializers.ValidationError(
                f"Enter an amount from {money_text(least, currency)} to {money_text(most, currency)}"
            )
        if over := value % money_step(currency):
            raise serializers.ValidationError(
                f"Enter a rounder amount, such as {money_text(value - over, currency)}"
            )
        return value

    def gift(self) -> GiftRequest:
        """The validated request as the services know it."""
        data = dict(self.validated_data)
        donor = dict(data.pop("donor"))
        address = donor.pop("address") or {}
        donor["language"] = donor["language"] or ""
        return GiftRequest(
            donor=DonorDetails(**donor, address=dict(address)),
            fund_code=data.pop("fund"),
            campaign_code=data.pop("campaign"),
            tribute=tribute_read(data.pop("tribute")),
            **data,
        )


class MonthlyGiftRequestSerializer(GiftRequestSerializer):
    """A plan: the first gift is taken today, then again and again on its day, until it ends if it does."""

    interval = serializers.ChoiceField(
        choices=PlanInterval.choices,
        default=PlanInterval.MONTH,
        help_text="One of the giving page's `intervals`.",
    )
    collection_day = serializers.IntegerField(
        min_value=1,
        max_value=31,
        required=False,
        allow_null=True,
        default=None,
        help_text="Day of the month; the 29th to 31st, of a monthly plan only, are the last day of "
        "shorter months. A weekly plan keeps today's day of the week.",
    )
    ends_on = serializers.DateField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The last day that may be charged; not together with gifts_limit.",
    )
    gifts_limit = serializers.IntegerField(
        min_value=2,
        max_value=400,
        required=False,
        allow_null=True,
        default=None,
        help_text="How many gifts in all, today's with them.",
    )

    def validate_interval(self, value: str) -> PlanInterval:
        """Only what the charity offers."""
        if value not in intervals_offered():
            offered = ", ".join(intervals_offered())
            raise serializers.ValidationError(f"Choose how often: {offered}.")
        return PlanInterval(value)

    def validate_ends_on(self, value: date | None) -> date | None:
        """A day that a calendar can count on from."""
        if value and value.year > 2199:
            raise serializers.ValidationError("Choose a day before 2200.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What does not go together is refused by the name of the field."""
        interval, day = attrs["interval"], attrs["collection_day"]
        if attrs["ends_on"] is not None and attrs["gifts_limit"] is not None:
            raise serializers.ValidationError(
                {"gifts_limit": "Choose an end date or a number of gifts, not both."}
            )
        if day is not None and interval == PlanInterval.WEEK:
            raise serializers.ValidationError(
                {"collection_day": "A weekly plan keeps today's day of the week."}
            )
        if day is not None and day > 28 and interval != PlanInterval.MONTH:
            raise serializers.ValidationError({"collection_day": "Choose a day from 1 to 28."})
        return attrs


class GiftStartedSerializer(serializers.Serializer[GiftStarted]):
    """A gift that waits for the donor's card."""

    reference = serializers.CharField(source="donation.reference")
    client_secret = serializers.CharField()
    kind = serializers.ChoiceField(choices=DonationKind.choices, source="donation.kind")
    status = serializers.ChoiceField(choices=DonationStatus.choices, source="donation.status")
    amount_minor = serializers.IntegerField(source="donation.amount_minor")
    fee_cover_minor = serializers.IntegerField(source="donation.fee_cover_minor")
    total_minor = serializers.IntegerField(source="donation.total_minor")
    currency = serializers.CharField(source="donation.currency")
    next_collection_on = serializers.DateField(
        source="donation.subscription.next_collection_on", allow_null=True, default=None
    )


class FailureSerializer(serializers.Serializer[Any]):
    """Why a payment failed, in words that a donor can act on."""

    code = serializers.CharField()
    message = serializers.CharField()


class GiftStateSerializer(serializers.Serializer[Donation]):
    """Where a gift is. No personal data: whoever has the reference may see it."""

    reference = serializers.CharField()
    kind = serializers.ChoiceField(choices=DonationKind.choices)
    status = serializers.ChoiceField(choices=DonationStatus.choices)
    amount_minor = serializers.IntegerField()
    fee_cover_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()
    currency = serializers.CharField()
    fund_name = serializers.CharField(source="fund.name")
    failure = serializers.SerializerMethodField()
    receipt_issued = serializers.SerializerMethodField()
    next_collection_on = serializers.DateField(
        source="subscription.next_collection_on", allow_null=True, default=None
    )
    interval = serializers.ChoiceField(
        choices=PlanInterval.choices,
        source="subscription.interval",
        allow_null=True,
        default=None,
        help_text="How often its plan gives; null of a gift given once.",
    )

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_failure(self, donation: Donation) -> "dict[str, str] | None":
        """The reason, when the gift failed."""
        if not donation.failure_code:
            return None
        return {
            "code": donation.failure_code,
            "message": _FAILURES.get(donation.failure_code, _DECLINED),
        }

    def get_receipt_issued(self, donation: Donation) -> bool:
        """Whether a receipt number was given."""
        return hasattr(donation, "receipt")
