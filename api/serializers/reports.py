"""Reports and their files, as the API shows them."""

from typing import Any

from rest_framework import serializers

from api.models import ReportRun, RunState
from api.services.reports.catalogue import REPORTS
from api.services.reports.formats import Format
from api.services.saved_views import QUERY_MOST
from api.services.sheets import CellKind
from api.services.tables import TABLES

S = serializers.Serializer[Any]


class ReportSummarySerializer(S):
    """One report that who asks may run."""

    name = serializers.CharField()
    title = serializers.CharField()
    group = serializers.CharField()
    question = serializers.CharField()
    meaning = serializers.ListField(child=serializers.CharField())
    parameters = serializers.ListField(
        source="takes",
        child=serializers.CharField(),
        help_text="Names of its parameters. `period` is a name such as last_month, or `own` with `from` and `to`.",
    )


class ReportColumnSerializer(S):
    """A column. `currency` names the column that holds the currency of this one's money."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(
        choices=[kind.value for kind in CellKind],
        help_text="money: whole minor units; rate: whole hundredths of a percent; moment: UTC.",
    )
    currency = serializers.CharField()
    is_summed = serializers.BooleanField()


class ReportTableSerializer(S):
    """A table: its rows in the order of the columns; a total for each currency, never of several."""

    name = serializers.CharField()
    title = serializers.CharField()
    note = serializers.CharField()
    columns = ReportColumnSerializer(many=True)
    rows = serializers.ListField(child=serializers.ListField())
    totals = serializers.ListField(child=serializers.ListField())
    row_count = serializers.IntegerField(
        help_text="All rows, which Excel and CSV hold; `rows` are the first of them."
    )


class ReportPeriodSerializer(S):
    """Days where the charity is, both included."""

    preset = serializers.CharField()
    first_on = serializers.DateField()
    last_on = serializers.DateField()


class ReportResultSerializer(S):
    """The figures of a report."""

    name = serializers.CharField()
    title = serializers.CharField()
    question = serializers.CharField()
    meaning = serializers.ListField(child=serializers.CharField())
    parameters = serializers.DictField(child=serializers.CharField())
    period = ReportPeriodSerializer(allow_null=True)
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField())
    tables = ReportTableSerializer(many=True)


class ReportRunAskSerializer(S):
    """A file that is asked for: of a report with its parameters, or of a table with its query."""

    report = serializers.ChoiceField(choices=list(REPORTS), required=False)
    table = serializers.ChoiceField(choices=list(TABLES), required=False)
    format = serializers.ChoiceField(
        choices=[form.value for form in Format], help_text="A table has no `pdf`."
    )
    query = serializers.CharField(
        max_length=QUERY_MOST,
        required=False,
        allow_blank=True,
        default="",
        help_text="As in the table's own address: `status=failed&created=this_month&columns=donor,amount_minor`.",
    )
    parameters = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=60), required=False, default=dict
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two, in a format that it has."""
        if ("report" in attrs) == ("table" in attrs):
            raise serializers.ValidationError({"report": "Name a report, or else a table."})
        if "table" in attrs and attrs["format"] == Format.PDF:
            raise serializers.ValidationError({"format": "A table is made as csv or xlsx."})
        return attrs


class ReportRunSerializer(serializers.ModelSerializer[ReportRun]):
    """A file: how far it is, and what is known of it."""

    state = serializers.ChoiceField(choices=RunState.choices, source="state_now")

    class Meta:
        model = ReportRun
        fields = (
            "reference",
            "kind",
            "name",
            "title",
            "format",
            "state",
            "progress",
            "progress_words",
            "file_name",
            "size_bytes",
            "sha256",
            "error",
            "asked_at",
            "finished_at",
            "expires_at",
        )
        read_only_fields = fields


class ReportRunsSerializer(S):
    """Files, the newest first."""

    results = ReportRunSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as `before`.")
