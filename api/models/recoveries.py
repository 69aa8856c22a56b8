"""Payments of plans that failed, and what is done to win them back."""

from typing import ClassVar

from django.db import models

from api.models.donations import Donation
from api.models.fields import REFERENCE_LENGTH, currency_check, reference_new, status_check
from api.models.subscriptions import Subscription


class RecoveryState(models.TextChoices):
    """What became of it."""

    OPEN = "open", "At risk"
    RECOVERED = "recovered", "Won back"
    LOST = "lost", "Lost"


class RecoveredBy(models.TextChoices):
    """What brought the money."""

    RETRY = "retry", "A retry of ours"
    DONOR = "donor", "The donor, after we wrote"
    OTHER = "other", "By itself"


class Recovery(models.Model):
    """One failed payment of a plan. Money in minor units: what the bill asks for.

    `reason` is Stripe's code of the last failure, `group` the policy's name for what is done then.
    `steps_done` counts the steps of the schedule that were carried out; `next_step_at` is when the
    next one is due, None when nothing is.
    """

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="recoveries"
    )
    donation = models.OneToOneField(Donation, on_delete=models.PROTECT, related_name="recovery")
    stripe_invoice_id = models.CharField(max_length=255, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, choices=RecoveryState, default=RecoveryState.OPEN)
    reason = models.CharField(max_length=64, blank=True)
    group = models.CharField(max_length=40, blank=True)
    policy = models.CharField(max_length=80)
    is_held = models.BooleanField(default=False)
    # What is done at `next_step_at`.
    next_deed = models.CharField(max_length=8, blank=True)
    # When the last step was due: the next one is the first after it.
    last_step_at = models.DateTimeField(null=True, blank=True)
    steps_done = models.PositiveSmallIntegerField(default=0)
    next_step_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    recovered_by = models.CharField(max_length=8, choices=RecoveredBy, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("recovery_state_is_known", RecoveryState, "state"),
            currency_check("recovery_currency_is_iso"),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at=None)
                | (~models.Q(state="open") & models.Q(closed_at__isnull=False)),
                name="recovery_is_open_or_closed",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_step_at"],
                name="recovery_due",
                condition=models.Q(state="open", next_step_at__isnull=False),
            ),
            models.Index(fields=["opened_at", "id"], name="recovery_by_opened"),
        ]

    def __str__(self) -> str:
        return self.reference


class RecoveryDeed(models.TextChoices):
    """What a step does."""

    RETRY = "retry", "Tried again"
    WRITE = "write", "Wrote to the donor"
    FINAL = "final", "Wrote for the last time"
    END = "end", "Gave up"


class RecoveryStep(models.Model):
    """A step that was carried out. Its number in the schedule makes it happen once.

    `outcome` of a retry: taken, or Stripe's code; empty while Stripe has not answered.
    """

    recovery = models.ForeignKey(Recovery, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField()
    deed = models.CharField(max_length=8, choices=RecoveryDeed)
    outcome = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar = [
            status_check("recovery_deed_is_known", RecoveryDeed, "deed"),
            models.UniqueConstraint(fields=["recovery", "number"], name="recovery_step_is_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.deed}"
