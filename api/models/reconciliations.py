"""What came of holding our books against Stripe's."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.donations import Donation
from api.models.fields import status_check
from api.models.payouts import Payout


class ReconciliationStage(models.TextChoices):
    """What a comparison is doing, in the order in which it does it."""

    WAITING = "waiting", "Waiting to begin"
    MENDING = "mending", "Asking Stripe for anything we missed"
    VERIFYING = "verifying", "Checking that the books were not changed"
    COMPARING = "comparing", "Comparing with Stripe's statement, line by line"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Could not be finished"


class Reconciliation(models.Model):
    """One comparison of a period: from (inclusive) to (exclusive), UTC.

    `totals`: per currency, in minor units, what Stripe's statement and our books say of the period.
    `sealed` and `chain_head`: how long the chain over the books was, and its last digest.
    """

    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lines = models.PositiveIntegerField(default=0)
    totals = models.JSONField(default=dict)
    stage = models.CharField(
        max_length=16, choices=ReconciliationStage, default=ReconciliationStage.WAITING
    )
    error = models.CharField(max_length=300, blank=True)
    # None: the nightly comparison, or one from the command line.
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sealed = models.PositiveBigIntegerField(default=0)
    chain_head = models.CharField(max_length=64, blank=True)
    chain_broken = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("reconciliation_stage_is_known", ReconciliationStage, "stage"),
        ]

    def __str__(self) -> str:
        return f"{self.begins_at:%Y-%m-%d} to {self.ends_at:%Y-%m-%d}"


class DifferenceKind(models.TextChoices):
    """What does not fit."""

    NOT_HERE = "not_here", "On Stripe's statement, not in our books"
    NOT_AT_STRIPE = "not_at_stripe", "In our books, not on Stripe's statement"
    LINE_DIFFERS = "line_differs", "Stripe's statement says something else"
    UNKNOWN_MONEY = "unknown_money", "Money of no gift or payout of ours"
    GIFT_UNEXPLAINED = "gift_unexplained", "A gift whose money does not add up"
    PAYOUT_UNEXPLAINED = "payout_unexplained", "A payout whose money does not add up"
    STATUS_DIFFERS = "status_differs", "A gift whose status and books disagree"
    BALANCE_DIFFERS = "balance_differs", "Stripe holds another balance"


class Difference(models.Model):
    """One thing that does not fit: what, by how much (minor units), why, and what to do."""

    reconciliation = models.ForeignKey(
        Reconciliation, on_delete=models.CASCADE, related_name="differences"
    )
    kind = models.CharField(max_length=24, choices=DifferenceKind)
    subject = models.CharField(max_length=255)
    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, null=True, related_name="+")
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, null=True, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    explanation = models.CharField(max_length=300)
    advice = models.CharField(max_length=300)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar = [
            status_check("difference_kind_is_known", DifferenceKind, "kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"
