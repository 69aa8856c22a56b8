"""Who answers a long question: the replica, once it knows all that the primary knew when it was asked.

So own writes, and everybody's, are always seen. A replica that lags, or is away, is not waited for: the
primary answers. Without REPLICA_DATABASE_URL nothing here does anything.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import structlog
from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connection,
    connections,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

log = structlog.get_logger()
REPLICA, DIRECT = "replica", "direct"
_POLL_SECONDS = 0.01
_CHOICE = threading.local()
_rest_until = 0.0


class ReplicaRouter:
    """Reads go where from_replica() says; writes always to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """The choice that stands."""
        return reading().alias

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """The primary."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """All are the same rows."""
        return True

    def allow_migrate(self, database: str, app_label: str, **hints: Any) -> bool:
        """Only the primary has tables to make."""
        return database == DEFAULT_DB_ALIAS


def reading() -> BaseDatabaseWrapper:
    """The connection to read from: the replica's within from_replica(), if it was fit; else the primary's."""
    return connections[getattr(_CHOICE, "alias", DEFAULT_DB_ALIAS)]


def session() -> BaseDatabaseWrapper:
    """A connection whose session is ours alone, also behind PgBouncer: for locks that outlive a transaction."""
    return connections[DIRECT if DIRECT in settings.DATABASES else DEFAULT_DB_ALIAS]


@contextmanager
def from_replica(*, is_allowed: bool = True) -> Iterator[None]:
    """Within, reads are answered by the replica if it is fit. Not within a transaction, whose own writes it lacks."""
    is_chosen = hasattr(_CHOICE, "alias") or connection.in_atomic_block
    if is_chosen or not is_allowed or REPLICA not in settings.DATABASES:
        yield
        return
    _CHOICE.alias = REPLICA if _is_fit() else DEFAULT_DB_ALIAS
    try:
        yield
    finally:
        del _CHOICE.alias


def replica_reads[**P, Answer](question: Callable[P, Answer]) -> Callable[P, Answer]:
    """A question that the replica may answer; asked again of the primary if that one breaks off."""

    @wraps(question)
    def asked(*args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            with from_replica():
                is_elsewhere = reading().alias == REPLICA
                return question(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            if not is_elsewhere:
                raise
            _leave_alone(error)
            return question(*args, **kwargs)

    return asked


def _is_fit() -> bool:
    """Whether the replica has replayed all that the primary has written by now; waits a little for it."""
    if time.monotonic() < _rest_until:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn()")
        [wanted] = cursor.fetchone()
    try:
        return _has_replayed(wanted)
    except (OperationalError, InterfaceError) as error:
        _leave_alone(error)
        return False


def _has_replayed(wanted: str) -> bool:
    deadline = time.monotonic() + settings.REPLICA_WAIT_SECONDS
    with connections[REPLICA].cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [wanted])
            if cursor.fetchone()[0]:
                return True
            if time.monotonic() > deadline:
                log.warning("replica_lags", wanted=wanted)
                return False
            time.sleep(_POLL_SECONDS)


def _leave_alone(error: Exception) -> None:
    global _rest_until
    log.warning("replica_away", error=str(error))
    connections[REPLICA].close()
    _rest_until = time.monotonic() + settings.REPLICA_REST_SECONDS
