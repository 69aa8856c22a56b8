"""Monthly giving."""

from typing import ClassVar

from django.db import models

from api.clock import now
from api.models.donors import Donor
from api.models.fields import REFERENCE_LENGTH, currency_check, reference_new, status_check
from api.models.funds import Fund


class SubscriptionStatus(models.TextChoices):
    """Stripe's states of a subscription, in our spelling (docs.stripe.com/api/subscriptions/object)."""

    INCOMPLETE = "incomplete", "Not started"
    ACTIVE = "active", "Active"
    PAST_DUE = "past_due", "Payment failing"
    UNPAID = "unpaid", "Unpaid"
    PAUSED = "paused", "Paused"
    TRIALING = "trialing", "Waiting for its first date"
    EXPIRED = "expired", "Never started"
    CANCELLED = "cancelled", "Stopped"


_S = SubscriptionStatus
SUBSCRIPTION_ENDED = frozenset({_S.EXPIRED, _S.CANCELLED})
SUBSCRIPTION_FAILING = frozenset({_S.PAST_DUE, _S.UNPAID})
SUBSCRIPTION_LIVE = frozenset({_S.ACTIVE, _S.PAUSED, _S.TRIALING}) | SUBSCRIPTION_FAILING
SUBSCRIPTION_MOVES: dict[SubscriptionStatus, frozenset[SubscriptionStatus]] = {
    _S.INCOMPLETE: SUBSCRIPTION_LIVE | SUBSCRIPTION_ENDED,
    **{status: (SUBSCRIPTION_LIVE - {status}) | {_S.CANCELLED} for status in SUBSCRIPTION_LIVE},
    _S.EXPIRED: frozenset(),
    _S.CANCELLED: frozenset(),
}


class Subscription(models.Model):
    """A promise to give the same amount each month on one day. Amounts in minor units."""

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="subscriptions")
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT)
    amount_minor = models.BigIntegerField()
    fee_cover_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    collection_day = models.PositiveSmallIntegerField()
    status = models.CharField(
        max_length=12, choices=SubscriptionStatus, default=SubscriptionStatus.INCOMPLETE
    )
    stripe_subscription_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    # The newest event applied: an older one arriving late changes nothing.
    stripe_event_at = models.DateTimeField(null=True, blank=True)
    next_collection_on = models.DateField(null=True, blank=True)
    # Not auto_now_add: what is brought in from a history has its own date.
    created_at = models.DateTimeField(default=now, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("subscription_status_is_known", SubscriptionStatus),
            currency_check("subscription_currency_is_iso"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0), name="subscription_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(fee_cover_minor__gte=0), name="subscription_cover_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(collection_day__gte=1, collection_day__lte=28),
                name="subscription_day_in_each_month",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at", "id"], name="subscription_by_created"),
            models.Index(fields=["status", "created_at", "id"], name="subscription_of_status"),
            models.Index(
                models.F("amount_minor") + models.F("fee_cover_minor"),
                "id",
                name="subscription_by_total",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def total_minor(self) -> int:
        """What is taken each month, fee cover included, in minor units."""
        return self.amount_minor + self.fee_cover_minor


class SubscriptionMove(models.Model):
    """One step of a plan's status: from, to, why, and when by Stripe's word.

    `amount_minor`: what the plan gave each month at that time, fee cover included.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="moves")
    from_status = models.CharField(max_length=12, choices=SubscriptionStatus)
    to_status = models.CharField(max_length=12, choices=SubscriptionStatus)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    why = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar = [
            status_check("subscription_move_from_is_known", SubscriptionStatus, "from_status"),
            status_check("subscription_move_to_is_known", SubscriptionStatus, "to_status"),
            currency_check("subscription_move_currency_is_iso"),
        ]

    def __str__(self) -> str:
        return f"{self.from_status} -> {self.to_status}"
