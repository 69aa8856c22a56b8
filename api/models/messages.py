"""E-mails: one row each, with what was sent and how it went."""

from typing import ClassVar

from django.db import models

from api.models.alerts import Alert
from api.models.donations import Donation
from api.models.fields import status_check
from api.models.follow_ups import FollowUp
from api.models.report_runs import ReportRun


class MessageKind(models.TextChoices):
    """Why we wrote."""

    RECEIPT = "receipt", "Receipt"
    ALERT = "alert", "Alert to staff"
    GIVE_LINK = "give_link", "Link to give"
    REPORT = "report", "A report is ready"


class MessageState(models.TextChoices):
    """How far an e-mail is."""

    QUEUED = "queued", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    KEPT = "kept", "Kept here (no SMTP set)"
    FAILED = "failed", "Refused by the mail server"


class Message(models.Model):
    """One e-mail: to a donor about a donation, unique per kind, so that nobody is thanked twice for
    one gift, or once per deed of staff; or to staff about an alert, or about a report that was made
    for them, once.
    """

    donation = models.ForeignKey(
        Donation, on_delete=models.PROTECT, null=True, blank=True, related_name="messages"
    )
    alert = models.OneToOneField(
        Alert, on_delete=models.PROTECT, null=True, blank=True, related_name="message"
    )
    follow_up = models.OneToOneField(
        FollowUp, on_delete=models.PROTECT, null=True, blank=True, related_name="message"
    )
    report_run = models.OneToOneField(
        ReportRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="message"
    )
    kind = models.CharField(max_length=16, choices=MessageKind)
    state = models.CharField(max_length=8, choices=MessageState, default=MessageState.QUEUED)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    message_id = models.CharField(max_length=120, unique=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("message_state_is_known", MessageState, "state"),
            models.UniqueConstraint(
                fields=["donation", "kind"],
                name="message_is_sent_once",
                condition=models.Q(follow_up=None),
            ),
            models.CheckConstraint(
                condition=models.Q(donation__isnull=False, alert=None, report_run=None)
                | models.Q(donation=None, alert__isnull=False, report_run=None)
                | models.Q(donation=None, alert=None, kind="report"),
                name="message_is_of_one_thing",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="message_failed", condition=models.Q(state="failed"))
        ]

    def __str__(self) -> str:
        return self.subject
