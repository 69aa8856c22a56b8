"""One event as its handlers take it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """The object that an event is about, when Stripe made the event (UTC), and the event's id and type."""

    thing: dict[str, Any]
    at: datetime
    id: str
    type: str
