"""What was asked of a plan: by its donor, by staff, or by us."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.fields import REFERENCE_LENGTH, reference_new, status_check
from api.models.subscriptions import Subscription


class PlanChangeKind(models.TextChoices):
    """What may be asked."""

    AMOUNT = "amount", "Amount changed"
    DAY = "day", "Day changed"
    FUND = "fund", "Fund changed"
    SKIP = "skip", "One gift left out"
    PAUSE = "pause", "Paused"
    RESUME = "resume", "Goes on"
    CANCEL = "cancel", "Stopped"
    METHOD = "method", "Card or account changed"
    RETRY = "retry", "Payment tried again"


class PlanChangeState(models.TextChoices):
    """How far it is."""

    ASKED = "asked", "Asked at Stripe"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused by Stripe"


class PlanChange(models.Model):
    """One deed, written down before Stripe is asked, so that a repeat asks the same under the same key.

    `reference` is made with the form: a second click is the same deed. `before` and `after` hold what
    changed, as JSON of plain values (amounts in minor units, dates ISO). Without `by` the donor asked.
    """

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=8, choices=PlanChangeKind)
    state = models.CharField(max_length=8, choices=PlanChangeState, default=PlanChangeState.ASKED)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    # What Stripe is asked, so that a repeat asks the very same.
    stripe_params = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("plan_change_kind_is_known", PlanChangeKind, "kind"),
            status_check("plan_change_state_is_known", PlanChangeState, "state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
