"""Gifts, and the moves of their status."""

from typing import ClassVar

from django.db import models

from api.clock import now
from api.models.campaigns import Campaign
from api.models.donors import Donor
from api.models.fields import REFERENCE_LENGTH, currency_check, reference_new, status_check
from api.models.funds import Fund
from api.models.subscriptions import Subscription
from api.models.tributes import Tribute


class DonationKind(models.TextChoices):
    """How often."""

    ONE_OFF = "one_off", "One-off"
    # By the name that programs know; its plan may give in another rhythm.
    MONTHLY = "monthly", "Regular"


class DonationStatus(models.TextChoices):
    """Where a gift is on its way from a promise to money."""

    CREATED = "created", "Started"
    REQUIRES_ACTION = "requires_action", "Waiting for the donor's bank"
    PROCESSING = "processing", "Being confirmed"
    SUCCEEDED = "succeeded", "Paid"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    PART_REFUNDED = "part_refunded", "Partly refunded"
    REFUNDED = "refunded", "Refunded"
    DISPUTED = "disputed", "Disputed"
    CHARGED_BACK = "charged_back", "Taken back by the donor's bank"


_S = DonationStatus
# The money came; what happened to it since may change to and fro (a refund fails, a dispute is won).
DONATION_PAID = frozenset(
    {_S.SUCCEEDED, _S.PART_REFUNDED, _S.REFUNDED, _S.DISPUTED, _S.CHARGED_BACK}
)
DONATION_TAKEN_BACK = frozenset({_S.DISPUTED, _S.CHARGED_BACK})
# Money that comes is always recorded, even for a gift that we had given up.
DONATION_MOVES: dict[DonationStatus, frozenset[DonationStatus]] = {
    _S.CREATED: frozenset(
        {_S.REQUIRES_ACTION, _S.PROCESSING, _S.SUCCEEDED, _S.FAILED, _S.CANCELLED}
    ),
    _S.REQUIRES_ACTION: frozenset({_S.PROCESSING, _S.SUCCEEDED, _S.FAILED, _S.CANCELLED}),
    _S.PROCESSING: frozenset({_S.SUCCEEDED, _S.FAILED, _S.CANCELLED}),
    _S.FAILED: frozenset({_S.REQUIRES_ACTION, _S.PROCESSING, _S.SUCCEEDED, _S.CANCELLED}),
    _S.CANCELLED: frozenset({_S.SUCCEEDED}),
    **{status: DONATION_PAID - {status} for status in DONATION_PAID},
}
DONATION_FINAL = DONATION_PAID | {_S.CANCELLED}
# No money yet, and it may still come.
DONATION_OPEN = frozenset({_S.CREATED, _S.REQUIRES_ACTION, _S.PROCESSING, _S.FAILED})


class DonationQuerySet(models.QuerySet["Donation"]):
    """Named filters."""

    def settled(self) -> "DonationQuerySet":
        """Gifts whose money we have."""
        return self.filter(status__in=DONATION_PAID)


class Donation(models.Model):
    """One gift, one-off or one month of a plan. Amounts in minor units of `currency`."""

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    kind = models.CharField(max_length=8, choices=DonationKind)
    # Donor, fund and appeal have their index below, in the order of the tables.
    donor = models.ForeignKey(
        Donor, on_delete=models.PROTECT, related_name="donations", db_index=False
    )
    fund = models.ForeignKey(
        Fund, on_delete=models.PROTECT, related_name="donations", db_index=False
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, null=True, blank=True, related_name="donations"
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="donations",
        db_index=False,
    )
    # Few have one: its index, below, holds those alone.
    tribute = models.ForeignKey(
        Tribute,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="donations",
        db_index=False,
    )
    amount_minor = models.BigIntegerField()
    fee_cover_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    is_anonymous = models.BooleanField(default=False)
    message = models.TextField(max_length=500, blank=True)
    status = models.CharField(max_length=16, choices=DonationStatus, default=DonationStatus.CREATED)
    failure_code = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=64, unique=True, null=True, blank=True)
    request_fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    # What the form says of a donor whom we know otherwise: it counts once the gift is paid.
    donor_details = models.JSONField(null=True, editable=False)
    stripe_payment_intent_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    stripe_invoice_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    stripe_event_at = models.DateTimeField(null=True, blank=True)
    # Not auto_now_add: what is brought in from a history has its own date.
    created_at = models.DateTimeField(default=now, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = DonationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("donation_status_is_known", DonationStatus),
            status_check("donation_kind_is_known", DonationKind, "kind"),
            currency_check("donation_currency_is_iso"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0), name="donation_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(fee_cover_minor__gte=0), name="donation_cover_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="one_off", subscription=None)
                | models.Q(kind="monthly", subscription__isnull=False),
                name="donation_monthly_has_its_plan",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at", "id"],
                # The tracker's funnel counts and sums from the index alone.
                include=["status", "currency", "amount_minor", "fee_cover_minor"],
                name="donation_by_created",
            ),
            models.Index(fields=["donor", "created_at", "id"], name="donation_of_donor"),
            models.Index(fields=["fund", "created_at", "id"], name="donation_of_fund"),
            models.Index(
                fields=["campaign", "created_at", "id"],
                name="donation_of_campaign",
                condition=models.Q(campaign__isnull=False),
            ),
            models.Index(
                fields=["status", "created_at", "id"],
                name="donation_not_just_paid",
                condition=~models.Q(status="succeeded"),
            ),
            models.Index(
                fields=["created_at", "id"],
                name="donation_with_message",
                condition=~models.Q(message=""),
            ),
            models.Index(
                fields=["created_at", "id"],
                name="donation_with_tribute",
                condition=models.Q(tribute__isnull=False),
            ),
            models.Index(
                fields=["tribute"],
                name="donation_of_tribute",
                condition=models.Q(tribute__isnull=False),
            ),
            models.Index(
                models.F("amount_minor") + models.F("fee_cover_minor"),
                "id",
                name="donation_by_total",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def total_minor(self) -> int:
        """What the donor pays, fee cover included, in minor units."""
        return self.amount_minor + self.fee_cover_minor


class DonationMove(models.Model):
    """One step of a donation's status: from, to, why, and when: by Stripe's word until the money came."""

    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="moves")
    from_status = models.CharField(max_length=16, choices=DonationStatus)
    to_status = models.CharField(max_length=16, choices=DonationStatus)
    why = models.CharField(max_length=120)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar = [
            # Failures are few among the moves: what failed in a month is found by this.
            models.Index(
                fields=["at"], name="donation_failed_at", condition=models.Q(to_status="failed")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_status} -> {self.to_status}"
