"""Jobs are named here and carried out by api/tasks.py, a room above: deferred by name, so nothing imports upwards."""

from collections.abc import Sequence
from typing import Any

from procrastinate.contrib.django import app


def defer(name: str, **arguments: int | str) -> None:
    """Put a job on the queue in the current transaction: it runs if, and only if, that commits."""
    app.configure_task(f"api.tasks.{name}").defer(**arguments)


def defer_all(name: str, jobs: Sequence[dict[str, Any]]) -> None:
    """Put many jobs of one kind on the queue at once."""
    app.configure_task(f"api.tasks.{name}").batch_defer(*jobs)
