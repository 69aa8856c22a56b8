"""Payments that a donor's bank takes back."""

from typing import ClassVar

from django.contrib import admin
from django.utils.html import format_html
from unfold.decorators import display

from api import models
from api.admin.tables import RowAdmin, amount, gift
from api.clock import now


@admin.register(models.Dispute)
class DisputeAdmin(RowAdmin):
    """Disputes."""

    noun = "disputes"
    renamed: ClassVar = {"waits": "waits"}
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
