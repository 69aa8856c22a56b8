"""Money that came."""

from typing import ClassVar

from django.contrib import admin
from unfold.decorators import display

from api import models
from api.admin.tables import ReadOnlyAdmin, amount, gift, money


@admin.register(models.Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Money that came."""

    list_display: ClassVar = ["__str__", gift, amount, "fee", "method", "received_at"]
    list_select_related: ClassVar = ["donation__donor"]
    search_fields: ClassVar = [
        "donation__reference",
        "stripe_payment_intent_id",
        "stripe_charge_id",
    ]
    fields: ClassVar = [
        gift,
        amount,
        "fee",
        "method",
        "received_at",
        "stripe_payment_intent_id",
        "stripe_charge_id",
    ]
    readonly_fields = fields

    @display(description="Stripe's fee", ordering="fee_minor", formatting="price")
    def fee(self, row: models.Payment) -> str:
        """What Stripe kept, once it told."""
        return money(row.fee_minor, row.currency)
