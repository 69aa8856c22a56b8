"""What donors said about hearing from us: a ledger per channel, whose newest row counts."""

from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.donors import Donor
from api.models.fields import status_check

# Data (Use and Access) Act 2025, section 114: who was not asked before this day has no soft opt-in.
SOFT_OPT_IN_FROM = datetime(2026, 2, 5, tzinfo=UTC)


class ConsentChannel(models.TextChoices):
    """How we might write or call."""

    EMAIL = "email", "E-mail"
    POST = "post", "Post"
    TELEPHONE = "telephone", "Telephone"
    SMS = "sms", "Text message"


class ConsentState(models.TextChoices):
    """What the donor said."""

    GIVEN = "given", "Yes"
    REFUSED = "refused", "No"
    WITHDRAWN = "withdrawn", "Not any more"


class ConsentBasis(models.TextChoices):
    """On which ground a yes stands (PECR regulation 22). The two groups are never mixed."""

    CONSENT = "consent", "Consent"
    SOFT_OPT_IN = "soft_opt_in", "Charity soft opt-in"


class ConsentSource(models.TextChoices):
    """Where the donor said it."""

    WEBSITE = "website", "On the website"
    TELEPHONE = "telephone", "On the telephone"
    PAPER = "paper", "On paper"
    EMAIL = "email", "By e-mail"
    EVENT = "event", "At an event"
    PREFERENCE_SERVICE = "preference_service", "Fundraising Preference Service"


# The soft opt-in is for electronic mail alone.
SOFT_OPT_IN_CHANNELS = frozenset({ConsentChannel.EMAIL, ConsentChannel.SMS})


class Consent(models.Model):
    """One answer about one channel. Append-only; `at` is when the donor said it."""

    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="consents")
    channel = models.CharField(max_length=12, choices=ConsentChannel)
    state = models.CharField(max_length=12, choices=ConsentState)
    basis = models.CharField(max_length=16, choices=ConsentBasis, blank=True)
    wording = models.TextField(max_length=2000, blank=True, help_text="What was shown or read out.")
    source = models.CharField(max_length=24, choices=ConsentSource)
    at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty: the donor alone.",
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["donor", "channel", "-at", "-id"], name="consent_newest"),
        ]
        constraints: ClassVar = [
            status_check("consent_channel_is_known", ConsentChannel, "channel"),
            status_check("consent_state_is_known", ConsentState, "state"),
            models.CheckConstraint(
                condition=models.Q(state="given", basis__in=ConsentBasis.values)
                & ~models.Q(wording="")
                | ~models.Q(state="given") & models.Q(basis=""),
                name="consent_yes_has_basis_and_wording",
            ),
            models.CheckConstraint(
                condition=~models.Q(basis="soft_opt_in")
                | models.Q(channel__in=("email", "sms"), at__gte=SOFT_OPT_IN_FROM),
                name="consent_soft_opt_in_is_lawful",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.state}"
