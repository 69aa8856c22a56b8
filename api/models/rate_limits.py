"""How many requests somebody made in this minute."""

from typing import ClassVar

from django.db import models


class RateWindow(models.Model):
    """Requests counted under a key in one minute. The table is unlogged: a crash only empties it."""

    key = models.CharField(max_length=80)
    window = models.BigIntegerField(help_text="Seconds since 1970 at which the minute began.")
    taken = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "window"], name="rate_window_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.taken}"
