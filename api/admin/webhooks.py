"""What Stripe told us, and what of it waits for a person."""

import json
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.decorators import display

from api import models
from api.admin.tables import ReadOnlyAdmin
from api.services.inbox import events_retry

FAILED_LIST = "?status__exact=failed"


@admin.register(models.WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """What Stripe told us, and how far we are with it."""

    list_display: ClassVar = [
        "stripe_event_id",
        "type",
        "status_label",
        "trouble",
        "attempts",
        "received_at",
        "handled_at",
        "again",
    ]
    list_filter: ClassVar = ["status"]
    list_before_template = "staff/events_filtered.html"
    change_form_outer_before_template = "staff/event_again.html"
    search_fields: ClassVar = ["stripe_event_id", "type"]
    actions: ClassVar = ["retry"]
    fields: ClassVar = [
        "stripe_event_id",
        "type",
        "api_version",
        "status_label",
        "note",
        "attempts",
        "next_attempt_at",
        "error",
        "route",
        "stripe_created_at",
        "received_at",
        "handled_at",
        "payload_text",
    ]
    readonly_fields = fields

    @display(
        description="Status",
        ordering="status",
        label={"Handled": "success", "Waiting": "info", "Failed: needs a person": "danger"},
    )
    def status_label(self, row: models.WebhookEvent) -> str:
        """The status in words."""
        return row.get_status_display()

    @display(description="Error")
    def trouble(self, row: models.WebhookEvent) -> str:
        """The first line of what went wrong."""
        return row.error.partition("\n")[0][:120]

    @display(description="")
    def again(self, row: models.WebhookEvent) -> str:
        """A button in the table's own form, beside what failed."""
        if row.status != models.WebhookStatus.FAILED:
            return ""
        return format_html(
            '<button class="again" type="submit" formaction="{}">Try again</button>',
            reverse("admin:event-again", args=[row.pk]),
        )

    @display(description="Payload")
    def payload_text(self, row: models.WebhookEvent) -> str:
        """The event as it came, laid out."""
        return format_html('<pre class="payload">{}</pre>', json.dumps(row.payload, indent=2))

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.WebhookEvent]:
        """The table needs no payloads."""
        events = super().get_queryset(request)
        is_list = getattr(request.resolver_match, "url_name", "") == "api_webhookevent_changelist"
        return events.defer("payload") if is_list else events  # type: ignore[no-any-return]

    def get_urls(self) -> list[URLPattern]:
        """One event again."""
        view = self.admin_site.admin_view(require_POST(self.retry_one))
        own = path("<int:event_id>/again/", view, name="event-again")
        return [own, *super().get_urls()]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Who may have events handled again."""
        return request.user.has_perm("api.change_webhookevent")  # type: ignore[union-attr]

    @admin.action(description="Try again now", permissions=["retry"])
    def retry(self, request: HttpRequest, events: QuerySet[models.WebhookEvent]) -> None:
        """Put the chosen events back in the queue."""
        self._again(request, events)

    def retry_one(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Put one event back in the queue."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        self._again(request, models.WebhookEvent.objects.filter(pk=event_id))
        return redirect(reverse("admin:api_webhookevent_changelist") + FAILED_LIST)

    def _again(self, request: HttpRequest, events: QuerySet[models.WebhookEvent]) -> None:
        actor: Any = request.user
        count = events_retry(events, actor=actor)
        which = "1 event" if count == 1 else f"{count} events"
        messages.success(request, f"{which} will be handled again within seconds.")
