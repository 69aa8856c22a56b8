"""Reports that are made again and again, and of which people are told by e-mail."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.fields import REFERENCE_LENGTH, reference_new, status_check


class Every(models.TextChoices):
    """How often."""

    WEEK = "week", "Every week"
    MONTH = "month", "Every month"


class ReportSchedule(models.Model):
    """One report with its choices, made on a day of the week (1 is Monday) or of the month (1 to 28).

    The recipients get a link, never the data; each one's file is made with that person's rights.
    """

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    report = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict)
    format = models.CharField(max_length=8)
    every = models.CharField(max_length=8, choices=Every)
    day = models.PositiveSmallIntegerField()
    recipients = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="report_schedules")
    is_active = models.BooleanField(default=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    # It begins with the first due day after this one.
    begins_on = models.DateField()
    last_run_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            status_check("report_schedule_every_is_known", Every, "every"),
            models.CheckConstraint(
                condition=models.Q(every="week", day__gte=1, day__lte=7)
                | models.Q(every="month", day__gte=1, day__lte=28),
                name="report_schedule_day_exists",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report}, {self.get_every_display().lower()}"
