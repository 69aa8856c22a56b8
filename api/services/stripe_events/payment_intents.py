"""PaymentIntent events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from api.services.donations import (
    donation_apply,
    donation_of_stripe,
    donations_of_stripe,
    donations_settle,
)
from api.services.gateways.stripe import intent_facts
from api.services.payments import Settlement
from api.services.stripe_events.event import Event


def on_succeeded(events: Sequence[Event]) -> list[bool]:
    """Settle the gifts of these intents."""
    intents = [intent_facts(event.thing) for event in events]
    gifts = donations_of_stripe([(intent.id, intent.donation_reference) for intent in intents])
    donations_settle(
        [
            Settlement(
                donation_id=gift.pk,
                amount_minor=intent.amount_received_minor,
                currency=intent.currency,
                received_at=event.at,
                why=event.id,
                payment_intent_id=intent.id,
                charge_id=intent.charge_id,
            )
            for event, intent, gift in zip(events, intents, gifts, strict=True)
            if gift
        ]
    )
    return [gift is not None for gift in gifts]


def on_change(intent: dict[str, Any], at: datetime, event_id: str) -> bool:
    """Bring the gift of this intent to where the intent is."""
    facts = intent_facts(intent)
    donation = donation_of_stripe(payment_intent_id=facts.id, reference=facts.donation_reference)
    if donation is None:
        return False
    donation_apply(donation_id=donation.pk, intent=facts, at=at, why=event_id)
    return True
