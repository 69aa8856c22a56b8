"""The inbox of events: kept before we answer, handled after, in any order, once."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from api.clock import from_unix, now
from api.counters import count, observe
from api.errors import WebhookRefused
from api.models import AlertKind, User, WebhookEvent, WebhookStatus
from api.services.alerts import alert_events_review, alert_open
from api.services.audit import audit_record
from api.services.deliveries import Gatherer, Lines
from api.services.forgotten_events import events_forget, events_handling_begin
from api.services.gateways.stripe import id_of, webhook_verify
from api.services.jobs import events_bound
from api.services.stripe_events import HANDLERS, TOGETHER, BatchHandler, Event, Handler

log = structlog.get_logger()
# Seconds to wait after each failure; after the last one a person is needed.
RETRY_PAUSES = (1, 5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600)
# Threads of a web process that write events at once; what comes meanwhile shares a commit.
DOOR_HANDS = 4
# Events of one transaction: what each costs falls by a tenth from 200 to 500, and hardly after that.
BATCH = 500
_TRACE_LIMIT = 4000
SETTLES = "payment_intent.succeeded"
_ROW = "(%s, %s, %s, %s, %s::jsonb, %s, %s, 'waiting', '', '', 0, now(), now())"
# Escapes of NUL and of surrogates, which jsonb may refuse.
_REFUSED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
# More objects and lists than this are looked at for how deep they go; an event has some dozens.
_PARTS_MOST = 500
_LEVELS_MOST = 100
_DIGITS_MOST = 400
_OUTCOME = ("status", "note", "error", "attempts", "handled_at", "next_attempt_at")
_OUTCOMES_SQL = """
UPDATE api_webhookevent AS event
   SET status = came.status, note = came.note, error = came.error, attempts = came.attempts,
       handled_at = came.handled_at, next_attempt_at = came.next_attempt_at,
       about = string_to_array(came.about, E'\\n')
  FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::timestamptz[],
              %s::timestamptz[], %s::text[])
       AS came (id, status, note, error, attempts, handled_at, next_attempt_at, about)
 WHERE event.id = came.id"""


def event_receive(*, body: bytes, signature: str, route: str) -> bool:
    """Keep one delivery in one committed row. False when we had it. Raises WebhookRefused."""
    text = webhook_verify(body, signature).removeprefix("\ufeff")
    event, is_plain = _event_read(text)
    event_id, kind = event.get("id"), event.get("type")
    if not isinstance(event_id, str) or not isinstance(kind, str) or not 0 < len(event_id) <= 255:
        raise WebhookRefused("The body is not an event: id and type are missing.")
    # As it came, letter for letter, unless PostgreSQL would refuse it.
    payload = text if is_plain and not _REFUSED.search(text) else None
    return _DOOR.keep(event_row(event, route=route, payload=payload))


def _number_plain(text: str) -> float:
    """A fraction as PostgreSQL and Python both read it. Raises ValueError for others."""
    number = _number_or_text(text)
    if isinstance(number, str):
        raise ValueError(text)
    return number


def _number_or_text(text: str) -> float | str:
    number = float(text)
    is_told = math.isfinite(number) and (number or "e" not in text.lower())  # 1e-20000 is no 0.
    return number if is_told and len(text) <= _DIGITS_MOST else text


def _whole_or_text(text: str) -> int | str:
    return int(text) if len(text) <= _DIGITS_MOST else text


# NaN is no JSON, and of 1e5000 nobody makes a number again: kept as texts.
_PLAIN = json.JSONDecoder(parse_float=_number_plain, parse_constant=_number_plain)
_ODD = json.JSONDecoder(
    parse_float=_number_or_text, parse_int=_whole_or_text, parse_constant=_number_or_text
)


def _event_read(text: str) -> tuple[dict[str, Any], bool]:
    """What a delivery says, and whether PostgreSQL takes it as it came. Raises WebhookRefused."""
    for decoder in (_PLAIN, _ODD):
        with suppress(ValueError, RecursionError):
            event = decoder.decode(text)
            if not isinstance(event, dict):
                raise WebhookRefused("The body is not an event.")
            return event, decoder is _PLAIN and text.count("{") + text.count("[") <= _PARTS_MOST
    raise WebhookRefused("The body is not JSON.")


# What a row is made of beside its defaults, in this order.
EventRow = tuple[str, str, str, str, str, datetime, str]


def _door_keep(rows: Sequence[EventRow]) -> list[bool]:
    return _LINES.run(lambda own: events_keep(rows, own))


def events_keep(rows: Sequence[EventRow], own: BaseDatabaseWrapper | None = None) -> list[bool]:
    """Keep those events that are not known yet, in one statement. Says of each whether it was new."""
    # Oldest first, and always in one order: two batches with the same events never wait for each other.
    ordered = sorted(rows, key=lambda row: (row[5], row[0]))
    marks = ", ".join([_ROW] * len(rows))
    with (own or connection).cursor() as cursor:
        # Plain SQL: this is the door that an appeal's night comes through, and Django's own
        # ignore_conflicts does not tell which rows were new.
        cursor.execute(
            "INSERT INTO api_webhookevent (stripe_event_id, type, api_version, route, payload,"  # noqa: S608
            " stripe_created_at, request_id, status, note, error, attempts, next_attempt_at, received_at)"
            f" VALUES {marks} ON CONFLICT (stripe_event_id) DO NOTHING RETURNING stripe_event_id",
            [value for row in ordered for value in row],
        )
        new = {name for (name,) in cursor.fetchall()}
    told = []
    for row in rows:
        told.append(row[0] in new)
        new.discard(row[0])  # The same event twice in one batch is new once.
    return told


_LINES = Lines()
_DOOR = Gatherer(_door_keep, hands=DOOR_HANDS)


def event_row(event: dict[str, Any], *, route: str, payload: str | None = None) -> EventRow:
    """An event as the inbox keeps it. `payload`: its JSON text, where it is at hand."""
    return (
        _storable(event["id"]),
        _storable(event["type"])[:120],
        _storable(str(event.get("api_version") or ""))[:40],
        route[:80],
        payload or json.dumps(_storable(event)),
        _event_time(event.get("created")),
        str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )


def events_process(*, limit: int = BATCH) -> int:
    """Handle up to `limit` waiting events in one transaction; returns how many were taken.

    The claim is the rows' lock: a killed worker gives them back by dying.
    """
    with transaction.atomic():
        events_handling_begin()
        events = list(
            WebhookEvent.objects.select_for_update(skip_locked=True)
            .filter(status=WebhookStatus.WAITING, next_attempt_at__lte=now())
            .order_by("next_attempt_at", "id")[:limit]
        )
        _handle(events)
        _outcomes_keep(events)
        events_forget(events)
        if any(event.status == WebhookStatus.FAILED for event in events):
            alert_open(AlertKind.FAILED_EVENTS)
    _measure(events)
    return len(events)


def _measure(events: Sequence[WebhookEvent]) -> None:
    """Counts and durations of a batch that is committed."""
    moment = now()
    for event in events:
        count("domaap_events", outcome=event.status)
        if event.handled_at is None:
            continue
        observe("domaap_event_seconds", (moment - event.received_at).total_seconds())
        if event.type == SETTLES and event.status == WebhookStatus.HANDLED:
            seconds = (moment - event.stripe_created_at).total_seconds()
            observe("domaap_settle_seconds", seconds)


def events_retry(events: QuerySet[WebhookEvent], *, actor: User) -> int:
    """Put events back in the queue, at a person's word. Returns how many."""
    with transaction.atomic():
        count = events.order_by().update(
            status=WebhookStatus.WAITING, next_attempt_at=now(), attempts=0
        )
        audit_record(action="events.retried", subject="inbox", actor=actor, count=count)
    alert_events_review()
    return count


def _outcomes_keep(events: Sequence[WebhookEvent]) -> None:
    """What came of a batch, in one statement; and what each is about, for which the door has no time."""
    if not events:
        return
    columns = [[getattr(event, name) for event in events] for name in ("pk", *_OUTCOME)]
    about = ["\n".join(_names(event)) for event in events]
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES_SQL, [*columns, about])


def _names(row: WebhookEvent) -> list[str]:
    """Stripe's ids of what the event is about, and of the payment or invoice that it belongs to."""
    data = row.payload.get("data")
    thing = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(thing, Mapping):
        return []
    told = ["id", "payment_intent", "invoice"]
    if row.status != WebhookStatus.HANDLED:
        told.append("customer")  # No gift leads to it, should its donor ask to be forgotten.
    names = (id_of(thing.get(name))[:255] for name in told)
    return [name for name in dict.fromkeys(names) if name]


def _handle(events: Sequence[WebhookEvent]) -> None:
    """All that can be is handled together, whatever its order; the rest one by one."""
    batches: dict[BatchHandler, list[WebhookEvent]] = {}
    single = []
    for event in events:
        event.attempts += 1
        if why_not := _why_not_ours(event):
            _mark([event], WebhookStatus.IGNORED, why_not)
        elif event.type in TOGETHER:
            batches.setdefault(TOGETHER[event.type], []).append(event)
        else:
            single.append(event)
    for handler, batch in batches.items():
        _handle_together(handler, batch)
    for event in single:
        _handle_one(event)


def _why_not_ours(row: WebhookEvent) -> str:
    """Why an event changes nothing here, whatever it tells; empty for all others."""
    if row.type not in TOGETHER and row.type not in HANDLERS:
        return "Not a type that we act on"
    # docs.stripe.com/connect/webhooks: only events of connected accounts name an account.
    if row.payload.get("account"):
        return "Of a connected account, not of ours"
    if row.payload.get("livemode") is False and settings.STRIPE_SECRET_KEY[3:8] == "live_":
        return "A test event: no money moved"
    return ""


def _handle_together(handler: BatchHandler, batch: Sequence[WebhookEvent]) -> None:
    """In a fixed number of queries. When one of them fails, its half is halved until it is alone."""
    if len(batch) == 1:
        return _handle_one(batch[0])
    try:
        with transaction.atomic(), events_bound(_requests(batch)):
            return _place(batch, handler)
    except Exception as error:  # the one at fault is kept with its error, by _handle_one
        log.warning("batch_taken_apart", size=len(batch), error=str(error))
    middle = len(batch) // 2
    for half in (batch[:middle], batch[middle:]):
        _handle_together(handler, half)
    return None


def _handle_one(row: WebhookEvent) -> None:
    handler = TOGETHER.get(row.type) or _each(HANDLERS[row.type])
    try:
        with (
            structlog.contextvars.bound_contextvars(**_told(row)),
            events_bound(_requests([row])),
            transaction.atomic(),
        ):
            _place([row], handler)
    except Exception as error:  # the inbox is an edge: it is kept on the row and shown to staff
        log.exception("event_failed", type=row.type, attempts=row.attempts)
        row.error = f"{type(error).__name__}: {error}"[:_TRACE_LIMIT]
        if row.attempts > len(RETRY_PAUSES):
            row.status = WebhookStatus.FAILED
        else:
            row.next_attempt_at = now() + timedelta(seconds=RETRY_PAUSES[row.attempts - 1])


def _told(row: WebhookEvent) -> dict[str, str]:
    """What the lines of the log about an event bear."""
    told = {"stripe_event": row.stripe_event_id, "request_id": row.request_id}
    return {name: value for name, value in told.items() if value}


def _requests(batch: Sequence[WebhookEvent]) -> dict[str, str]:
    return {event.stripe_event_id: event.request_id for event in batch if event.request_id}


def _each(handler: Handler) -> BatchHandler:
    return lambda events: [handler(event.thing, event.at, event.id) for event in events]


def _place(rows: Sequence[WebhookEvent], handler: BatchHandler) -> None:
    """Give events to their handler, and write on each what came of it."""
    events = [_event(row) for row in rows]
    placed = iter(handler([event for event in events if event]))
    strange: list[WebhookEvent] = []
    ours: list[WebhookEvent] = []
    others: list[WebhookEvent] = []
    for row, event in zip(rows, events, strict=True):
        (strange if event is None else ours if next(placed) else others).append(row)
    _mark(strange, WebhookStatus.IGNORED, "No object in it (a thin or unknown form)")
    _mark(ours, WebhookStatus.HANDLED, "")
    _mark(others, WebhookStatus.UNPLACED, "Not about a gift of ours")


def _mark(rows: Sequence[WebhookEvent], status: WebhookStatus, note: str) -> None:
    moment = now()
    for row in rows:
        row.status, row.note, row.error, row.handled_at = status, note, "", moment


def _event(row: WebhookEvent) -> Event | None:
    data = row.payload.get("data")
    thing = data.get("object") if isinstance(data, Mapping) else None
    name = thing.get("id") if isinstance(thing, dict) else None
    if not isinstance(thing, dict) or not isinstance(name, str) or not name:
        return None
    return Event(thing, row.stripe_created_at, row.stripe_event_id, row.type)


def _event_time(seconds: object) -> datetime:
    """Stripe's time of the event; a delivery without a sane one counts as made now."""
    is_time = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 <= seconds < 2**33
    return from_unix(seconds) if is_time and isinstance(seconds, int) else now()


def _storable(value: Any, levels: int = _LEVELS_MOST) -> Any:
    """The same value without what PostgreSQL's jsonb refuses: NUL, halves of surrogate pairs, and
    what lies too deep, which is kept as text.
    """
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, dict | list) and not levels:
        return json.dumps(value)
    if isinstance(value, dict):
        return {_storable(name): _storable(inner, levels - 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner, levels - 1) for inner in value]
    return value
