"""The donor's own page: what it asks and what it is told."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.clock import charity_date
from api.models import (
    ConsentChannel,
    Donation,
    DonationKind,
    DonationStatus,
    Language,
    PlanInterval,
)
from api.serializers.donations import (
    AddressSerializer,
    MinorField,
    TextField,
    TributeSerializer,
)
from api.serializers.donor_passkeys import DonorPasskeySerializer

_REFERENCE = r"^[A-Za-z0-9]{8,20}$"


class DonorLinkAskSerializer(serializers.Serializer[Any]):
    """A wish for a link."""

    email = serializers.EmailField(
        max_length=254,
        error_messages={
            "blank": "Enter your e-mail address",
            "required": "Enter your e-mail address",
            "invalid": "Enter an e-mail address like name@example.org",
        },
    )


class DonorLinkUseSerializer(serializers.Serializer[Any]):
    """A link that was opened. `is_confirmed`: the button was pressed."""

    token = serializers.CharField(max_length=200)
    is_confirmed = serializers.BooleanField(default=False)


class DonorPasswordSignInSerializer(serializers.Serializer[Any]):
    """Address and password."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)


class DonorPasswordSerializer(serializers.Serializer[Any]):
    """A password to sign in with; empty: none any more."""

    password = serializers.CharField(
        max_length=1024, trim_whitespace=False, allow_blank=True, write_only=True
    )


class EmailAnswerSerializer(serializers.Serializer[Any]):
    """Yes or no to a change of address, from one of both."""

    token = serializers.CharField(max_length=200)
    says_yes = serializers.BooleanField()


class EmailAnsweredSerializer(serializers.Serializer[Any]):
    """What came of it."""

    state = serializers.ChoiceField(choices=["refused", "waiting", "done"])


class ConsentChoiceSerializer(serializers.Serializer[Any]):
    """One way of hearing from us. `wording` is what is kept with a yes: show it as it is."""

    channel = serializers.ChoiceField(choices=ConsentChannel.choices)
    wording = serializers.CharField(read_only=True)
    is_given = serializers.BooleanField()


class ConsentChooseSerializer(serializers.Serializer[Any]):
    """A yes or no. `language`: in which the wording was shown."""

    channel = serializers.ChoiceField(choices=ConsentChannel.choices)
    is_given = serializers.BooleanField()
    language = serializers.ChoiceField(choices=Language.choices, default=Language.ENGLISH)


class DonorPersonSerializer(serializers.Serializer[Any]):
    """One name under which gifts came from the address."""

    reference = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField()
    language = serializers.ChoiceField(choices=Language.choices)
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    postcode = serializers.CharField()
    country = serializers.CharField()
    consents = ConsentChoiceSerializer(many=True)


class DonorMeSerializer(serializers.Serializer[Any]):
    """Who is signed in. `email_new`: an address that waits to be confirmed."""

    email = serializers.EmailField()
    email_new = serializers.EmailField(allow_null=True)
    has_password = serializers.BooleanField()
    passkeys = DonorPasskeySerializer(many=True)
    people = DonorPersonSerializer(many=True)


class DonorDetailsSerializer(AddressSerializer):
    """Address, telephone and language; what is not sent stays."""

    phone = TextField(max_length=40, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=Language.choices, required=False)

    def changes(self) -> dict[str, str]:
        """Only what was sent."""
        asked: Any = self.initial_data
        return {name: value for name, value in self.validated_data.items() if name in asked}


class DonorGiftSerializer(serializers.Serializer[Donation]):
    """One gift of the donor's."""

    reference = serializers.CharField()
    on = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=DonationKind.choices)
    status = serializers.ChoiceField(choices=DonationStatus.choices)
    total_minor = serializers.IntegerField()
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()
    fund_name = serializers.CharField(source="fund.name")
    fund = serializers.CharField(source="fund.code")
    tribute = TributeSerializer(allow_null=True)
    receipt_number = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DateField())
    def get_on(self, donation: Donation) -> str:
        """The day where the charity is."""
        return charity_date(donation.settled_at or donation.created_at).isoformat()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_receipt_number(self, donation: Donation) -> str | None:
        """None while there is no receipt."""
        return donation.receipt.number if hasattr(donation, "receipt") else None


class DonorGiftsSerializer(serializers.Serializer[Any]):
    """One page of gifts; `next` is sent as `after` for the one that follows, empty on the last."""

    gifts = DonorGiftSerializer(many=True, source="rows")
    next = serializers.CharField(allow_blank=True)


class DonorCloseSerializer(serializers.Serializer[Any]):
    """The donor's address, typed by the donor, to close the account for good."""

    email = serializers.CharField(max_length=254)


class PlanChargeSerializer(serializers.Serializer[Any]):
    """A coming date of a plan. `why`: why it is left out, or differs."""

    on = serializers.DateField()
    amount_minor = serializers.IntegerField()
    is_taken = serializers.BooleanField()
    why = serializers.ChoiceField(choices=["skipped", "paused", "changed_amount"], allow_null=True)


class FailedGiftSerializer(serializers.Serializer[Any]):
    """A gift that is still to be paid, and what helps."""

    reference = serializers.CharField()
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()
    failed_on = serializers.DateField()
    reason = serializers.CharField()
    needs = serializers.ChoiceField(choices=["pay", "confirm", "card"])


class DonorPlanSerializer(serializers.Serializer[Any]):
    """A plan, its next 12 charges with what is left out between them, and what may be done with it."""

    reference = serializers.CharField(source="plan.reference")
    status = serializers.CharField(source="plan.status")
    is_over = serializers.BooleanField()
    amount_minor = serializers.IntegerField(source="plan.amount_minor")
    fee_cover_minor = serializers.IntegerField(source="plan.fee_cover_minor")
    total_minor = serializers.IntegerField(source="plan.total_minor")
    currency = serializers.CharField(source="plan.currency")
    interval = serializers.ChoiceField(choices=PlanInterval.choices, source="plan.interval")
    day = serializers.IntegerField(source="plan.collection_day")
    fund = serializers.CharField(source="plan.fund.code")
    fund_name = serializers.CharField(source="plan.fund.name")
    tribute = TributeSerializer(source="plan.tribute", allow_null=True)
    method = serializers.CharField(source="plan.method")
    card_expires_on = serializers.DateField(source="plan.card_expires_on", allow_null=True)
    is_debit = serializers.BooleanField(source="plan.is_debit")
    is_paused = serializers.BooleanField(source="plan.is_paused")
    is_skipping = serializers.BooleanField(source="plan.is_skipping")
    resumes_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(source="plan.ends_on", allow_null=True)
    gifts_limit = serializers.IntegerField(source="plan.gifts_limit", allow_null=True)
    coming = PlanChargeSerializer(many=True)
    failed = FailedGiftSerializer(allow_null=True)
    may = serializers.ListField(child=serializers.CharField())


class DonorPlansSerializer(serializers.Serializer[Any]):
    """All plans of a donor."""

    plans = DonorPlanSerializer(many=True)


class LinkedPlanSerializer(serializers.Serializer[Any]):
    """What a link opens."""

    purpose = serializers.ChoiceField(choices=["plan", "pay", "confirm", "card", "pause", "stop"])
    plan = DonorPlanSerializer()


class DeedSerializer(serializers.Serializer[Any]):
    """What every change sends: `reference` is made with the form, and sent again it is the same change."""

    reference = serializers.RegexField(
        _REFERENCE, error_messages={"invalid": "Use 8 to 20 letters and digits."}
    )


class PlanAmountSerializer(DeedSerializer):
    """Another amount, without the fee cover."""

    amount_minor = MinorField(min_value=1, max_value=10**12)
    covers_fee = serializers.BooleanField(required=False, allow_null=True, default=None)


class PlanDaySerializer(DeedSerializer):
    """Another day of the month, or of the week."""

    day = serializers.IntegerField(min_value=1, max_value=31)


class PlanFundSerializer(DeedSerializer):
    """Another fund."""

    fund = serializers.SlugField(max_length=40)


class PlanTributeSerializer(serializers.Serializer[Any]):
    """What the coming gifts say of somebody; null: nothing any more."""

    tribute = TributeSerializer(allow_null=True)


class PlanPauseSerializer(DeedSerializer):
    """Nothing before a date."""

    until = serializers.DateField()


class PlanCancelSerializer(DeedSerializer):
    """Stop for good; why, if the donor likes to say."""

    why = TextField(max_length=200, required=False, allow_blank=True, default="")


class PlanMethodSerializer(DeedSerializer):
    """A SetupIntent that the browser has confirmed."""

    setup_id = serializers.RegexField(r"^seti_[A-Za-z0-9]{1,200}$")


class PlanSetupSerializer(serializers.Serializer[Any]):
    """What the browser confirms."""

    client_secret = serializers.CharField()


class PlanRetrySerializer(serializers.Serializer[Any]):
    """What a try to pay came to; with a `client_secret` the bank wants to be answered."""

    is_taken = serializers.BooleanField()
    code = serializers.CharField()
    client_secret = serializers.CharField()
    plan = DonorPlanSerializer()


class PlanAgainSerializer(DeedSerializer):
    """One more gift, with what the plan is paid with."""

    amount_minor = MinorField(
        min_value=settings.GIFT_MINIMUM_MINOR, max_value=settings.GIFT_MAXIMUM_MINOR
    )
    fund = serializers.SlugField(max_length=40, required=False, allow_blank=True, default="")
