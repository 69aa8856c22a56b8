"""What mail services tell of our e-mails (django-anymail checks who they are), and the button "no more"."""

from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, tracking
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from api.clock import now
from api.errors import NotFound
from api.models import MailEventKind
from api.services.mail_events import appeals_unsubscribe, mail_event_record, message_find
from api.services.messages import unsubscribe_token_read
from api.services.receipts import charity_words
from api.views.subscriptions import giving_templates

_KINDS = {
    EventType.DELIVERED: MailEventKind.DELIVERED,
    EventType.DEFERRED: MailEventKind.DEFERRED,
    EventType.BOUNCED: MailEventKind.BOUNCED,
    EventType.REJECTED: MailEventKind.BOUNCED,
    EventType.COMPLAINED: MailEventKind.COMPLAINED,
    EventType.UNSUBSCRIBED: MailEventKind.UNSUBSCRIBED,
}


@receiver(tracking)
def mail_service_told(event: AnymailTrackingEvent, **kwargs: Any) -> None:
    """One event of any mail service; of an e-mail that is not ours nothing is kept."""
    kind = _KINDS.get(event.event_type)
    message = message_find(message_id=event.message_id or "", to=event.recipient or "")
    if kind is None or message is None:
        return
    reason = event.mta_response or event.description or event.reject_reason or ""
    mail_event_record(message, kind, at=event.timestamp or now(), reason=reason)


# The form token protects who is signed in; nobody is, and mail programs press the button by themselves (RFC 8058).
@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET (mail scanners open links), stop appeals on POST. Whoever holds the signed link may."""
    try:
        message = unsubscribe_token_read(token)
    except NotFound:
        return render(request, "giving/unsubscribe_invalid.html", charity_words(), status=404)
    if request.method == "POST":
        appeals_unsubscribe(message)
    page = "unsubscribe_done" if request.method == "POST" else "unsubscribe_ask"
    words = {**charity_words(message.language), "language_tag": message.language}
    return render(request, giving_templates(page, message.language), words)
