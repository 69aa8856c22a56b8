"""How often signing in went wrong from somewhere, and until when nobody may try from there."""

from django.db import models

from api.clock import now


class SignInPause(models.Model):
    """A counter of tries. `key` is a digest of what is counted, so that no address is kept."""

    key = models.CharField(max_length=64, unique=True)
    tries = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(default=now, db_index=True)
    until = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.tries} tries"
