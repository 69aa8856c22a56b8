"""The inbox: every event that Stripe sent, as it came."""

from collections.abc import Iterable
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from api.models.fields import status_check

# Where an event says what it is about (docs.stripe.com/api/events/object).
EVENT_NAMES = tuple(
    f"payload__data__object__{name}" for name in ("id", "payment_intent", "invoice")
)


class WebhookStatus(models.TextChoices):
    """How far we are with an event."""

    WAITING = "waiting", "Waiting"
    HANDLED = "handled", "Handled"
    IGNORED = "ignored", "Kept, nothing to do"
    UNPLACED = "unplaced", "Kept, not about a gift of ours (yet)"
    FAILED = "failed", "Failed: needs a person"


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    """Named filters of events."""

    def naming(self, names: Iterable[str]) -> "WebhookEventQuerySet":
        """Those about one of Stripe's objects: by index, and the few that wait by their payload."""
        wanted = list(names)
        unread = models.Q()
        for name in EVENT_NAMES:
            unread |= models.Q(**{f"{name}__in": wanted})
        return self.filter(
            models.Q(about__overlap=wanted)
            | models.Q(models.Q(status=WebhookStatus.WAITING, about=None), unread)
        )


class WebhookEvent(models.Model):
    """One event. Stored once by Stripe's id before we answer; handled by the worker after."""

    stripe_event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=120)
    api_version = models.CharField(max_length=40, blank=True)
    payload = models.JSONField()
    # Stripe's ids of the object and of the payment or invoice it belongs to; of one that is of no
    # gift, its customer. The worker writes it:
    # at the door, where events come in by the hundred a second, its index would cost too much.
    about = ArrayField(models.CharField(max_length=255), null=True, blank=True, editable=False)
    route = models.CharField(max_length=80)
    # The id of the delivery's request in the logs; the worker's lines about the event bear it too.
    request_id = models.CharField(max_length=64, blank=True, db_default="")
    status = models.CharField(max_length=8, choices=WebhookStatus, default=WebhookStatus.WAITING)
    note = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.TextField(blank=True)
    stripe_created_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        verbose_name = "event from Stripe"
        verbose_name_plural = "events from Stripe"
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [status_check("webhook_status_is_known", WebhookStatus)]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at", "id"],
                name="webhook_waiting",
                condition=models.Q(status="waiting"),
            ),
            models.Index(
                fields=["id"], name="webhook_unplaced", condition=models.Q(status="unplaced")
            ),
            models.Index(fields=["id"], name="webhook_failed", condition=models.Q(status="failed")),
            models.Index(fields=["received_at", "id"], name="webhook_by_received"),
            models.Index(
                fields=["type"], opclasses=["varchar_pattern_ops"], name="webhook_of_type"
            ),
            GinIndex(
                fields=["about"], name="webhook_about", condition=models.Q(about__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_event_id
