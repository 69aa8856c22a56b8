"""A charity's past in bulk, and Stripe's side of it."""

from collections.abc import Iterator
from typing import Any

import psycopg
from django.db import connection

from api.models import Donation
from api.services.demo_data import demo_data_make


def history_make(count: int) -> None:
    """Write `count` invented gifts of the last seven years, with all that follows from them."""
    # Another seed each time: the same one would make the same references again.
    demo_data_make(size=count, seed=Donation.objects.count() + 1, say=lambda words: None)


def statement(page: int = 1000) -> Iterator[list[dict[str, Any]]]:
    """Stripe's side of that past: pages of its statement, as its list would give them."""
    # A connection of its own: the comparison's own one is busy with taking these lines in.
    with (
        psycopg.connect(**connection.get_connection_params()) as own,
        own.cursor("statement") as cursor,
    ):
        cursor.execute(
            """SELECT stripe_balance_transaction_id, amount_minor, fee_minor, net_minor, currency
                 FROM api_balancetransaction ORDER BY id"""
        )
        while rows := cursor.fetchmany(page):
            yield [
                {"id": name, "amount": amount, "fee": fee, "net": net, "currency": currency.lower()}
                for name, amount, fee, net, currency in rows
            ]
