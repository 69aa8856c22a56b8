"""How much waits, and for how long: asked by the doctor and by Prometheus, each in one short query."""

from dataclasses import dataclass

from django.db import connection

# Both tables keep what waits in an index of its own.
_EVENTS = """
SELECT count(*),
       coalesce(extract(epoch FROM now() - min(next_attempt_at) FILTER (WHERE next_attempt_at <= now())), 0)
  FROM api_webhookevent WHERE status = 'waiting'"""
_JOBS = """
WITH due AS (
    SELECT id, scheduled_at FROM procrastinate_jobs
     WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))
SELECT (SELECT count(*) FROM due),
       coalesce(extract(epoch FROM now() - least(
           (SELECT min(scheduled_at) FROM due),
           (SELECT min(told.at) FROM procrastinate_events AS told
             WHERE told.type = 'deferred'
               AND told.job_id = (SELECT min(id) FROM due WHERE scheduled_at IS NULL)))), 0)"""


@dataclass(frozen=True)
class Queue:
    """What waits, and since when the oldest that is due could have been done."""

    waiting: int
    oldest_seconds: float


def events_queue() -> Queue:
    """Events from Stripe, also those that are tried again later."""
    return _ask(_EVENTS)


def jobs_queue() -> Queue:
    """Jobs that are due."""
    return _ask(_JOBS)


def _ask(sql: str) -> Queue:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        waiting, oldest = cursor.fetchone()
    return Queue(int(waiting), max(float(oldest), 0.0))
