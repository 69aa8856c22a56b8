"""Is there room for what comes."""

import shutil
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection

from api.services.doctor.findings import (
    Check,
    Seen,
    fine,
    is_in_container,
    problem,
    skipped,
    warning,
)
from api.services.doctor.rounds import Round

MIB = 1024 * 1024
WARNING_FREE = 1024 * MIB
PROBLEM_FREE = 200 * MIB
_WHY = "A full disk stops PostgreSQL: gifts are refused until there is room."


def disk_look(folder: Path) -> Seen:
    """How much is free where a folder is."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        return problem(f"{folder} can't be looked at ({error.strerror}).", f"ls -ld {folder}")
    said = f"{usage.free // MIB:,} MiB of {usage.total // MIB:,} MiB are free at {folder}."
    command = f"sudo du -xh --max-depth=2 {folder} | sort -h | tail"
    if usage.free < PROBLEM_FREE:
        return problem(said, command)
    if usage.free < WARNING_FREE:
        return warning(said, command)
    return fine(said)


def _place(folder: Callable[[], Path]) -> Callable[[Round], Seen]:
    return lambda _: disk_look(folder())


def database_disk(_: Round) -> Seen:
    """PostgreSQL's own, where it is this machine's and we may know of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')
                           THEN current_setting('data_directory') END"""
        )
        (said,) = cursor.fetchone()
    if not said:
        return skipped("PostgreSQL tells its folder only to members of pg_read_all_settings.")
    folder = Path(said)
    try:
        if not folder.exists():
            where = "in its own container" if is_in_container() else "on another machine"
            return skipped(f"PostgreSQL runs {where}: see that there is room there, too.")
        device = folder.stat().st_dev
    except OSError:
        return skipped(f"This user may not look at {folder}.")
    if device in {place.stat().st_dev for place in (settings.LOG_DIR, settings.FILES_DIR)}:
        return fine("PostgreSQL's folder is on a disk that is looked at above.")
    return disk_look(folder)


def files_disk(_: Round) -> Seen:
    """The folder of files, unless it shares the disk of the logs."""
    if settings.FILES_DIR.stat().st_dev == settings.LOG_DIR.stat().st_dev:
        return fine("The files are on the disk of the logs.")
    return disk_look(settings.FILES_DIR)


CHECKS = (
    Check("disk-logs", "Disk of the logs", _WHY, _place(lambda: settings.LOG_DIR)),
    Check("disk-files", "Disk of the files", _WHY, files_disk),
    Check("disk-database", "Disk of the database", _WHY, database_disk, needs=("database",)),
)
