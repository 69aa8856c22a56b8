"""Two that wait for each other: PostgreSQL ends one of them, and that one begins again."""

from collections.abc import Callable
from functools import wraps

import structlog
from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected

log = structlog.get_logger()
TRIES = 3


def deadlock_again[**P, R](deed: Callable[P, R]) -> Callable[P, R]:
    """For what is safe to begin again at any point. Within another's transaction, which is lost, it is not."""

    @wraps(deed)
    def begun(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TRIES - 1):
            try:
                return deed(*args, **kwargs)
            except OperationalError as error:
                is_lost = connection.in_atomic_block
                if is_lost or not isinstance(error.__cause__, DeadlockDetected):
                    raise
                log.warning("deadlock_again", deed=deed.__name__, error=str(error))
        return deed(*args, **kwargs)

    return begun
