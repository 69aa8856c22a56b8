"""Two that wait for each other: PostgreSQL ends one of them, and that one begins again."""

from collections.abc import Callable

import structlog
from django.db import OperationalError
from psycopg.errors import DeadlockDetected

log = structlog.get_logger()
TRIES = 3


def deadlock_again[Answer](deed: Callable[[], Answer]) -> Answer:
    """Do something that is safe to begin again, and has a transaction of its own."""
    for _ in range(TRIES - 1):
        try:
            return deed()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
            log.warning("deadlock_again", error=str(error))
    return deed()
