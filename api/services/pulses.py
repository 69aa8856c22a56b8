"""Signs of life: the inbox writes its own, Procrastinate those of its jobs."""

import os
import socket

from django.conf import settings
from django.db import connection

from api.models import Pulse

BEAT_SECONDS = 5.0
# Longer than the largest batch of events takes.
SILENT_SECONDS = 60.0
_NAME = f"{socket.gethostname()[:80]}:{os.getpid()}"


def pulse_beat() -> None:
    """This process handles events. Forgets those that have been silent for a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO api_pulse (name, release, beat_at) VALUES (%s, %s, now())
               ON CONFLICT (name) DO UPDATE SET beat_at = now(), release = EXCLUDED.release""",
            [_NAME, settings.RELEASE],
        )
        cursor.execute("DELETE FROM api_pulse WHERE beat_at < now() - interval '1 day'")


def pulse_stop() -> None:
    """This process handles no more."""
    Pulse.objects.filter(name=_NAME).delete()


def silent_halves() -> dict[str, float | None]:
    """Halves of the worker that give no sign of life, and for how many seconds; None: never did."""
    return {
        half: seconds
        for half, seconds in heartbeats().items()
        if seconds is None or seconds > SILENT_SECONDS
    }


def heartbeats() -> dict[str, float | None]:
    """Seconds since the last sign of life of each half of the worker; None: there was none."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT extract(epoch FROM now() - (SELECT max(beat_at) FROM api_pulse)),
                      extract(epoch FROM now() - (SELECT max(last_heartbeat) FROM procrastinate_workers))"""
        )
        events, jobs = cursor.fetchone()
    return {
        "events": None if events is None else float(events),
        "jobs": None if jobs is None else float(jobs),
    }
