"""Jobs are named here and carried out by api/tasks.py, a room above: deferred by name, so nothing imports upwards."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext
from procrastinate.worker import Worker

log = structlog.get_logger()
# The argument by which a job knows whose request, or which event, caused it. No task sees it.
CAUSE = "_cause"
_CAUSES = ("request_id", "stripe_event")
_NONE: Mapping[str, str] = {}
_requests: ContextVar[Mapping[str, str]] = ContextVar("requests", default=_NONE)

type Noted = list[tuple[str, dict[str, Any]]]
_noted: ContextVar[Noted | None] = ContextVar("noted", default=None)


def defer(name: str, **arguments: int | str) -> None:
    """Put a job on the queue in the current transaction: it runs if, and only if, that commits."""
    defer_all(name, [arguments])


def defer_all(name: str, jobs: Sequence[dict[str, Any]], *, events: Sequence[str] = ()) -> None:
    """Put many jobs of one kind on the queue at once. `events`: Stripe's event behind each, if any."""
    if not jobs:
        return
    noted = _noted.get()
    if noted is not None:
        noted += [(name, job) for job in jobs]
        return
    causes = [_cause(event_id) for event_id in events] or [_cause()] * len(jobs)
    app.configure_task(f"api.tasks.{name}").batch_defer(
        *({**job, **cause} for job, cause in zip(jobs, causes, strict=True))
    )


@contextmanager
def jobs_noted() -> Iterator[Noted]:
    """Within it jobs are noted and never queued: for rehearsals, which send and begin nothing."""
    noted: Noted = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


@contextmanager
def events_bound(requests: Mapping[str, str]) -> Iterator[None]:
    """Within: events that are handled together, each by its id with the id of its delivery's request."""
    token = _requests.set(requests)
    try:
        yield
    finally:
        _requests.reset(token)


def app_ready(made: App) -> None:
    """Every worker binds the causes of its jobs, however it is started (PROCRASTINATE_ON_APP_READY)."""
    made.worker_defaults["task_middleware"] = [
        *(made.worker_defaults.get("task_middleware") or []),
        cause_bind,
    ]


def cause_bind(call_next: Callable[[], Any], context: JobContext, worker: Worker) -> Any:
    """Around every job: its lines in the log bear the id of the request, and of the event, it came from."""
    cause = context.job.task_kwargs.pop(CAUSE, None)
    said = dict(cause) if isinstance(cause, dict) else {}
    job = {"job": context.job.task_name.rpartition(".")[2], "job_id": context.job.id}
    begun = time.perf_counter()
    with structlog.contextvars.bound_contextvars(**job, **said):
        answer = call_next()
        log.info("job_done", ms=round((time.perf_counter() - begun) * 1000, 1))
        return answer


def _cause(event_id: str = "") -> dict[str, Any]:
    """The argument, from what the log's lines bear now, or from one of the events handled together."""
    bound = structlog.contextvars.get_contextvars()
    told = {name: bound[name] for name in _CAUSES if bound.get(name)}
    if request_id := _requests.get().get(event_id):
        told = {"request_id": request_id, "stripe_event": event_id}
    return {CAUSE: told} if told else {}
