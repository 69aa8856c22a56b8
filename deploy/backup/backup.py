"""`backup.py database [full|diff|incr]` or `backup.py files`: one backup, and the status of all.

The database's WAL goes to the store by itself, a minute old at most; a backup only shortens a restore.
"""

import sys

from deploy.backup.programs import manage, must, pgbackrest, psql, restic
from deploy.backup.settings import ARCHIVE, BackupError, Settings, settings_read
from deploy.backup.status import moment, status_write

TAG = "domaap-files"


def main(what: str = "database", kind: str = "incr") -> int:
    """Back up, keep the status, and tell staff when it failed."""
    settings = settings_read()
    try:
        if what == "files":
            files_backup(settings)
        else:
            must(pgbackrest(settings, "backup", f"--type={kind}"), "The backup failed")
            status_write(settings, last_backup_at=moment())
        archive_look(settings)
    except BackupError as error:
        print(error, file=sys.stderr)
        tell(settings, str(error))
        return 1
    return 0


def files_backup(settings: Settings) -> None:
    """What changed since the last time; files past their time are forgotten after as many days."""
    if not settings.files_dir.is_dir():
        return
    backup = restic(settings, "backup", "--tag", TAG, "--host", "domaap", str(settings.files_dir))
    must(backup, "The files were not backed up")
    keep = f"{settings.keep_days}d"
    forget = restic(settings, "forget", "--tag", TAG, "--keep-within", keep, "--prune")
    must(forget, "Old copies of files were not removed")
    status_write(settings, last_files_at=moment())


def archive_look(settings: Settings) -> None:
    """When WAL last reached the store, and whether commits wait for the archive. Raises BackupError."""
    at, failing = psql(
        settings,
        "SELECT to_char(last_archived_time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS+00:00'),"
        " coalesce(last_failed_time > last_archived_time, last_failed_time IS NOT NULL)"
        " FROM pg_stat_archiver",
    ).split("|")
    is_waited_for = ARCHIVE in psql(settings, "SHOW synchronous_standby_names")
    status_write(settings, last_archived_at=at or None, is_synchronous=is_waited_for)
    if failing == "t":
        raise BackupError("WAL does not reach the store: PostgreSQL's log says why.")
    if settings.is_synchronous and not is_waited_for:
        raise BackupError(
            "The receiver of WAL is away: a crash now may lose what was given in the last minute. "
            "See systemctl status domaap-receive, and whether its disk is full."
        )


def tell(settings: Settings, words: str) -> None:
    """E-mail staff, through the product itself; said once until it is put right."""
    done = manage(settings, "backup_alert", "--failed", words)
    if done.returncode != 0:
        print("Staff could not be told by e-mail:", done.stderr[-300:], file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
