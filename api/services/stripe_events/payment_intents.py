"""PaymentIntents on their way to money; the money itself is told with the charges."""

from datetime import datetime
from typing import Any

from api.services.donations import donation_apply, donation_of_stripe
from api.services.gateways.stripe import intent_facts


def on_change(intent: dict[str, Any], at: datetime, event_id: str) -> bool:
    """Bring the gift of this intent to where the intent is."""
    facts = intent_facts(intent)
    donation = donation_of_stripe(payment_intent_id=facts.id, reference=facts.donation_reference)
    if donation is None:
        return False
    donation_apply(donation_id=donation.pk, intent=facts, at=at, why=event_id)
    return True
