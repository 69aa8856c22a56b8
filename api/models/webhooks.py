"""The inbox: every event that Stripe sent, as it came."""

from typing import ClassVar

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models.fields.json import KT

from api.models.fields import status_check

# Where an event says what it is about (docs.stripe.com/api/events/object).
EVENT_THING = KT("payload__data__object__id")
EVENT_INTENT = KT("payload__data__object__payment_intent")
EVENT_INVOICE = KT("payload__data__object__invoice")


class WebhookStatus(models.TextChoices):
    """How far we are with an event."""

    WAITING = "waiting", "Waiting"
    HANDLED = "handled", "Handled"
    IGNORED = "ignored", "Kept, nothing to do"
    UNPLACED = "unplaced", "Kept, not about a gift of ours (yet)"
    FAILED = "failed", "Failed: needs a person"


class WebhookEvent(models.Model):
    """One event. Stored once by Stripe's id before we answer; handled by the worker after."""

    stripe_event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=120)
    api_version = models.CharField(max_length=40, blank=True)
    payload = models.JSONField()
    route = models.CharField(max_length=80)
    status = models.CharField(max_length=8, choices=WebhookStatus, default=WebhookStatus.WAITING)
    note = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.TextField(blank=True)
    stripe_created_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True, blank=True)

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
            # By hash: a B-tree refuses long values, and an event must never be refused for one.
            HashIndex(EVENT_THING, name="webhook_thing"),
            HashIndex(EVENT_INTENT, name="webhook_intent"),
            HashIndex(EVENT_INVOICE, name="webhook_invoice"),
        ]

    def __str__(self) -> str:
        return self.stripe_event_id
