"""Money that Stripe took for a donation."""

from typing import ClassVar

from django.db import models

from api.models.donations import Donation
from api.models.fields import currency_check


class Payment(models.Model):
    """One successful payment. What really came, in minor units; the fee once Stripe has told it."""

    donation = models.OneToOneField(Donation, on_delete=models.PROTECT, related_name="payment")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee_minor = models.BigIntegerField(null=True, blank=True)
    method = models.CharField(max_length=80, blank=True)
    method_kind = models.CharField(
        max_length=40, blank=True, help_text="Stripe's type: card, bacs_debit ..."
    )
    stripe_payment_intent_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    stripe_charge_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            currency_check("payment_currency_is_iso"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0), name="payment_amount_is_positive"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["received_at", "id"], name="payment_by_received"),
            models.Index(fields=["method_kind", "received_at", "id"], name="payment_of_method"),
            models.Index(fields=["amount_minor", "id"], name="payment_by_amount"),
        ]

    def __str__(self) -> str:
        return self.stripe_payment_intent_id or f"payment {self.pk}"
