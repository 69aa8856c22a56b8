"""E-mails: one row each, with what was sent and how it went."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Upper

from api.models.donations import Donation
from api.models.donors import Donor
from api.models.fields import status_check


class MessageKind(models.TextChoices):
    """Why we wrote."""

    RECEIPT = "receipt", "Receipt"
    RECEIPT_COPY = "receipt_copy", "Copy of a receipt"
    RECEIPT_REPLACED = "receipt_replaced", "Receipt in place of a wrong one"
    ALERT = "alert", "Alert to staff"
    GIVE_LINK = "give_link", "Link to give"
    REPORT = "report", "A report is ready"
    APPEAL = "appeal", "Appeal"
    PLAN_CHANGED = "plan_changed", "A plan was changed"
    DEBIT_NOTICE = "debit_notice", "Direct Debit: notice before collecting"
    PAYMENT_FAILED = "payment_failed", "A plan's payment failed"
    CARD_EXPIRES = "card_expires", "A card expires soon"
    DONOR_LINK = "donor_link", "Link to sign in"
    EMAIL_CHANGE = "email_change", "Change of e-mail address"
    STATEMENT = "statement", "Yearly statement"
    PASSWORD_RESET = "password_reset", "Link for a new password"
    PASSWORD_CHANGED = "password_changed", "The password was changed"


# What goes to staff; all else goes to donors, in their language.
STAFF_KINDS = frozenset(
    {
        MessageKind.ALERT,
        MessageKind.REPORT,
        MessageKind.PASSWORD_RESET,
        MessageKind.PASSWORD_CHANGED,
    }
)
# What opens an account: nobody but its reader sees what it says.
SECRET_KINDS = frozenset({MessageKind.PASSWORD_RESET})
# What needs a yes, and carries the way to say no (PECR regulation 22, RFC 8058). Nothing else asks for money.
MARKETING_KINDS = frozenset({MessageKind.APPEAL})


def message_kinds() -> list[tuple[str, str]]:
    """Their words, asked for when needed: a new kind changes no table."""
    return MessageKind.choices


class MessageState(models.TextChoices):
    """How far an e-mail is."""

    QUEUED = "queued", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    KEPT = "kept", "Kept here (no SMTP set)"
    FAILED = "failed", "Refused by the mail server"
    BOUNCED = "bounced", "Came back"
    HELD = "held", "Not sent: the donor does not want it"


class Message(models.Model):
    """One e-mail, as it was sent. `key` names what it is for ("receipt:REF"): no key is written twice, so
    nobody is thanked twice for one gift. `donor` and `donation` are where it is shown; staff have neither.
    """

    key = models.CharField(max_length=120, unique=True)
    donor = models.ForeignKey(
        Donor, on_delete=models.PROTECT, null=True, blank=True, related_name="messages"
    )
    donation = models.ForeignKey(
        Donation, on_delete=models.PROTECT, null=True, blank=True, related_name="messages"
    )
    kind = models.CharField(max_length=24, choices=message_kinds)
    language = models.CharField(max_length=8, default="en")
    state = models.CharField(max_length=8, choices=MessageState, default=MessageState.QUEUED)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    message_id = models.CharField(max_length=200, unique=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("message_state_is_known", MessageState, "state"),
            models.CheckConstraint(
                condition=models.Q(donation=None) | models.Q(donor__isnull=False),
                name="message_of_a_donation_has_its_donor",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                name="message_failed",
                condition=models.Q(state__in=("failed", "bounced")),
            ),
            models.Index(fields=["created_at", "id"], name="message_by_created"),
            models.Index(Upper("to"), "id", name="message_to"),
        ]

    def __str__(self) -> str:
        return self.subject
