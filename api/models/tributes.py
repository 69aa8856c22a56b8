"""In whose memory or honour gifts are."""

from typing import ClassVar

from django.db import models

from api.clock import now
from api.models.donors import Donor
from api.models.fields import status_check


class TributeKind(models.TextChoices):
    """What a gift says of somebody."""

    MEMORY = "memory", "In memory of"
    HONOUR = "honour", "In honour of"


class Tribute(models.Model):
    """A donor's words for somebody, on one gift or on all gifts of a plan. It never changes: what a
    plan's coming gifts are to say instead is another row, so that gifts keep what they said.
    """

    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="tributes")
    kind = models.CharField(max_length=8, choices=TributeKind)
    name = models.CharField(max_length=200)
    message = models.TextField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("tribute_kind_is_known", TributeKind, "kind"),
            models.CheckConstraint(condition=~models.Q(name=""), name="tribute_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"
