"""What the doctor found, each time that somebody or the clock asked."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Checkup(models.Model):
    """One run of all checks; `findings` as `Finding.as_data` gives them. Nobody: the clock asked."""

    at = models.DateTimeField(auto_now_add=True)
    seconds = models.FloatField()
    findings = models.JSONField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
