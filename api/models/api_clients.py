"""Programs that use the API with a token of their own."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from api.clock import now
from api.models.rights import Right


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    """Named filters of API clients."""

    def live(self) -> "ApiClientQuerySet":
        """Those whose token opens something."""
        moment = now()
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=moment), revoked_at=None)


class ApiClient(models.Model):
    """A program and what it may do. Its token is shown once; only its digest is kept.

    `account` is the row of users that stands for the program wherever a deed has a doer. Nobody
    can sign in with it.
    """

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_client"
    )
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=32, choices=Right), default=list)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_clients_made"
    )
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    objects: ClassVar[ApiClientQuerySet] = ApiClientQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """In one word, for a list."""
        if self.revoked_at:
            return "revoked"
        if self.expires_at and self.expires_at <= now():
            return "expired"
        return "live"
