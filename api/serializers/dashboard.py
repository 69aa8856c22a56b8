"""The dashboard as programs see it."""

from typing import Any

from rest_framework import serializers

from api.services.dashboard_tasks import Task, rows_address


class SpanSerializer(serializers.Serializer[Any]):
    """From a day to a day, both included, where the charity is."""

    begins_on = serializers.DateField()
    ends_on = serializers.DateField()


class ReceivedSerializer(serializers.Serializer[Any]):
    """What came in in these days, in minor units."""

    span = SpanSerializer()
    gifts = serializers.IntegerField()
    given_minor = serializers.IntegerField()
    one_off_gifts = serializers.IntegerField()
    one_off_minor = serializers.IntegerField()
    average_one_off_minor = serializers.IntegerField(help_text="Rounded down; 0 without any.")


class ComparedSerializer(serializers.Serializer[Any]):
    """A span up to today, and the same days a year before."""

    name = serializers.ChoiceField(choices=["today", "month", "tax_year"])
    now = ReceivedSerializer()
    before = ReceivedSerializer()


class RankedSerializer(serializers.Serializer[Any]):
    """A fund or an appeal, and what this tax year brought for it so far."""

    code = serializers.CharField()
    name = serializers.CharField()
    gifts = serializers.IntegerField()
    given_minor = serializers.IntegerField()


class MonthOfGivingSerializer(serializers.Serializer[Any]):
    """What a month brought, in minor units."""

    first = serializers.DateField()
    one_off_minor = serializers.IntegerField()
    monthly_minor = serializers.IntegerField()


class PlansSerializer(serializers.Serializer[Any]):
    """How many plans, and what they give each month in minor units."""

    plans = serializers.IntegerField()
    amount_minor = serializers.IntegerField()


class PlanMonthSerializer(serializers.Serializer[Any]):
    """What moved in a month, and what stood at its end; the last month ends today."""

    begins_on = serializers.DateField()
    new = PlansSerializer()
    lost = PlansSerializer()
    failing = PlansSerializer()
    recovered = PlansSerializer()
    active = PlansSerializer()
    failing_now = PlansSerializer()
    paused = PlansSerializer()


class PurseSerializer(serializers.Serializer[Any]):
    """All figures of one currency; currencies are never added up."""

    currency = serializers.CharField()
    received = ComparedSerializer(many=True)
    months = MonthOfGivingSerializer(many=True)
    funds = RankedSerializer(many=True)
    campaigns = RankedSerializer(many=True)
    plans = PlanMonthSerializer(many=True)


class TaskSerializer(serializers.Serializer[Task]):
    """One thing that needs a person; a count of 0 says that it was looked at and all is well."""

    name = serializers.CharField()
    count = serializers.IntegerField()
    words = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    address = serializers.SerializerMethodField(help_text="The page of its rows.")

    def get_address(self, task: Task) -> str:
        """Where its rows are shown."""
        return rows_address(task.rows)


class PayoutsComingSerializer(serializers.Serializer[Any]):
    """Payouts on their way to the bank."""

    currency = serializers.CharField()
    payouts = serializers.IntegerField()
    amount_minor = serializers.IntegerField()
    next_on = serializers.DateField()


class DashboardSerializer(serializers.Serializer[Any]):
    """What a director looks at each morning. `payouts` is null for who may not see the bank's side."""

    today = serializers.DateField()
    tasks = TaskSerializer(many=True)
    purses = PurseSerializer(many=True)
    hours = serializers.ListField(
        child=serializers.IntegerField(), help_text="Gifts of each hour of the charity's day."
    )
    payouts = PayoutsComingSerializer(many=True, allow_null=True)
