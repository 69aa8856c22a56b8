"""Money given back to donors."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.donations import Donation
from api.models.fields import REFERENCE_LENGTH, currency_check, reference_new, status_check


class RefundStatus(models.TextChoices):
    """How far a refund is, in Stripe's words (docs.stripe.com/refunds)."""

    ASKED = "asked", "Asked for"
    PENDING = "pending", "On its way"
    REQUIRES_ACTION = "requires_action", "Waiting for the donor"
    SUCCEEDED = "succeeded", "Given back"
    FAILED = "failed", "Failed: the money came back to us"
    CANCELLED = "cancelled", "Cancelled"


_R = RefundStatus
# Forward only, so that events may come in any order. A bank may return one that had succeeded.
REFUND_MOVES: dict[RefundStatus, frozenset[RefundStatus]] = {
    _R.ASKED: frozenset(
        {_R.PENDING, _R.REQUIRES_ACTION, _R.SUCCEEDED, _R.FAILED, _R.CANCELLED},
    ),
    _R.PENDING: frozenset({_R.REQUIRES_ACTION, _R.SUCCEEDED, _R.FAILED, _R.CANCELLED}),
    _R.REQUIRES_ACTION: frozenset({_R.SUCCEEDED, _R.FAILED, _R.CANCELLED}),
    _R.SUCCEEDED: frozenset({_R.FAILED, _R.CANCELLED}),
    _R.FAILED: frozenset(),
    _R.CANCELLED: frozenset(),
}
REFUND_UNDONE = frozenset({_R.FAILED, _R.CANCELLED})
REFUND_TAKEN = frozenset({_R.PENDING, _R.REQUIRES_ACTION, _R.SUCCEEDED})


class RefundReason(models.TextChoices):
    """Why, as Stripe takes it."""

    ASKED_BY_DONOR = "requested_by_customer", "The donor asked for it"
    DUPLICATE = "duplicate", "Given twice"
    FRAUDULENT = "fraudulent", "Not the card holder's will"


class Refund(models.Model):
    """One refund of a donation, made here or in Stripe. Amount in minor units, always positive."""

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=16, choices=RefundStatus, default=RefundStatus.ASKED)
    reason = models.CharField(max_length=32, blank=True)
    note = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    failure_reason = models.CharField(max_length=64, blank=True)
    stripe_refund_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("refund_status_is_known", RefundStatus),
            currency_check("refund_currency_is_iso"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0), name="refund_amount_is_positive"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at", "id"], name="refund_by_created")]

    def __str__(self) -> str:
        return self.stripe_refund_id or self.reference
