"""Jobs are named here and carried out by api/tasks.py, a room above: deferred by name, so nothing imports upwards."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from procrastinate.contrib.django import app

type Noted = list[tuple[str, dict[str, Any]]]
_noted: ContextVar[Noted | None] = ContextVar("noted", default=None)


def defer(name: str, **arguments: int | str) -> None:
    """Put a job on the queue in the current transaction: it runs if, and only if, that commits."""
    defer_all(name, [arguments])


def defer_all(name: str, jobs: Sequence[dict[str, Any]]) -> None:
    """Put many jobs of one kind on the queue at once."""
    if not jobs:
        return
    noted = _noted.get()
    if noted is not None:
        noted += [(name, job) for job in jobs]
    else:
        app.configure_task(f"api.tasks.{name}").batch_defer(*jobs)


@contextmanager
def jobs_noted() -> Iterator[Noted]:
    """Within it jobs are noted and never queued: for rehearsals, which send and begin nothing."""
    noted: Noted = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)
