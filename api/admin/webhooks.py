"""What Stripe told us, and what of it waits for a person."""

import json
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.decorators import display

from api import models
from api.admin.tables import RowAdmin
from api.services.inbox import events_retry
from api.services.personal_texts import NOT_SHOWN, stripe_cleaned


@admin.register(models.WebhookEvent)
class WebhookEventAdmin(RowAdmin):
    """What Stripe told us, and how far we are with it."""

    noun = "events"
    change_form_outer_before_template = "staff/event_again.html"
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

    def get_object(self, request: HttpRequest, *args: Any) -> Any:
        """The event, without what it tells of a donor for who may not see that."""
        event = super().get_object(request, *args)
        user: Any = request.user
        if event is not None and not user.has_right(models.Right.DONORS_CONTACT):
            event.payload = stripe_cleaned(event.payload, (), NOT_SHOWN)
        return event

    @display(description="Payload")
    def payload_text(self, row: models.WebhookEvent) -> str:
        """The event as it came, laid out."""
        return format_html('<pre class="payload">{}</pre>', json.dumps(row.payload, indent=2))

    def get_urls(self) -> list[URLPattern]:
        """One event again."""
        view = self.admin_site.admin_view(require_POST(self.retry_one))
        own = path("<int:event_id>/again/", view, name="event-again")
        return [own, *super().get_urls()]

    def retry_one(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Put one event back in the queue."""
        actor: Any = request.user
        if not actor.has_perm("api.change_webhookevent"):
            raise PermissionDenied
        events_retry(models.WebhookEvent.objects.filter(pk=event_id), actor=actor)
        messages.success(request, "The event will be handled again within seconds.")
        return redirect(f"{reverse('table-events')}?status=failed")
