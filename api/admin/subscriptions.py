"""Monthly plans."""

from typing import ClassVar

from django.contrib import admin
from unfold.decorators import display

from api import models
from api.admin.tables import RowAdmin, amount, money, tribute_text


@admin.register(models.Subscription)
class SubscriptionAdmin(RowAdmin):
    """Monthly plans."""

    noun = "plans"
    fields: ClassVar = [
        "reference",
        "donor",
        "fund",
        amount,
        "fee_cover",
        "interval",
        "collection_day",
        "ends_on",
        "gifts_limit",
        "tribute_words",
        "status",
        "next_collection_on",
        "created_at",
        "cancelled_at",
        "stripe_subscription_id",
    ]
    readonly_fields = fields

    @display(description="Of it to cover fees", formatting="price")
    def fee_cover(self, row: models.Subscription) -> str:
        """What the donor adds each time so that the gift arrives whole."""
        return money(row.fee_cover_minor, row.currency)

    @display(description="Tribute")
    def tribute_words(self, row: models.Subscription) -> str:
        """What its coming gifts say of somebody."""
        return tribute_text(row.tribute)
