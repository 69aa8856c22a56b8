"""What staff were told by e-mail, and whether it still stands."""

from typing import ClassVar

from django.db import models

from api.models.fields import status_check


class AlertKind(models.TextChoices):
    """What needs a person."""

    FAILED_EVENTS = "failed_events", "Events from Stripe failed"
    DISPUTE = "dispute", "A dispute waits for us"
    PLANS = "plans", "Plans differed from Stripe and were mended"
    DIFFERENCES = "differences", "The books and Stripe's statement differ"
    BACKUP = "backup", "A backup or its restore drill failed"


class Alert(models.Model):
    """One thing that staff are told once: one open alert per kind and subject, whoever finds it."""

    kind = models.CharField(max_length=16, choices=AlertKind)
    subject = models.CharField(max_length=255, blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("alert_kind_is_known", AlertKind, "kind"),
            models.UniqueConstraint(
                fields=["kind", "subject"],
                name="alert_is_open_once",
                condition=models.Q(closed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject}".strip()
