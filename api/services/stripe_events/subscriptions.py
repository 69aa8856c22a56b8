"""Subscription events."""

from datetime import datetime
from typing import Any

from api.services.subscriptions import facts_from_payload, subscription_follow


def on_change(subscription: dict[str, Any], at: datetime, event_id: str) -> bool:
    """A plan is as Stripe says."""
    return subscription_follow(facts_from_payload(subscription), at=at, why=event_id)
