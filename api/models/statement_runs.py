"""Runs: one statement to each donor of a period, in the background."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.fields import REFERENCE_LENGTH, reference_new, status_check


class StatementRunState(models.TextChoices):
    """How far it is."""

    RUNNING = "running", "Being sent"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"
    FINISHED = "finished", "Finished"


_S = StatementRunState
STATEMENT_RUN_MOVES: dict[StatementRunState, frozenset[StatementRunState]] = {
    _S.RUNNING: frozenset({_S.PAUSED, _S.STOPPED, _S.FINISHED}),
    _S.PAUSED: frozenset({_S.RUNNING, _S.STOPPED}),
    _S.STOPPED: frozenset(),
    _S.FINISHED: frozenset(),
}
STATEMENT_RUN_OPEN = frozenset({_S.RUNNING, _S.PAUSED})


class StatementRun(models.Model):
    """Statements of the days `begins_on` to `ends_on` to whoever gave in them; `language` empty: to all.

    `cursor` is the last donor who was served: what comes after it is still to do. `total` was counted
    when it started.
    """

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    period = models.CharField(max_length=40, help_text="As periods are named: tax:2025-26.")
    begins_on = models.DateField()
    ends_on = models.DateField()
    language = models.CharField(max_length=8, blank=True)
    state = models.CharField(
        max_length=8, choices=StatementRunState, default=StatementRunState.RUNNING
    )
    cursor = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField()
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
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("statement_run_state_is_known", StatementRunState, "state"),
            models.CheckConstraint(
                condition=models.Q(begins_on__lte=models.F("ends_on")),
                name="statement_run_ends_after_it_begins",
            ),
            # Two at once for the same days would write to the same donors.
            models.UniqueConstraint(
                fields=["begins_on", "ends_on"],
                name="statement_run_is_one_per_period",
                condition=models.Q(state__in=("running", "paused")),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        """Whether something is still to come of it."""
        return self.state in STATEMENT_RUN_OPEN

    @property
    def key_begins(self) -> str:
        """How the keys of its e-mails begin."""
        return f"statement:{self.reference}:"
