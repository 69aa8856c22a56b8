"""Money on its way to the bank, with the gifts in it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display

from api import models
from api.admin.tables import RowAdmin, amount, money

LINES_SHOWN = 200


@admin.register(models.Payout)
class PayoutAdmin(RowAdmin):
    """Payouts."""

    noun = "payouts"
    fields: ClassVar = [
        "stripe_payout_id",
        amount,
        "status_label",
        "arrives_on",
        "made_at",
        "is_automatic",
        "failure_code",
        "is_explained",
    ]
    readonly_fields = fields
    change_form_outer_after_template = "staff/payout_lines.html"

    @display(
        description="Status",
        ordering="status",
        label={
            "Paid": "success",
            "On its way": "info",
            "Not sent yet": "info",
            "Failed: the money came back to Stripe": "danger",
            "Cancelled": "warning",
        },
    )
    def status_label(self, row: models.Payout) -> str:
        """The status in words."""
        return row.get_status_display()

    @display(description="Its lines sum to it", boolean=True)
    def is_explained(self, row: models.Payout) -> bool | None:
        """Whether what it is made of was read and sums to its amount; Stripe tells it of automatic ones."""
        return row.lines_read_at is not None if row.is_automatic else None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With what it is made of: each gift, fee and net, and their sums."""
        lines = models.BalanceTransaction.objects.filter(payout_id=object_id)
        sums = lines.aggregate(
            count=Count("id"),
            amount=Sum("amount_minor", default=0),
            fee=Sum("fee_minor", default=0),
            net=Sum("net_minor", default=0),
        )
        shown = list(lines.select_related("donation__donor")[:LINES_SHOWN])
        currency = shown[0].currency if shown else ""
        extra = {
            "lines": [
                {
                    "row": line,
                    "what": line.type.replace("_", " ").capitalize(),
                    "amount": money(line.amount_minor, currency),
                    "fee": money(line.fee_minor, currency),
                    "net": money(line.net_minor, currency),
                }
                for line in shown
            ],
            "line_count": sums["count"],
            "sums": {name: money(sums[name], currency) for name in ("amount", "fee", "net")},
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, extra)  # type: ignore[no-any-return]
