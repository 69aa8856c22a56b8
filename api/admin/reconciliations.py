"""Our books held against Stripe's, and what did not fit."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display

from api import models
from api.admin.tables import ReadOnlyAdmin, money
from api.money import money_text

DIFFERENCES_SHOWN = 500


@admin.register(models.Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    """Comparisons, newest first."""

    list_display: ClassVar = ["__str__", "outcome", "lines", "started_at", "finished_at"]
    fields: ClassVar = ["outcome", "begins_at", "ends_at", "lines", "started_at", "finished_at"]
    readonly_fields = fields
    change_form_outer_after_template = "staff/differences.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Reconciliation]:
        """With how many things did not fit."""
        runs = super().get_queryset(request)
        return runs.annotate(found=Count("differences"))  # type: ignore[no-any-return]

    @display(
        description="Outcome",
        label={"Everything agrees": "success", "Not finished": "info", "Differences": "danger"},
    )
    def outcome(self, row: Any) -> str | tuple[str, str]:
        """In words."""
        if row.finished_at is None:
            return "Not finished"
        if not row.found:
            return "Everything agrees"
        return "Differences", f"{row.found} difference{'' if row.found == 1 else 's'}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With each difference, and the totals of the period."""
        found = models.Difference.objects.filter(reconciliation_id=object_id)
        shown = list(found.select_related("donation__donor", "payout")[:DIFFERENCES_SHOWN])
        run = models.Reconciliation.objects.filter(pk=object_id).first()
        extra = {
            "differences": [(one, money(one.amount_minor, one.currency)) for one in shown],
            "is_cut": len(shown) == DIFFERENCES_SHOWN,
            "totals": _totals(run.totals if run else {}),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, extra)  # type: ignore[no-any-return]


def _totals(totals: dict[str, dict[str, int]]) -> list[tuple[str, str, str]]:
    """Currency, what, figure."""
    return [
        (
            currency,
            name.replace("_", " ").capitalize(),
            f"{total:,}" if name == "lines" else money_text(total, currency),
        )
        for currency, sums in sorted(totals.items())
        for name, total in sorted(sums.items())
    ]
