"""Payments that a donor's bank takes back until the dispute is decided."""

from typing import ClassVar

from django.db import models

from api.models.donations import Donation
from api.models.fields import currency_check, status_check


class DisputeStatus(models.TextChoices):
    """How far a dispute is, in Stripe's words (docs.stripe.com/disputes)."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response", "Enquiry: answer it"
    WARNING_UNDER_REVIEW = "warning_under_review", "Enquiry: with the bank"
    WARNING_CLOSED = "warning_closed", "Enquiry closed"
    NEEDS_RESPONSE = "needs_response", "Answer it"
    UNDER_REVIEW = "under_review", "With the bank"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    PREVENTED = "prevented", "Prevented"


_D = DisputeStatus
_DECIDED = frozenset({_D.WON, _D.LOST, _D.PREVENTED})
# Forward only, so that events may come in any order; an enquiry may become a dispute.
DISPUTE_MOVES: dict[DisputeStatus, frozenset[DisputeStatus]] = {
    _D.WARNING_NEEDS_RESPONSE: frozenset(
        {_D.WARNING_UNDER_REVIEW, _D.WARNING_CLOSED, _D.NEEDS_RESPONSE, _D.UNDER_REVIEW}
    )
    | _DECIDED,
    _D.WARNING_UNDER_REVIEW: frozenset({_D.WARNING_CLOSED, _D.NEEDS_RESPONSE, _D.UNDER_REVIEW})
    | _DECIDED,
    _D.WARNING_CLOSED: frozenset({_D.NEEDS_RESPONSE, _D.UNDER_REVIEW}) | _DECIDED,
    _D.NEEDS_RESPONSE: frozenset({_D.UNDER_REVIEW}) | _DECIDED,
    _D.UNDER_REVIEW: _DECIDED,
    _D.WON: frozenset(),
    _D.LOST: frozenset(),
    _D.PREVENTED: frozenset(),
}
DISPUTE_OPEN = frozenset({_D.NEEDS_RESPONSE, _D.UNDER_REVIEW})
DISPUTE_WAITS_FOR_US = frozenset({_D.WARNING_NEEDS_RESPONSE, _D.NEEDS_RESPONSE})


class Dispute(models.Model):
    """One dispute of a donation's payment. Amount in minor units, always positive."""

    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="disputes")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=24, choices=DisputeStatus)
    reason = models.CharField(max_length=64, blank=True)
    evidence_due_at = models.DateTimeField(null=True, blank=True)
    stripe_dispute_id = models.CharField(max_length=255, unique=True)
    opened_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("dispute_status_is_known", DisputeStatus),
            currency_check("dispute_currency_is_iso"),
        ]

    def __str__(self) -> str:
        return self.stripe_dispute_id
