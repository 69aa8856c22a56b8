"""PaymentIntent events."""

from datetime import datetime
from typing import Any

from api.models import Donation
from api.services.donations import donation_apply
from api.services.gateways.stripe import intent_facts


def on_change(intent: dict[str, Any], at: datetime, event_id: str) -> bool:
    """Bring the gift of this intent to where the intent is."""
    facts = intent_facts(intent)
    donation = Donation.objects.filter(stripe_payment_intent_id=facts.id).first()
    if donation is None and facts.donation_reference:
        donation = Donation.objects.filter(reference=facts.donation_reference).first()
    if donation is None:
        return False
    donation_apply(donation_id=donation.pk, intent=facts, at=at, why=event_id)
    return True
