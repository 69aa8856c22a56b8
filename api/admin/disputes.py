"""Payments that a donor's bank takes back: those that wait for us first."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Case, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.decorators import display

from api import models
from api.admin.tables import ReadOnlyAdmin, amount, gift
from api.clock import now

_WAITS = Q(status__in=models.DISPUTE_WAITS_FOR_US)


class WaitsFilter(SimpleListFilter):
    """Those that wait for our answer, or the rest."""

    title = "waits for us"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two sides."""
        return [("yes", "Waits for us"), ("no", "Does not")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[models.Dispute]
    ) -> QuerySet[models.Dispute]:
        """Those of the chosen side."""
        if self.value() is None:
            return queryset
        return queryset.filter(_WAITS if self.value() == "yes" else ~_WAITS)


@admin.register(models.Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Disputes."""

    list_display: ClassVar = [
        "stripe_dispute_id",
        "due",
        "status_label",
        gift,
        amount,
        "why",
        "opened_at",
    ]
    list_filter: ClassVar = [WaitsFilter, "status"]
    list_select_related: ClassVar = ["donation__donor"]
    list_before_template = "staff/filtered.html"
    search_fields: ClassVar = ["stripe_dispute_id", "donation__reference", "donation__donor__name"]
    fields: ClassVar = [
        "due",
        "status_label",
        gift,
        amount,
        "why",
        "opened_at",
        "stripe_dispute_id",
    ]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Dispute]:
        """Those that wait for us first, the nearest date first; then the newest."""
        waits = Case(When(_WAITS, then=Value(0)), default=Value(1))
        due = Case(When(_WAITS, then="evidence_due_at"))
        disputes = super().get_queryset(request)
        return disputes.order_by(waits, due, "-id")  # type: ignore[no-any-return]

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """The queryset's own order."""
        return []

    @display(description="Answer by")
    def due(self, row: models.Dispute) -> str:
        """Until when evidence is taken, in words as well as days."""
        if row.status not in models.DISPUTE_WAITS_FOR_US:
            return "-"
        if row.evidence_due_at is None:
            return format_html('<strong class="{}">{}</strong>', "due", "As soon as possible")
        days = (row.evidence_due_at.date() - now().date()).days
        left = "today" if days == 0 else f"in {days} days" if days > 0 else "too late"
        return format_html(
            '<strong class="due">{}<small>{}</small></strong>',
            f"{row.evidence_due_at:%-d %b %Y, %H:%M}",
            left.replace("in 1 days", "in 1 day"),
        )

    @display(
        description="Status",
        ordering="status",
        label={
            "Enquiry: answer it": "danger",
            "Answer it": "danger",
            "Enquiry: with the bank": "info",
            "With the bank": "info",
            "Won": "success",
            "Lost": "warning",
        },
    )
    def status_label(self, row: models.Dispute) -> str:
        """The status in words."""
        return row.get_status_display()

    @display(description="The bank's reason", ordering="reason")
    def why(self, row: models.Dispute) -> str:
        """In words."""
        return row.reason.replace("_", " ").capitalize()
