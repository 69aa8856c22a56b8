"""Events from Stripe as a table: what it told us, and how far we are with it."""

import re

from django.db.models import F
from django.db.models.functions import Left

from api.models import Donation, Donor, Right, Subscription, WebhookEvent, WebhookStatus
from api.services.tables.event_searches import EventIds, EventsOf
from api.services.tables.filters import Days, Options, Words
from api.services.tables.searches import (
    Amounts,
    Emails,
    Names,
    NamesAlike,
    Postcodes,
    ReceiptNumbers,
    References,
    Texts,
)
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
_GIFT = {"total_minor": F("amount_minor") + F("fee_cover_minor")}

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
        EventsOf(model=Donation, search=References(model=Donation)),
        EventsOf(model=Subscription, search=References(model=Subscription)),
        EventsOf(search=References(model=Donor)),
        EventsOf(model=Donation, search=ReceiptNumbers(gift="", receipt="receipt__")),
        EventsOf(model=Donation, search=Amounts(path="total_minor"), aliases=_GIFT),
        Texts(model=WebhookEvent, path="type", pattern=r"[a-z0-9_]+(\.[a-z0-9_]*)*"),
        EventsOf(search=Emails()),
        EventsOf(search=Postcodes()),
        EventsOf(search=Names()),
        EventsOf(search=Emails(is_last=True)),
        EventsOf(search=NamesAlike()),
    ],
    search_hint="Name, e-mail, postcode, reference, amount, receipt, type of event or Stripe's id",
    empty="Stripe has told nothing yet. Its events come here as soon as there is a gift.",
)
