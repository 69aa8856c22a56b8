"""What the giving page needs to know."""

from typing import Any

from rest_framework import serializers

from api.models import PlanInterval


class CharitySerializer(serializers.Serializer[Any]):
    """Who asks."""

    name = serializers.CharField()
    number = serializers.CharField()
    status_line = serializers.CharField()
    email = serializers.EmailField()
    address = serializers.CharField()


class SuggestionsSerializer(serializers.Serializer[Any]):
    """Suggested amounts, minor units."""

    once = serializers.ListField(child=serializers.IntegerField())
    monthly = serializers.ListField(child=serializers.IntegerField())


class FundSerializer(serializers.Serializer[Any]):
    """What a gift may be for."""

    code = serializers.CharField()
    name = serializers.CharField()
    purpose = serializers.CharField()


class FeeSerializer(serializers.Serializer[Any]):
    """The estimated fee that a donor may cover."""

    percent_basis_points = serializers.IntegerField()
    fixed_minor = serializers.IntegerField()


class StripeSerializer(serializers.Serializer[Any]):
    """What the card form needs; the key is publishable."""

    publishable_key = serializers.CharField()
    script_url = serializers.URLField()


class GivingSerializer(serializers.Serializer[Any]):
    """The giving page's facts. Amounts in minor units."""

    charity = CharitySerializer()
    currency = serializers.CharField(help_text="What the page starts with.")
    currencies = serializers.ListField(
        child=serializers.CharField(),
        help_text="What may be given. Limits, suggestions and fee count in minor units of each alike.",
    )
    intervals = serializers.ListField(
        child=serializers.ChoiceField(choices=PlanInterval.choices),
        help_text="How often may be given, beside once.",
    )
    minimum_minor = serializers.IntegerField()
    maximum_minor = serializers.IntegerField()
    suggestions = SuggestionsSerializer()
    impact = serializers.DictField(child=serializers.CharField())
    funds = FundSerializer(many=True)
    fee = FeeSerializer()
    collection_days = serializers.ListField(child=serializers.IntegerField())
    stripe = StripeSerializer()
