"""Money on its way from Stripe to the charity's bank."""

from typing import ClassVar

from django.db import models

from api.models.fields import currency_check, status_check


class PayoutStatus(models.TextChoices):
    """How far a payout is, in Stripe's words (docs.stripe.com/api/payouts/object)."""

    PENDING = "pending", "Not sent yet"
    IN_TRANSIT = "in_transit", "On its way"
    PAID = "paid", "Paid"
    FAILED = "failed", "Failed: the money came back to Stripe"
    CANCELLED = "cancelled", "Cancelled"


_P = PayoutStatus
# Forward only, so that events may come in any order. A paid payout may still be returned by the bank.
PAYOUT_MOVES: dict[PayoutStatus, frozenset[PayoutStatus]] = {
    _P.PENDING: frozenset({_P.IN_TRANSIT, _P.PAID, _P.FAILED, _P.CANCELLED}),
    _P.IN_TRANSIT: frozenset({_P.PAID, _P.FAILED, _P.CANCELLED}),
    _P.PAID: frozenset({_P.FAILED, _P.CANCELLED}),
    _P.FAILED: frozenset(),
    _P.CANCELLED: frozenset(),
}
PAYOUT_RETURNED = frozenset({_P.FAILED, _P.CANCELLED})


class Payout(models.Model):
    """One payout. Amount in minor units; negative when Stripe takes from the bank."""

    stripe_payout_id = models.CharField(max_length=255, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=16, choices=PayoutStatus)
    is_automatic = models.BooleanField(default=True)
    arrives_on = models.DateField()
    failure_code = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()
    # When the lines that it is made of were read and summed to its amount.
    lines_read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-made_at", "-id"]
        constraints: ClassVar = [
            status_check("payout_status_is_known", PayoutStatus),
            currency_check("payout_currency_is_iso"),
        ]
        indexes: ClassVar = [models.Index(fields=["arrives_on", "id"], name="payout_by_arrival")]

    def __str__(self) -> str:
        return self.stripe_payout_id
