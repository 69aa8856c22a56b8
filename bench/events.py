"""Events of card donations in bulk, with the donations that they are about."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

from django.db import connection

API_VERSION = "2026-10-28.endive"


def donations_make(count: int, *, status: str = "created") -> list[tuple[str, str]]:
    """Donations that wait for their money, by SQL: pairs of reference and PaymentIntent id."""
    mark = secrets.token_hex(4).upper()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO api_donor (reference, name, email, email_key, name_key, phone, line1, line2,
                                      city, postcode, country, stripe_customer_id, created_at)
               VALUES (%s, 'Ben Okafor', 'ben@example.org', 'ben@example.org', %s, '', '', '', '',
                       '', 'GB', NULL, now()) RETURNING id""",
            [f"BENCHDONOR{mark}", mark],
        )
        donor = cursor.fetchone()[0]
        cursor.execute(
            """INSERT INTO api_donation (reference, kind, donor_id, fund_id, amount_minor,
                   fee_cover_minor, currency, is_anonymous, message, status, failure_code,
                   request_fingerprint, stripe_payment_intent_id, created_at)
               SELECT %s || lpad(n::text, 8, '0'), 'one_off', %s, (SELECT min(id) FROM api_fund),
                      2500, 0, 'GBP', false, '', %s, '', '', 'pi_' || %s || n, now()
                 FROM generate_series(1, %s) AS n
             RETURNING reference, stripe_payment_intent_id""",
            [f"BENCH{mark}"[:12], donor, status, mark, count],
        )
        return list(cursor.fetchall())


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
    for kind, value in (
        ("payment_intent.created", thing),
        ("charge.succeeded", charge),
        ("payment_intent.succeeded", done),
        ("charge.updated", {**charge, "balance_transaction": f"txn_{intent[3:]}"}),
    ):
        yield {
            "id": f"evt_{kind.replace('.', '_')}_{intent[3:]}",
            "object": "event",
            "api_version": API_VERSION,
            "created": 1_795_000_000,
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
