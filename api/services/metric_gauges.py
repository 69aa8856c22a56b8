"""What Prometheus is told of this moment: each gauge is one short query, or none."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import Error, connection

from api.clock import now
from api.services.checkups import checkup_last
from api.services.doctor.backups import BackupStatus, backup_status
from api.services.pulses import heartbeats
from api.services.queues import events_queue, jobs_queue

# Values of the labels, and the number.
Sample = tuple[tuple[str, ...], float]
RANKS = {"ok": 0, "skipped": 0, "warning": 1, "problem": 2}


@dataclass(frozen=True)
class Gauge:
    """A number of this moment, and how it is asked."""

    name: str
    words: str
    ask: Callable[[], list[Sample]]
    labels: tuple[str, ...] = ()


def _sql(sql: str) -> Callable[[], list[Sample]]:
    """Rows of labels and then a number, which may be missing."""

    def ask() -> list[Sample]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return [
                (tuple(row[:-1]), float(row[-1]))
                for row in cursor.fetchall()
                if row[-1] is not None
            ]

    return ask


def _one(ask: Callable[[], float | None]) -> Callable[[], list[Sample]]:
    def samples() -> list[Sample]:
        value = ask()
        return [] if value is None else [((), float(value))]

    return samples


def _database() -> float:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return 0.0
    return 1.0


def _heartbeats() -> list[Sample]:
    # A half that never lived is as silent as can be.
    return [
        ((half,), float("inf") if seconds is None else seconds)
        for half, seconds in heartbeats().items()
    ]


def _findings() -> list[Sample]:
    last = checkup_last()
    found = last.findings if last else []
    return [((one["name"],), float(RANKS[one["state"]])) for one in found]


def _checkup_age() -> float | None:
    last = checkup_last()
    return (now() - last.at).total_seconds() if last else None


def _backup(part: Callable[[BackupStatus], datetime | None]) -> Callable[[], float | None]:
    def age() -> float | None:
        status = backup_status()
        moment = part(status) if status else None
        return (now() - moment).total_seconds() if moment else None

    return age


def _drill_sound() -> float | None:
    status = backup_status()
    return float(status.is_drill_sound) if status and status.last_drill_at else None


def _disks() -> list[Sample]:
    places = {"logs": settings.LOG_DIR, "files": settings.FILES_DIR}
    return [((name,), float(shutil.disk_usage(place).free)) for name, place in places.items()]


_LAST_EVENT = """
SELECT extract(epoch FROM now() - received_at) FROM api_webhookevent ORDER BY id DESC LIMIT 1"""
# From the index donation_by_created alone.
_DONATIONS = """
SELECT status, count(*) FROM api_donation WHERE created_at > now() - interval '1 day' GROUP BY status"""
_EVENTS_FAILED = "SELECT count(*) FROM api_webhookevent WHERE status = 'failed'"
_JOBS_FAILED = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'"
_MAILS_FAILED = "SELECT count(*) FROM api_message WHERE state = 'failed'"
_ALERTS = "SELECT count(*) FROM api_alert WHERE closed_at IS NULL"

GAUGES = (
    Gauge("domaap_database_up", "1 when the database answers.", _one(_database)),
    Gauge(
        "domaap_donations_day",
        "Gifts begun in the last 24 hours, by their status now.",
        _sql(_DONATIONS),
        ("status",),
    ),
    Gauge(
        "domaap_last_event_age_seconds", "Since Stripe's last event reached us.", _sql(_LAST_EVENT)
    ),
    Gauge(
        "domaap_events_waiting",
        "Events not handled yet.",
        _one(lambda: events_queue().waiting),
    ),
    Gauge(
        "domaap_events_oldest_seconds",
        "How long the oldest event that is due has waited.",
        _one(lambda: events_queue().oldest_seconds),
    ),
    Gauge("domaap_events_failed", "Events that wait for a person.", _sql(_EVENTS_FAILED)),
    Gauge("domaap_jobs_waiting", "Jobs that are due.", _one(lambda: jobs_queue().waiting)),
    Gauge(
        "domaap_jobs_oldest_seconds",
        "How long the oldest job that is due has waited.",
        _one(lambda: jobs_queue().oldest_seconds),
    ),
    Gauge("domaap_jobs_failed", "Jobs that were given up.", _sql(_JOBS_FAILED)),
    Gauge("domaap_mails_failed", "E-mails that a server refused for good.", _sql(_MAILS_FAILED)),
    Gauge(
        "domaap_worker_silence_seconds",
        "Since the last sign of life of each half of the worker.",
        _heartbeats,
        ("half",),
    ),
    Gauge("domaap_alerts_open", "What staff were told of and still stands.", _sql(_ALERTS)),
    Gauge(
        "domaap_finding",
        "What the doctor found last: 0 sound, 1 warning, 2 problem.",
        _findings,
        ("check",),
    ),
    Gauge("domaap_checkup_age_seconds", "Since the doctor last looked.", _one(_checkup_age)),
    Gauge(
        "domaap_backup_age_seconds",
        "Since the last backup.",
        _one(_backup(lambda status: status.last_backup_at)),
    ),
    Gauge(
        "domaap_archive_age_seconds",
        "Since the last change that was archived.",
        _one(_backup(lambda status: status.last_archived_at)),
    ),
    Gauge(
        "domaap_drill_age_seconds",
        "Since a backup was last restored to try it.",
        _one(_backup(lambda status: status.last_drill_at)),
    ),
    Gauge("domaap_drill_sound", "1 when that restore was right.", _one(_drill_sound)),
    Gauge("domaap_disk_free_bytes", "Free, by folder.", _disks, ("place",)),
)
