"""Subscription events."""

from datetime import datetime
from typing import Any

from api.services.plan_facts import facts_from_payload
from api.services.subscriptions import subscription_follow


def on_change(subscription: dict[str, Any], at: datetime, event_id: str) -> bool:
    """A plan is as Stripe says."""
    return subscription_follow(facts_from_payload(subscription), at=at, why=event_id)
