"""A cluster made again from the store: to the last second, or to a point in time."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.backup.programs import (
    WRONG_KEY,
    backups,
    must,
    pg_program,
    pgbackrest,
    psql,
    run,
)
from deploy.backup.settings import BackupError, Settings
from deploy.backup.wal import bytes_written, offset_of, received, segment_of

START_SECONDS = 24 * 3600
# The end of what was received may hold a piece of a record that never was whole.
TOLERANCE = 64 * 1024
LAST = 4
FETCH = Path(__file__).with_name("fetch.py")


@dataclass(frozen=True)
class Recovered:
    """What came back: up to which position of WAL, and when the last transaction in it was made."""

    lsn: str
    timeline: int
    last_at: str


def data_restore(settings: Settings, data: Path, *, to: str = "", is_scratch: bool = False) -> None:
    """Fill an empty folder with the newest fitting backup, and say where WAL comes from."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.os_user:
        shutil.chown(data, settings.os_user, settings.os_user)
    data.chmod(0o700)
    fetch = f'python3 {FETCH} {settings.config_file} {settings.wal_dir} %f "%p"'
    target = [f"--target={to}", "--type=time", "--target-action=promote"] if to else []
    own = ["--archive-mode=off"] if is_scratch else []
    done = pgbackrest(
        settings,
        "restore",
        f"--pg1-path={data}",
        f"--recovery-option=restore_command={fetch}",
        *target,
        *own,
    )
    if done.returncode == 95:
        raise BackupError(WRONG_KEY.format(settings.key_file))
    must(done, "The backup can't be restored")


def server_start(
    settings: Settings, data: Path, options: Sequence[str], *, until_promoted: str
) -> None:
    """Start PostgreSQL on the folder and wait until it has replayed everything. Raises BackupError."""
    log = data / "restore.log"
    command = [pg_program(settings, "pg_ctl"), "-D", str(data), "-l", str(log), "-W", "start"]
    must(run(settings, [*command, "-o", " ".join(options)]), "PostgreSQL did not start")
    wait_promoted(settings, data, log, until_promoted)


def wait_promoted(settings: Settings, data: Path, log: Path, url: str) -> None:
    """Until recovery has ended well; its own words when it ended otherwise."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if psql(settings, "SELECT pg_is_in_recovery()", url=url) == "f":
                return
        except BackupError:
            if "shut down" in _tail(log) or "FATAL" in _tail(log):
                time.sleep(1)
                status = [pg_program(settings, "pg_ctl"), "-D", str(data), "status"]
                if run(settings, status).returncode:
                    raise BackupError(f"The recovery ended early: {_fatal(log)}") from None
        time.sleep(0.3)
    raise BackupError("The recovery did not end in a day.")


def recovered(settings: Settings, data: Path, url: str) -> Recovered:
    """How far it came. The history file of the new timeline tells where the old one was left."""
    newest = max((data / "pg_wal").glob("*.history"), key=lambda path: path.name)
    lines = [line.split("\t") for line in newest.read_text().splitlines() if line.strip()]
    # Nothing was written since the backup: then it is as old as that.
    made = max(int(one["timestamp"]["stop"]) for one in backups(settings)["backup"])
    asked = f"SELECT coalesce(pg_last_xact_replay_timestamp(), to_timestamp({made}))"
    last = psql(settings, asked, url=url)
    return Recovered(lsn=lines[-1][1], timeline=int(lines[-1][0]), last_at=last)


def wal_kept(settings: Settings) -> list[tuple[str, int]]:
    """The last segments that the store and the receiver have now, and how far each is known to be filled."""
    archived = [(one["max"] or "")[:24] for one in backups(settings)["archive"]]
    held = [(path.name[:24], bytes_written(path)) for path in received(settings.wal_dir)[-LAST:]]
    return [*((name, 0) for name in archived), *(one for one in held if one[1])]


def end_check(found: Recovered, kept: Sequence[tuple[str, int]]) -> None:
    """Whether nothing of what was kept lies beyond the end of the recovery. Raises BackupError.

    PostgreSQL takes a damaged page of WAL for its end, without a word.
    """
    ended = segment_of(found.lsn, found.timeline)
    mine = [(name, filled) for name, filled in kept if name[:8] == ended[:8]]
    last = max((name for name, _ in mine), default="")
    filled = max((filled for name, filled in mine if name == ended), default=0)
    if last > ended or filled > offset_of(found.lsn) + TOLERANCE:
        raise BackupError(
            f"The recovery ended at {found.lsn} in {ended}, but WAL was kept up to {last}: WAL in "
            "between is damaged or missing. What came back is whole up to there; see docs/backup.md."
        )


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:] if log.exists() else ""


def _fatal(log: Path) -> str:
    lines = [line for line in _tail(log).splitlines() if "FATAL" in line or "ERROR" in line]
    if any("before configured recovery target" in line for line in lines):
        return "what was kept ends before that time. Without --to all of it comes back."
    return " ".join(lines[-2:])[-600:] or "see " + str(log)
