"""Signs of life of the worker's inbox: Procrastinate keeps those of its jobs itself."""

from typing import ClassVar

from django.db import models

from api.clock import now


class Pulse(models.Model):
    """One process that handles events, and when it last looked for some. Gone when it stops in order."""

    name = models.CharField(max_length=120, unique=True, help_text="host:process")
    release = models.CharField(max_length=60)
    beat_at = models.DateTimeField(default=now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-beat_at"]

    def __str__(self) -> str:
        return self.name
