"""Money that came."""

from typing import ClassVar

from django.contrib import admin
from unfold.decorators import display

from api import models
from api.admin.tables import RowAdmin, amount, gift, money


@admin.register(models.Payment)
class PaymentAdmin(RowAdmin):
    """Money that came."""

    noun = "payments"
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
