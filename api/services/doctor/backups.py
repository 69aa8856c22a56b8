"""Backups, as the scripts that make them say in BACKUP_STATUS_FILE."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from api.clock import now
from api.services.doctor.findings import (
    Check,
    Seen,
    age_text,
    compose,
    fine,
    is_in_container,
    is_production,
    problem,
    skipped,
    warning,
)
from api.services.doctor.rounds import Round

BACKUP_WARNING = timedelta(hours=36)
BACKUP_PROBLEM = timedelta(days=8)
ARCHIVE_WARNING = timedelta(hours=1)
ARCHIVE_PROBLEM = timedelta(hours=12)
DRILL_WARNING = timedelta(days=9)
DRILL_PROBLEM = timedelta(days=31)


def _command(machine: str, containers: str) -> str:
    return compose(containers) if is_in_container() else machine


def _set_up() -> str:
    words = "sudo deploy/backup/set-up.sh (once BACKUP_TO is in .env: docs/backup.md)"
    return _command(words, "logs --tail 50 backup")


@dataclass(frozen=True)
class BackupStatus:
    """What the scripts wrote last. None: it never happened."""

    kind: str
    last_backup_at: datetime | None
    last_archived_at: datetime | None
    last_drill_at: datetime | None
    is_drill_sound: bool
    drill_words: str


def backup_status() -> BackupStatus | None:
    """The file's contents; None when there is none. Raises ValueError for one that can't be read."""
    try:
        said: dict[str, Any] = json.loads(settings.BACKUP_STATUS_FILE.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ValueError(error.strerror) from error
    return BackupStatus(
        kind=str(said.get("kind") or ""),
        last_backup_at=_moment(said.get("last_backup_at")),
        last_archived_at=_moment(said.get("last_archived_at")),
        last_drill_at=_moment(said.get("last_drill_at")),
        is_drill_sound=bool(said.get("last_drill_ok")),
        drill_words=str(said.get("drill_words") or ""),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _status(*, is_first: bool = False) -> BackupStatus | Seen:
    """What the scripts say; that they say nothing is told once, by the first check."""
    try:
        found = backup_status()
    except (ValueError, AttributeError, TypeError) as error:
        return problem(f"{settings.BACKUP_STATUS_FILE} can't be read ({error}).", _set_up())
    if found:
        return found
    if is_production() and is_first:
        return warning("Backups are not set up.", _set_up())
    return skipped("Backups are not set up.")


def _age(
    moment: datetime | None, warn: timedelta, fail: timedelta, what: str, command: str
) -> Seen:
    if moment is None:
        return problem(f"There is no {what} yet.", command)
    age = now() - moment
    words = f"The last {what} is {age_text(age.total_seconds())} old."
    if age >= fail:
        return problem(words, command)
    return warning(words, command) if age >= warn else fine(words)


def backup(_: Round) -> Seen:
    """The whole database, some time ago."""
    status = _status(is_first=True)
    if isinstance(status, Seen):
        return status
    command = _command(
        "sudo systemctl start domaap-backup.service", "exec backup deploy/backup/backup.sh all"
    )
    return _age(status.last_backup_at, BACKUP_WARNING, BACKUP_PROBLEM, "backup", command)


def archive(_: Round) -> Seen:
    """What was written since then, as it is written."""
    status = _status()
    if isinstance(status, Seen):
        return status
    machine = "sudo grep -i archive /var/log/postgresql/*.log; systemctl status domaap-receive"
    command = _command(machine, "logs --tail 50 postgres receiver")
    return _age(
        status.last_archived_at, ARCHIVE_WARNING, ARCHIVE_PROBLEM, "archived change", command
    )


def drill(_: Round) -> Seen:
    """A backup that was never restored is a hope."""
    status = _status()
    if isinstance(status, Seen):
        return status
    command = _command(
        "sudo systemctl start domaap-drill.service", "exec backup deploy/backup/drill.sh"
    )
    if status.last_drill_at and not status.is_drill_sound:
        return problem(f"The last restore drill failed: {status.drill_words.rstrip('.')}.", command)
    return _age(status.last_drill_at, DRILL_WARNING, DRILL_PROBLEM, "restore drill", command)


CHECKS = (
    Check("backup", "Backup", "What is lost without one can't be asked of anybody again.", backup),
    Check(
        "backup-archive",
        "Archive of changes",
        "Gifts since the last backup come back from it alone.",
        archive,
        needs=("backup",),
    ),
    Check(
        "backup-drill",
        "Restore drill",
        "Only a restored backup shows that it can be restored.",
        drill,
        needs=("backup",),
    ),
)
