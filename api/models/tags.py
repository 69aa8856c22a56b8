"""Words by which staff find donors again."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.donors import Donor


class Tag(models.Model):
    """One word or two, the same for all who have it."""

    name = models.CharField(max_length=40)
    # Folded, so that the database itself refuses "Volunteer" beside "volunteer".
    name_key = models.CharField(max_length=40, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name_key"]

    def __str__(self) -> str:
        return self.name


class DonorTag(models.Model):
    """A donor has a tag."""

    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="donor_tags")
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="donor_tags")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["tag__name_key"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["donor", "tag"], name="donor_has_tag_once"),
        ]

    def __str__(self) -> str:
        return f"{self.donor_id}: {self.tag_id}"
