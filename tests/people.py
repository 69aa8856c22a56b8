"""The same named people in every test: Amina gives monthly, Ben gives once."""

import secrets
from typing import Any

from api.models import Role, User

AMINA = {"name": "Amina Yusuf", "email": "amina@example.org"}
STAFF_NAMES = {
    Role.ADMINISTRATOR: "Dora",
    Role.FINANCE: "Farid",
    Role.FUNDRAISER: "Gwen",
    Role.SUPPORT: "Hana",
    Role.AUDITOR: "Iris",
}
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


def staff(role: Role, name: str = "") -> User:
    """A member of staff: Dora leads, Farid is in finance, Gwen raises funds, Hana answers, Iris audits."""
    email = f"{(name or STAFF_NAMES[role]).lower()}@example.org"
    known = User.objects.filter(email=email).first()
    return known or User.objects.create_user(
        email, "a long password", is_staff=True, role=role, first_name=name or STAFF_NAMES[role]
    )
