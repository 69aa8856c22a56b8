"""Sign-ins of staff: one session per device, and the tokens by which it goes on."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from api.clock import now


class SessionKind(models.TextChoices):
    """What the session is used by."""

    BROWSER = "browser", "Browser"
    APP = "app", "App"


class SessionQuerySet(models.QuerySet["StaffSession"]):
    """Named filters of sessions."""

    def live(self) -> "SessionQuerySet":
        """Those that still open something: not ended, not too old, of a person who works here."""
        return self.filter(
            ended_at=None, ends_at__gt=now(), user__is_active=True, user__is_staff=True
        )


class StaffSession(models.Model):
    """One sign-in on one device. Its tokens are a family: when one is used twice, all end."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sessions"
    )
    kind = models.CharField(max_length=8, choices=SessionKind, default=SessionKind.BROWSER)
    device = models.CharField(max_length=120, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    begun_at = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(default=now)
    proved_at = models.DateTimeField(
        default=now, help_text="When password and second factor were last given."
    )
    ends_at = models.DateTimeField(help_text="The latest end, whatever is used until then.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=40, blank=True)
    objects: ClassVar[SessionQuerySet] = SessionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering: ClassVar[list[str]] = ["-seen_at"]
        indexes: ClassVar = [
            models.Index(
                fields=["user"], name="session_live", condition=models.Q(ended_at__isnull=True)
            ),
            models.Index(fields=["ends_at"], name="session_ends_at"),
        ]

    def __str__(self) -> str:
        return f"{self.device or self.get_kind_display()} of {self.user}"


class RefreshToken(models.Model):
    """One link in a session's chain of refresh tokens; the token itself is nowhere kept."""

    session = models.ForeignKey(StaffSession, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"token {self.pk} of session {self.session_id}"
