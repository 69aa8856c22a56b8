"""The inbox of events: kept before we answer, handled after, in any order, once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from api.clock import from_unix, now
from api.errors import WebhookRefused
from api.models import WebhookEvent, WebhookStatus
from api.services.gateways.stripe import webhook_verify
from api.services.stripe_events import HANDLERS

log = structlog.get_logger()
# Seconds to wait after each failure; after the last one a person is needed.
RETRY_PAUSES = (1, 5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600)
_TRACE_LIMIT = 4000


def event_receive(*, body: bytes, signature: str, route: str) -> bool:
    """Keep one delivery in one committed row. False when we had it. Raises WebhookRefused."""
    event = webhook_verify(body, signature)
    event_id, kind = event.get("id"), event.get("type")
    if not isinstance(event_id, str) or not isinstance(kind, str) or not 0 < len(event_id) <= 255:
        raise WebhookRefused("The body is not an event: id and type are missing.")
    created = event.get("created")
    _, is_new = WebhookEvent.objects.get_or_create(
        stripe_event_id=_storable(event_id),
        defaults={
            "type": _storable(kind)[:120],
            "api_version": str(event.get("api_version") or "")[:40],
            "payload": _storable(event),
            "route": route[:80],
            "next_attempt_at": now(),
            "stripe_created_at": _event_time(created),
        },
    )
    return is_new


def events_process(*, limit: int = 100) -> int:
    """Handle up to `limit` waiting events, one transaction each; returns how many were taken."""
    for taken in range(limit):
        if not _event_process():
            return taken
    return limit


def event_retry(event: WebhookEvent) -> None:
    """Put an event back in the queue, at a person's word."""
    WebhookEvent.objects.filter(pk=event.pk).update(
        status=WebhookStatus.WAITING, next_attempt_at=now(), attempts=0
    )


def _event_process() -> bool:
    """Claim and handle one event. The claim is the row's lock: a killed worker gives it back by dying."""
    with transaction.atomic():
        event = (
            WebhookEvent.objects.select_for_update(skip_locked=True)
            .filter(status=WebhookStatus.WAITING, next_attempt_at__lte=now())
            .order_by("next_attempt_at", "id")
            .first()
        )
        if event is None:
            return False
        with structlog.contextvars.bound_contextvars(stripe_event=event.stripe_event_id):
            _handle(event)
        event.save()
    return True


def _handle(event: WebhookEvent) -> None:
    event.attempts += 1
    try:
        with transaction.atomic():
            event.status, event.note = _dispatch(event)
    except (
        Exception
    ) as error:  # the inbox is an edge: the error is kept on the row and shown to staff
        log.exception("event_failed", type=event.type, attempts=event.attempts)
        event.error = f"{type(error).__name__}: {error}"[:_TRACE_LIMIT]
        if event.attempts > len(RETRY_PAUSES):
            event.status = WebhookStatus.FAILED
        else:
            event.next_attempt_at = now() + timedelta(seconds=RETRY_PAUSES[event.attempts - 1])
        return
    event.error, event.handled_at = "", now()


def _dispatch(event: WebhookEvent) -> tuple[WebhookStatus, str]:
    handler = HANDLERS.get(event.type)
    if handler is None:
        return WebhookStatus.IGNORED, "Not a type that we act on"
    data = event.payload.get("data")
    thing = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(thing, dict) or "id" not in thing:
        return WebhookStatus.IGNORED, "No object in it (a thin or unknown form)"
    if handler(thing, event.stripe_created_at, event.stripe_event_id):
        return WebhookStatus.HANDLED, ""
    return WebhookStatus.IGNORED, "Not about a gift of ours"


def _event_time(seconds: object) -> datetime:
    """Stripe's time of the event; a delivery without a sane one counts as made now."""
    is_time = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 <= seconds < 2**33
    return from_unix(seconds) if is_time and isinstance(seconds, int) else now()


def _storable(value: Any) -> Any:
    """The same value without what PostgreSQL's jsonb refuses: NUL and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_storable(name): _storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    return value
