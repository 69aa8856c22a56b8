"""One at a time: a lock that PostgreSQL keeps for a deed, whoever does it and on whichever machine."""

from django.db import connection


def turn_take(lock: int) -> None:
    """Wait until nobody else does what this number stands for; the turn ends with the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
