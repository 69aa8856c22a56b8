"""Appeals: what moved people to give."""

from typing import ClassVar

from django.db import models


class Campaign(models.Model):
    """An appeal: its code in a link to the giving page (`/donate?campaign=CODE`) ties the gift to it."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    begins_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    target_minor = models.BigIntegerField(
        null=True, blank=True, help_text="In minor units of the charity's currency."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return self.name
