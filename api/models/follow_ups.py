"""What staff did about a payment that did not come."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.donations import Donation
from api.models.fields import REFERENCE_LENGTH, reference_new, status_check


class FollowUpKind(models.TextChoices):
    """What was done."""

    LINK = "link", "Link sent"
    RETRY = "retry", "Tried again"
    WRITE_OFF = "write_off", "Written off"


class FollowUpOutcome(models.TextChoices):
    """What Stripe answered to a try; nothing while no answer came. The money itself comes by events."""

    TAKEN = "taken", "Stripe took it"
    DECLINED = "declined", "Declined again"
    REFUSED = "refused", "Stripe refused to try"


class FollowUp(models.Model):
    """One deed. `reference` is made with the form, so that a second click is the same deed."""

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="follow_ups")
    kind = models.CharField(max_length=12, choices=FollowUpKind)
    note = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=12, choices=FollowUpOutcome, blank=True)
    outcome_code = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("follow_up_kind_is_known", FollowUpKind, "kind"),
            models.UniqueConstraint(
                fields=["donation"],
                name="donation_is_written_off_once",
                condition=models.Q(kind="write_off", undone_at=None),
            ),
            models.UniqueConstraint(
                fields=["donation"],
                name="donation_is_tried_by_one",
                condition=models.Q(kind="retry", outcome=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
