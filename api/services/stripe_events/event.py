"""One event as its handlers take it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Event:
    """The object that an event is about, when Stripe made the event (UTC), and the event's id."""

    thing: dict[str, Any]
    at: datetime
    id: str
