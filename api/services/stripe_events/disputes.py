"""Dispute events."""

from datetime import datetime
from typing import Any

from api.services.disputes import dispute_follow, facts_from_payload


def on_change(dispute: dict[str, Any], at: datetime, event_id: str) -> bool:
    """A dispute is as Stripe says."""
    return dispute_follow(facts_from_payload(dispute), why=event_id)
