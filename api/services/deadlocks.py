"""Two that wait for each other: PostgreSQL ends one of them, and that one begins again."""

from collections.abc import Callable
from functools import wraps

import structlog
from django.db import OperationalError
from psycopg.errors import DeadlockDetected

log = structlog.get_logger()
TRIES = 3


def deadlock_again[**P, R](deed: Callable[P, R]) -> Callable[P, R]:
    """For what is safe to begin again at any point, and has transactions of its own."""

    @wraps(deed)
    def begun(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TRIES - 1):
            try:
                return deed(*args, **kwargs)
            except OperationalError as error:
                if not isinstance(error.__cause__, DeadlockDetected):
                    raise
                log.warning("deadlock_again", deed=deed.__name__, error=str(error))
        return deed(*args, **kwargs)

    return begun
