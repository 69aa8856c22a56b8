"""Refund events."""

from datetime import datetime
from typing import Any

from api.services.refunds import facts_from_payload, refund_follow


def on_change(refund: dict[str, Any], at: datetime, event_id: str) -> bool:
    """A refund is as Stripe says."""
    return refund_follow(facts_from_payload(refund), why=event_id)


def on_charge_refunded(charge: dict[str, Any], at: datetime, event_id: str) -> bool:
    """Older API versions tell refunds only inside their charge; newer ones send refund.created."""
    inside = (charge.get("refunds") or {}).get("data") or []
    intent = charge.get("payment_intent")
    told = [
        {**refund, "payment_intent": intent or refund.get("payment_intent")} for refund in inside
    ]
    placed = [refund_follow(facts_from_payload(refund), why=event_id) for refund in told]
    return all(placed)
