"""Rehearsals of dunning policies: what was asked, how far it is, and what it came to."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.fields import REFERENCE_LENGTH, reference_new, status_check


class RehearsalState(models.TextChoices):
    """How far it is."""

    WAITING = "waiting", "Waiting to begin"
    RUNNING = "running", "Being rehearsed"
    READY = "ready", "Ready"
    FAILED = "failed", "Did not finish"


class Rehearsal(models.Model):
    """One comparison. `policies`: their JSON texts; `results`: one table of figures each, money in minor
    units of GBP. Invented plans only: nothing in it is about a donor.
    """

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    plans = models.PositiveIntegerField()
    months = models.PositiveSmallIntegerField()
    seed = models.PositiveIntegerField()
    policies = models.JSONField(default=list)
    results = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=RehearsalState, default=RehearsalState.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    # When its first day was over: the time left follows from what the days since took.
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("rehearsal_state_is_known", RehearsalState, "state"),
            models.UniqueConstraint(
                fields=["asked_by"],
                name="rehearsal_is_one_per_person",
                condition=models.Q(state__in=("waiting", "running")),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_under_way(self) -> bool:
        """Whether something is still to come of it."""
        return self.state in (RehearsalState.WAITING, RehearsalState.RUNNING)
