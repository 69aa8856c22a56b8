"""Files that are made in the background for one person, and the schedules that ask for them."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.clock import now
from api.models.fields import REFERENCE_LENGTH, reference_new, status_check
from api.models.report_schedules import ReportSchedule


class RunState(models.TextChoices):
    """How far a file is."""

    WAITING = "waiting", "Waiting to begin"
    RUNNING = "running", "Being made"
    READY = "ready", "Ready"
    FAILED = "failed", "Could not be made"
    EXPIRED = "expired", "Expired: the file is gone"


RUN_UNDER_WAY = frozenset({RunState.WAITING, RunState.RUNNING})


class ReportRun(models.Model):
    """One file for one person. `kind` says who makes it (services/report_runs.py), `name` what of it.

    `claim` is the random mark of the worker that makes it now: only the last one to take it may finish it.
    `rights`: those that the file was made with; it is handed out only to who still has them.
    """

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    parameters = models.JSONField(default=dict)
    format = models.CharField(max_length=8)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="report_runs"
    )
    schedule = models.ForeignKey(
        ReportSchedule, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    scheduled_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=RunState, default=RunState.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)
    progress_words = models.CharField(max_length=120, blank=True)
    claim = models.CharField(max_length=REFERENCE_LENGTH, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    rights = models.JSONField(default=list)
    stored_as = models.CharField(max_length=120, blank=True, editable=False)
    file_name = models.CharField(max_length=200, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("report_run_state_is_known", RunState, "state"),
            models.CheckConstraint(
                condition=models.Q(progress__lte=100), name="report_run_progress_is_a_percentage"
            ),
            models.UniqueConstraint(
                fields=["schedule", "scheduled_on", "asked_by"],
                name="report_run_is_sent_once_for_a_period",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["asked_by", "-id"], name="report_runs_of_a_person"),
            models.Index(
                fields=["expires_at"],
                name="report_runs_with_files",
                condition=models.Q(state="ready"),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def state_now(self) -> RunState:
        """How far it is: a file past its time is gone, though it is removed at night only."""
        if self.state == RunState.READY and self.expires_at and self.expires_at <= now():
            return RunState.EXPIRED
        return RunState(self.state)

    @property
    def is_under_way(self) -> bool:
        """Whether it is waiting or being made."""
        return self.state in RUN_UNDER_WAY
