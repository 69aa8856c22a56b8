"""Plans: giving again and again."""

from typing import ClassVar

from django.db import models

from api.clock import now
from api.models.donors import Donor
from api.models.fields import REFERENCE_LENGTH, currency_check, reference_new, status_check
from api.models.funds import Fund
from api.models.tributes import Tribute
from api.money import monthly_equivalent


class SubscriptionStatus(models.TextChoices):
    """Stripe's states of a subscription, in our spelling (docs.stripe.com/api/subscriptions/object)."""

    INCOMPLETE = "incomplete", "Not started"
    ACTIVE = "active", "Active"
    PAST_DUE = "past_due", "Payment failing"
    UNPAID = "unpaid", "Unpaid"
    PAUSED = "paused", "Paused"
    TRIALING = "trialing", "Waiting for its next date"
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


class PlanInterval(models.TextChoices):
    """How often a plan gives."""

    WEEK = "week", "Weekly"
    MONTH = "month", "Monthly"
    QUARTER = "quarter", "Quarterly"
    YEAR = "year", "Yearly"


class Subscription(models.Model):
    """A promise to give the same amount again and again. Amounts in minor units, times UTC.

    What Stripe holds is mirrored here, so that the coming charges are told without asking Stripe
    (api/services/plan_calendar.py): when it bills next and from which anchor it counts, whether it
    pauses, and when it ends.
    """

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="subscriptions")
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT)
    # What its coming gifts say.
    tribute = models.ForeignKey(
        Tribute, on_delete=models.PROTECT, null=True, blank=True, related_name="subscriptions"
    )
    amount_minor = models.BigIntegerField()
    fee_cover_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    interval = models.CharField(max_length=8, choices=PlanInterval, default=PlanInterval.MONTH)
    # Day of the month; of a weekly plan the day of the week, Monday is 1.
    collection_day = models.PositiveSmallIntegerField()
    status = models.CharField(
        max_length=12, choices=SubscriptionStatus, default=SubscriptionStatus.INCOMPLETE
    )
    stripe_subscription_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    # The newest event applied: an older one arriving late changes nothing.
    stripe_event_at = models.DateTimeField(null=True, blank=True)
    stripe_item_id = models.CharField(max_length=255, blank=True)
    next_collection_on = models.DateField(null=True, blank=True)
    # Stripe's billing_cycle_anchor, and the day of the month where a shorter month would hide it.
    anchor_at = models.DateTimeField(null=True, blank=True)
    anchor_day = models.PositiveSmallIntegerField(null=True, blank=True)
    next_bill_at = models.DateTimeField(null=True, blank=True)
    # What the last bill was, while the next one will be another: None when they are the same.
    changed_from_minor = models.BigIntegerField(null=True, blank=True)
    is_paused = models.BooleanField(default=False)
    # Leaves out one bill only; `is_paused` is set with it.
    is_skipping = models.BooleanField(default=False)
    resumes_at = models.DateTimeField(null=True, blank=True)
    cancel_at = models.DateTimeField(null=True, blank=True)
    # What the donor asked for: the last day that may be charged, or how many gifts in all.
    ends_on = models.DateField(null=True, blank=True)
    gifts_limit = models.PositiveSmallIntegerField(null=True, blank=True)
    stripe_payment_method_id = models.CharField(max_length=255, blank=True)
    method_kind = models.CharField(max_length=40, blank=True)
    method = models.CharField(max_length=80, blank=True)
    # The last day of the month that stands on the card.
    card_expires_on = models.DateField(null=True, blank=True)
    stripe_mandate_id = models.CharField(max_length=255, blank=True)
    mandate_reference = models.CharField(max_length=40, blank=True)
    mandate_status = models.CharField(max_length=12, blank=True)
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
                condition=models.Q(collection_day__gte=1, collection_day__lte=31),
                name="subscription_day_in_each_month",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at", "id"], name="subscription_by_created"),
            models.Index(fields=["status", "created_at", "id"], name="subscription_of_status"),
            models.Index(fields=["card_expires_on"], name="subscription_by_card_expiry"),
            models.Index(fields=["stripe_payment_method_id"], name="subscription_by_method"),
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
        """What is taken each time, fee cover included, in minor units."""
        return self.amount_minor + self.fee_cover_minor

    @property
    def monthly_minor(self) -> int:
        """What it gives in an average month, fee cover included, in minor units: what plans are compared by."""
        return monthly_equivalent(self.total_minor, _PER_YEAR[PlanInterval(self.interval)])

    @property
    def is_debit(self) -> bool:
        """Whether it is collected by Bacs Direct Debit, whose payer is told before each change."""
        return self.method_kind == "bacs_debit"


_PER_YEAR = {
    PlanInterval.WEEK: 52,
    PlanInterval.MONTH: 12,
    PlanInterval.QUARTER: 4,
    PlanInterval.YEAR: 1,
}


class SubscriptionMove(models.Model):
    """One step of a plan's status: from, to, why, and when by Stripe's word.

    `amount_minor`: what the plan gave in a month at that time, fee cover included. From a status to
    itself: the plan gives more or less from then on, and it is the difference.
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
