"""Payout events."""

from datetime import datetime
from typing import Any

from api.services.payouts import facts_from_payload, payout_follow


def on_change(payout: dict[str, Any], at: datetime, event_id: str) -> bool:
    """A payout is as Stripe says; all payouts of the account are ours."""
    payout_follow(facts_from_payload(payout))
    return True
