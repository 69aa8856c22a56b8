"""A donor each of whose words is found nowhere else, so that every trace of them can be told."""

from typing import Any

from django.db import connection

from api.models import Donor, Erasure, ErasureState
from api.services.erasures import erasure_ask
from tests.walks.tools import work

# One string for each field.
CANARY: dict[str, Any] = {
    "name": "Zyxcanaryname Qwertyman",
    "email": "zyxcanarymail@example.org",
    "phone": "07700 900999",
    "address": {
        "line1": "77 Zyxcanaryline Road",
        "line2": "Zyxcanaryhamlet",
        "city": "Zyxcanarytown",
        "postcode": "ZE3 9JZ",
        "country": "GB",
    },
}
MARKS = ("zyxcanary", "qwertyman", "07700 900999", "ze3 9jz")
# As Stripe tells it with a payment, beside what we told Stripe.
BILLING = {
    "name": "Z. Qwertyman",
    "email": CANARY["email"],
    "phone": "07700 900999",
    "address": {"line1": "77 Zyxcanaryline Road", "postal_code": "ZE3 9JZ", "country": "GB"},
}


def everything() -> dict[str, str]:
    """The whole database as text, by table."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')  # noqa: S608
            found[table] = "\n".join(row for (row,) in cursor.fetchall()).casefold()
    return found


def traces() -> set[str]:
    """Tables in which something of the canary is left."""
    return {table for table, text in everything().items() if any(mark in text for mark in MARKS)}


def forget(donor: Donor) -> Erasure:
    """Asked for and carried out."""
    erasure = erasure_ask(donor=donor, actor=None)
    work()
    erasure.refresh_from_db()
    assert erasure.state != ErasureState.WAITING
    return erasure
