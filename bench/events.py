"""Events of card donations in bulk, with the donations that they are about."""

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

API_VERSION = "2026-10-28.endive"


Thing = dict[str, Any]


def donations_make(count: int) -> list[tuple[str, str]]:
    """Donations that wait for their money: pairs of reference and PaymentIntent id."""
    mark = secrets.token_hex(4).upper()
    return gifts_of([f"pi_{mark}{number}" for number in range(count)])


def gifts_of(intents: Sequence[str]) -> list[tuple[str, str]]:
    """Donations that wait for the money of these PaymentIntents, by SQL: references with them."""
    mark = secrets.token_hex(4).upper()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO api_donor (reference, name, email, email_key, name_key, phone, line1, line2,
                                      city, postcode, country, language, stripe_customer_id, created_at)
               VALUES (%s, 'Ben Okafor', 'ben@example.org', 'ben@example.org', %s, '', '', '', '',
                       '', 'GB', 'en', NULL, now()) RETURNING id""",
            [f"BENCHDONOR{mark}", mark],
        )
        donor = cursor.fetchone()[0]
        cursor.execute(
            """INSERT INTO api_donation (reference, kind, donor_id, fund_id, amount_minor,
                   fee_cover_minor, currency, is_anonymous, message, status, failure_code,
                   request_fingerprint, stripe_payment_intent_id, created_at)
               SELECT %s || lpad(n::text, 8, '0'), 'one_off', %s, (SELECT min(id) FROM api_fund),
                      2500, 0, 'GBP', false, '', 'created', '', '', intent, now()
                 FROM unnest(%s::text[]) WITH ORDINALITY AS asked (intent, n)
             RETURNING reference, stripe_payment_intent_id""",
            [f"BENCH{mark}"[:12], donor, list(intents)],
        )
        return list(cursor.fetchall())


def inbox_empty() -> None:
    """Forget all events, so that the next round has an inbox as small as the last one had."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE api_webhookevent")


def events_of(reference: str, intent: str) -> Iterator[dict[str, Any]]:
    """The four events of a card donation, as Stripe sends them."""
    charge_id = f"ch_{intent[3:]}"
    metadata = {"donation_reference": reference}
    thing: dict[str, Any] = {
        "id": intent,
        "object": "payment_intent",
        "amount": 2500,
        "amount_received": 0,
        "currency": "gbp",
        "status": "requires_payment_method",
        "latest_charge": None,
        "last_payment_error": None,
        "metadata": metadata,
    }
    charge = {
        "id": charge_id,
        "object": "charge",
        "amount": 2500,
        "amount_captured": 2500,
        "amount_refunded": 0,
        "captured": True,
        "paid": True,
        "status": "succeeded",
        "currency": "gbp",
        "payment_intent": intent,
        "metadata": metadata,
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
        "billing_details": {"email": "ben@example.org", "name": "Ben Okafor", "phone": None},
    }
    done = {**thing, "amount_received": 2500, "status": "succeeded", "latest_charge": charge_id}
    yield from _four(thing, charge, done)


def bodies_of(charges: Sequence[Thing]) -> list[bytes]:
    """The four events of each of these charges, whose PaymentIntents are in them in full."""
    made = []
    for told in charges:
        done = told["payment_intent"]
        asked = {**done, "amount_received": 0, "status": "requires_payment_method"}
        charge = {**told, "payment_intent": done["id"]}
        made += [json.dumps(event).encode() for event in _four(asked, charge, done)]
    return made


def _four(asked: Thing, charge: Thing, done: Thing) -> Iterator[Thing]:
    """What Stripe sends of one card payment."""
    for kind, value in (
        ("payment_intent.created", asked),
        ("charge.succeeded", charge),
        ("payment_intent.succeeded", done),
        ("charge.updated", {**charge, "balance_transaction": f"txn_{charge['id'][3:]}"}),
    ):
        yield {
            "id": f"evt_{kind.replace('.', '_')}_{done['id'][3:]}",
            "object": "event",
            "api_version": API_VERSION,
            "created": int(time.time()),
            "data": {"object": value},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }


def bodies(pairs: list[tuple[str, str]]) -> list[bytes]:
    """Every event of these donations, as a delivery's body."""
    return [
        json.dumps(event).encode()
        for reference, intent in pairs
        for event in events_of(reference, intent)
    ]


@dataclass(frozen=True)
class Handled:
    """Events handled a second, and the processor time of one, in milliseconds: the steadier of the two."""

    per_second: float
    cost_ms: float

    def __str__(self) -> str:
        return f"{self.per_second:.0f} events/s, {self.cost_ms:.3f} ms of processor time an event"


def events_handle(gifts: int) -> Handled:
    """What the worker's own function does with the events of new gifts, nothing else at work."""
    from api.models import WebhookEvent
    from api.services.inbox import event_row, events_keep, events_process
    from bench.processor_time import Stopwatch

    WebhookEvent.objects.all().delete()
    pairs = donations_make(gifts)
    rows = [event_row(event, route="bench") for pair in pairs for event in events_of(*pair)]
    for start in range(0, len(rows), 500):
        events_keep(rows[start : start + 500])
    began, watch = time.perf_counter(), Stopwatch()
    while events_process():
        pass
    spent = time.perf_counter() - began
    return Handled(len(rows) / spent, sum(watch.read().values()) / len(rows))
