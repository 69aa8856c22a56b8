"""Payment method events: what plans are paid with."""

from datetime import datetime
from typing import Any

from api.services.gateways.stripe_plans import mandate_facts, method_facts
from api.services.plan_methods import mandate_follow, method_follow


def on_change(method: dict[str, Any], at: datetime, event_id: str) -> bool:
    """A card was renewed by its bank (the card updater), or corrected."""
    return method_follow(method_facts(method))


def on_mandate(mandate: dict[str, Any], at: datetime, event_id: str) -> bool:
    """A mandate was accepted, refused or revoked."""
    return mandate_follow(mandate_facts(mandate))
