"""Counts of what happened in all processes of all machines, for Prometheus."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class MetricSum(models.Model):
    """One count under its labels (JSON). The table is unlogged: after a crash counting begins again."""

    name = models.CharField(max_length=80)
    labels = models.CharField(max_length=300)
    value = models.FloatField(default=0)
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "labels"], name="metric_sum_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.labels} {self.value:g}"
