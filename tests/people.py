"""The same named people in every test: Amina gives monthly, Ben gives once."""

import secrets
from typing import Any

AMINA = {"name": "Amina Yusuf", "email": "amina@example.org"}
BEN = {"name": "Ben Okafor", "email": "ben@example.org"}


def gift(**changes: Any) -> dict[str, Any]:
    """What Ben's form sends for £25 once."""
    return {
        "amount_minor": 2500,
        "currency": "GBP",
        "fund": "general",
        "donor": BEN,
        "idempotency_key": secrets.token_hex(16),
        **changes,
    }


def monthly(**changes: Any) -> dict[str, Any]:
    """What Amina's form sends for £10 a month."""
    return gift(**{"amount_minor": 1000, "donor": AMINA, **changes})
