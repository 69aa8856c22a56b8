"""Tables as somebody likes to see them: filters, order and columns under a name."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """What follows the question mark in a table's address, kept under a name; its owner's, or shared."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    table = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    query = models.TextField(max_length=2000, blank=True)
    is_shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False, help_text="What its owner sees first.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "table", "name"], name="saved_view_name_is_used_once"
            ),
            models.UniqueConstraint(
                fields=["owner", "table"],
                name="saved_view_default_is_one",
                condition=models.Q(is_default=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def by(self) -> str:
        """Whose it is: a person by e-mail address, a program by its name."""
        return self.owner.email if self.owner.is_staff else self.owner.first_name
