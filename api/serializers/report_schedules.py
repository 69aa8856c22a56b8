"""Schedules of reports, as the API shows and takes them."""

from datetime import date
from typing import Any

from rest_framework import serializers

from api.clock import charity_date, now
from api.models import Every, ReportSchedule
from api.serializers.users import ColleagueSerializer
from api.services.report_schedules import (
    EVERY_WRONG,
    FORMAT_WRONG,
    ScheduleRequest,
    schedule_next,
    schedule_words,
)
from api.services.reports.catalogue import REPORTS
from api.services.reports.formats import Format

S = serializers.Serializer[Any]
_DAY = "Of the week (1 is Monday, to 7), or of the month (1 to 28)."


class ReportScheduleSerializer(serializers.ModelSerializer[ReportSchedule]):
    """A schedule: which report with which choices, when, and for whom."""

    title = serializers.SerializerMethodField()
    parameters = serializers.DictField(child=serializers.CharField(allow_blank=True))
    format = serializers.ChoiceField(choices=[form.value for form in Format])
    day = serializers.IntegerField(help_text=_DAY)
    words = serializers.SerializerMethodField(help_text="When: Every Monday.")
    recipients = ColleagueSerializer(many=True)
    made_by = ColleagueSerializer()
    next_on = serializers.SerializerMethodField(help_text="Null while it is paused.")

    class Meta:
        model = ReportSchedule
        fields = (
            "reference",
            "report",
            "title",
            "parameters",
            "format",
            "every",
            "day",
            "words",
            "recipients",
            "made_by",
            "is_active",
            "next_on",
            "last_run_on",
            "created_at",
        )
        read_only_fields = fields

    def get_title(self, schedule: ReportSchedule) -> str:
        """The report's."""
        return REPORTS[schedule.report].title

    def get_words(self, schedule: ReportSchedule) -> str:
        """Its days in words."""
        return schedule_words(schedule)

    def get_next_on(self, schedule: ReportSchedule) -> date | None:
        """The next day on which it is made."""
        return schedule_next(schedule, charity_date(now())) if schedule.is_active else None


class ReportSchedulesSerializer(S):
    """Schedules, the newest first."""

    results = ReportScheduleSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as `before`.")


class ReportScheduleAskSerializer(S):
    """A schedule that is asked for. Its first report comes on its next day."""

    report = serializers.ChoiceField(choices=list(REPORTS))
    parameters = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=60),
        required=False,
        default=dict,
        help_text="As in `GET /api/staff/reports/{name}/`; a `period` such as last_month, never fixed days.",
    )
    format = serializers.ChoiceField(
        choices=[form.value for form in Format], error_messages={"invalid_choice": FORMAT_WRONG}
    )
    every = serializers.ChoiceField(
        choices=Every.choices, error_messages={"invalid_choice": EVERY_WRONG}
    )
    day = serializers.IntegerField(help_text=_DAY)
    recipients = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Ids of `GET /api/staff/reports/{name}/recipients/`.",
    )

    def asked(self) -> ScheduleRequest:
        """What is asked of the service."""
        said = self.validated_data
        return ScheduleRequest(
            report=said["report"],
            parameters=said["parameters"],
            form=said["format"],
            every=said["every"],
            day=str(said["day"]),
            recipients=[str(one) for one in said["recipients"]],
        )


class ReportScheduleChangeSerializer(S):
    """Whether it is made: false is a pause. For another day or other people make a new one."""

    is_active = serializers.BooleanField()
