"""Runs: one e-mail to each of many donors, in the background. What a run sends is in the file of its noun."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.fields import REFERENCE_LENGTH, reference_new


class MailRunState(models.TextChoices):
    """How far it is."""

    DRAFT = "draft", "Being written"
    RUNNING = "running", "Being sent"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"
    FINISHED = "finished", "Finished"


_S = MailRunState
MAIL_RUN_MOVES: dict[MailRunState, frozenset[MailRunState]] = {
    _S.DRAFT: frozenset({_S.RUNNING}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.STOPPED, _S.FINISHED}),
    _S.PAUSED: frozenset({_S.RUNNING, _S.STOPPED}),
    _S.STOPPED: frozenset(),
    _S.FINISHED: frozenset(),
}
MAIL_RUN_OPEN = frozenset({_S.RUNNING, _S.PAUSED})


class MailRun(models.Model):
    """What all runs have. `cursor` is the last donor who was served: what comes after it is still to do.

    `total` was counted when it started. `noun` begins the keys of its e-mails, and names it in the audit log.
    """

    noun: ClassVar[str]

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    state = models.CharField(max_length=8, choices=MailRunState, default=MailRunState.DRAFT)
    cursor = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    served = models.PositiveIntegerField(default=0)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    # Seconds under way until it was last paused, and since when it runs: what is left is reckoned by them.
    seconds = models.PositiveIntegerField(default=0)
    running_since = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        """Whether something is still to come of it."""
        return self.state in MAIL_RUN_OPEN

    @property
    def key_begins(self) -> str:
        """How the keys of its e-mails begin."""
        return f"{self.noun}:{self.reference}:"
