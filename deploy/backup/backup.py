"""`backup.sh database [auto|full|diff|incr]`, `backup.sh files`, `backup.sh all`: one backup, and its status.

The database's WAL goes to the store by itself, a minute old at most; a backup only shortens a restore.
"""

import argparse
import sys
import time
from collections.abc import Callable

from deploy.backup.programs import backups, manage, must, pgbackrest, psql, restic
from deploy.backup.settings import ARCHIVE, ROOT, BackupError, Settings, settings_read, told
from deploy.backup.status import moment, status_read, status_write

TAG = "domaap-files"
RECEIVER_STATUS = (
    "docker compose logs receiver"
    if ROOT.name == "current"  # In a container; on a machine the release's folder has a name.
    else "systemctl status domaap-receive"
)
WEEK_SECONDS = 7 * 24 * 3600 - 1800


def main() -> int:
    """Back up, keep the status, and tell staff when it failed."""
    asked, settings = _arguments(), settings_read()
    # What goes wrong with one of them keeps nobody from the others.
    works: list[Callable[[], object]] = [lambda: archive_look(settings)]
    if asked.what in ("database", "all"):
        works.insert(0, lambda: database_backup(settings, asked.kind))
    if asked.what in ("files", "all"):
        works.insert(0, lambda: files_backup(settings))
    wrong = [words for words in map(_trouble, works) if words]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        tell(settings, " ".join(wrong))
        return 1
    if status_read(settings)["last_drill_ok"] is not False:
        manage(settings, "backup_alert", "--ok")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="backup.sh", description="One backup now.")
    parser.add_argument("what", nargs="?", default="database", choices=("database", "files", "all"))
    parser.add_argument("kind", nargs="?", default="auto", choices=("auto", "full", "diff", "incr"),
                        help="of the database; auto: full once a week, else what changed")  # fmt: skip
    return parser.parse_args()


def _trouble(work: Callable[[], object]) -> str:
    try:
        work()
    except BackupError as error:
        return str(error)
    return ""


def database_backup(settings: Settings, kind: str) -> None:
    """The database, whole or what changed. Raises BackupError."""
    done = pgbackrest(settings, "backup", f"--type={_kind(settings, kind)}")
    must(done, "The backup failed")
    status_write(settings, last_backup_at=moment())


def _kind(settings: Settings, asked: str) -> str:
    """`auto`: a full one once a week, else what changed since the last one."""
    if asked != "auto":
        return asked
    try:
        made = [one for one in backups(settings)["backup"] if one["type"] == "full"]
    except BackupError:
        return "full"
    newest = max((one["timestamp"]["stop"] for one in made), default=0)
    return "full" if time.time() - newest > WEEK_SECONDS else "incr"


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
            f"See {RECEIVER_STATUS}, and whether its disk is full."
        )


def tell(settings: Settings, words: str) -> None:
    """E-mail staff, through the product itself; said once until it is put right."""
    done = manage(settings, "backup_alert", "--failed", words)
    if done.returncode != 0:
        print("Staff could not be told by e-mail:", done.stderr[-300:], file=sys.stderr)


if __name__ == "__main__":
    sys.exit(told(main))
