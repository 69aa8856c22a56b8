"""Events from Stripe as a table: what it told us, and how far we are with it."""

import re

from django.db.models.functions import Left

from api.models import Right, WebhookEvent, WebhookStatus
from api.services.tables.filters import Days, Options, Words
from api.services.tables.searches import EventIds, EventReferences, Texts
from api.services.tables.spec import Column, Kind, Order, Table, Tone

_S = WebhookStatus
_TONES = {
    _S.WAITING: Tone.WAITING,
    _S.HANDLED: Tone.GOOD,
    _S.IGNORED: Tone.PLAIN,
    _S.UNPLACED: Tone.CARE,
    _S.FAILED: Tone.BAD,
}
ERROR_SHOWN = 200

EVENTS = Table(
    noun="events",
    label="Events from Stripe",
    one="event",
    model=WebhookEvent,
    right=Right.EVENTS_VIEW,
    columns=[
        Column("received_at", "Received", Kind.MOMENT, link="/admin/api/webhookevent/{pk}/change/"),
        Column("type", "Type", Kind.CODE),
        Column("status", "Status", Kind.STATUS, choices=dict(_S.choices), tones=_TONES),
        Column("error", "Error", source=Left("error", ERROR_SHOWN)),
        Column("attempts", "Attempts", Kind.INTEGER),
        Column("note", "Note", is_default=False),
        Column("handled_at", "Handled", Kind.MOMENT, is_nullable=True),
        Column("stripe_created_at", "Made at Stripe", Kind.MOMENT, is_default=False),
        Column(
            "stripe_event_id",
            "Stripe's id",
            Kind.CODE,
            right=Right.BANK_VIEW,
            is_default=False,
            link="/admin/api/webhookevent/{pk}/change/",
        ),
    ],
    orders=[Order("received_at", "Received", ["received_at"], is_descending=True)],
    filters=[
        Options("status", "Status", choices=dict(_S.choices)),
        Words(
            "type",
            "Type begins with",
            lookup="startswith",
            example="charge.refunded",
            pattern=lambda text: bool(re.fullmatch(r"[a-z0-9_.]{1,120}", text)),
        ),
        Days("received", "Received", path="received_at"),
    ],
    searches=[
        EventIds(),
        EventReferences(),
        Texts(path="type", pattern=r"[a-z0-9_]+(\.[a-z0-9_]*)*"),
    ],
    search_hint="Type of event, reference of a gift or plan, or an id of Stripe's",
    empty="Stripe has told nothing yet. Its events come here as soon as there is a gift.",
)
