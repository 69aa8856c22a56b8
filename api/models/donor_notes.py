"""What staff should know about a donor."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.donors import Donor


class DonorNote(models.Model):
    """One note about a donor. Append-only: a correction is a new note."""

    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"note {self.pk}"
