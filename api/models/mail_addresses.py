"""E-mail addresses by what mail servers and their readers told us, and the words of e-mails."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.fields import status_check
from api.models.messages import Message, message_kinds


class MailEventKind(models.TextChoices):
    """What became of an e-mail after the server took it."""

    DELIVERED = "delivered", "Arrived"
    DEFERRED = "deferred", "Late: their server asks us to wait"
    BOUNCED = "bounced", "Came back: no such address"
    COMPLAINED = "complained", "Marked as spam by its reader"
    UNSUBSCRIBED = "unsubscribed", "Its reader wants no more appeals"


class MailEvent(models.Model):
    """One thing that happened to an e-mail, once however often it is told. `reason` is the server's word."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=MailEventKind)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        constraints: ClassVar = [
            status_check("mail_event_kind_is_known", MailEventKind, "kind"),
            models.UniqueConstraint(
                fields=["message", "kind"], name="mail_event_is_told_once_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.message_id}"


class SuppressedReason(models.TextChoices):
    """Why nothing, or no appeal, goes to an address."""

    BOUNCED = "bounced", "E-mails to it come back"
    COMPLAINED = "complained", "An e-mail was marked as spam"
    ERASED = "erased", "The donor was erased and wants to hear nothing"


class SuppressedAddress(models.Model):
    """An address to which nothing goes (it bounces), or no appeal; only its keyed hash is kept.

    So it survives the erasure of the donor, and tells nobody whose it was.
    """

    address_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=12, choices=SuppressedReason)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("suppressed_reason_is_known", SuppressedReason, "reason"),
            models.UniqueConstraint(
                fields=["address_hash", "reason"], name="address_is_suppressed_once_for_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: {self.address_hash[:8]}"


class MessageWording(models.Model):
    """The charity's own words in e-mails of a kind and language: before and after the facts, which stay ours."""

    kind = models.CharField(max_length=24, choices=message_kinds)
    language = models.CharField(max_length=8)
    subject = models.CharField(max_length=150, blank=True)
    opening = models.TextField(max_length=2000, blank=True)
    closing = models.TextField(max_length=2000, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["kind", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "language"], name="message_wording_is_one_per_language"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.language}"
