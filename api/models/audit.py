"""Who did what, and when."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class AuditLine(models.Model):
    """One deed, append-only: by a person, or by the system when `actor` is empty."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, db_index=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
