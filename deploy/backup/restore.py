"""`deploy/restore.sh [--to TIME]`: the books and files back, to the last second or to a point in time.

The data folder that is there is moved aside, never removed. See docs/backup.md.
"""

import argparse
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from deploy.backup.files import files_restore
from deploy.backup.programs import backups, manage, must, pg_program, run
from deploy.backup.recovery import (
    data_restore,
    end_check,
    recovered,
    server_start,
    wait_promoted,
    wal_kept,
)
from deploy.backup.set_up import config_write
from deploy.backup.settings import ROOT, STANZA, BackupError, Settings, settings_read, told
from deploy.backup.wal import received, receiving

REPEAT = (
    "All is back, but donors who were forgotten since may be, too. Before anything starts run "
    "`manage.py repeat_erasures`"
)


def main() -> int:
    """Restore, and say up to when."""
    asked = _arguments()
    settings = settings_read()
    # As it was before: a machine that never backed up has no receiver to start yet.
    is_new = not settings.config_file.exists()
    if not asked.files_only:
        data = _data(settings, asked.data)
        if shutil.which("systemctl"):
            run(settings, ["systemctl", "stop", "domaap-receive"], as_postgres=False)
        with receiving(settings):
            database_restore(settings, data, asked.to or "")
    if not asked.no_files:
        print(files_restore(settings, settings.files_dir, to=asked.to or ""), flush=True)
    if asked.files_only:
        return 0
    print(must(manage(settings, "repeat_erasures"), REPEAT).strip(), flush=True)
    if ROOT.name == "current":
        return 0  # In a container: deploy/docker/restore.sh says what is next.
    first = "run deploy/backup/set-up.sh, then " if is_new else ""
    print(
        f"Next: {first}start the receiver and the product "
        "(systemctl start domaap-receive domaap.target)."
    )
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="restore.sh", description=__doc__)
    parser.add_argument("--to", default=None, type=_time, metavar="TIME",
                        help="a time such as '2026-11-24 10:15:00+00'; without it the last second")  # fmt: skip
    parser.add_argument("--data", default="", help="PostgreSQL's data folder (as it was, else)")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--no-files", action="store_true", help="the database alone")
    part.add_argument("--files-only", action="store_true", help="reports and uploads alone")
    return parser.parse_args()


def _time(text: str) -> str:
    """PostgreSQL's form. A time without a zone is refused: an hour's mistake would lose an hour."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        words = f"{text!r} is no time; say it as in 2026-11-24 10:15:00+00"
        raise argparse.ArgumentTypeError(words) from error
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError("say the zone too, such as 2026-11-24 10:15:00+00")
    if at > datetime.now(UTC):
        raise argparse.ArgumentTypeError(
            f"{text!r} is still to come; the last second needs no --to"
        )
    return at.isoformat(sep=" ")


def _data(settings: Settings, said: str) -> Path:
    """The folder to restore to: that of pgBackRest's configuration, if nothing else was said.

    A new machine has the settings and the key alone, and its configuration is made from them.
    """
    if said:
        if not settings.config_file.exists():
            settings.config_file.parent.mkdir(parents=True, exist_ok=True)
            config_write(settings, data=said, port="5432", socket="")
        return Path(said)
    lines = settings.config_file.read_text().splitlines() if settings.config_file.exists() else []
    found = [line.partition("=")[2] for line in lines if line.startswith("pg1-path=")]
    if not found:
        raise BackupError(
            f"{settings.config_file} is not there: say PostgreSQL's data folder, such as "
            "--data /var/lib/postgresql/17/main (docs/backup.md)."
        )
    return Path(found[0])


def database_restore(settings: Settings, data: Path, to: str) -> None:
    """Restore, replay, and look whether all that was kept came back."""
    pid_file = data / "postmaster.pid"
    if (
        pid_file.exists()
        and run(settings, [pg_program(settings, "pg_ctl"), "-D", str(data), "status"]).returncode
        == 0
    ):
        raise BackupError(f"PostgreSQL runs on {data}: stop it, and web and worker, first.")
    # A wrong key, or nothing there, is said before anything is touched.
    kept = wal_kept(settings)
    _reach_check(settings, to)
    aside = _aside(data)
    data_restore(settings, data, to=to)
    # Commits must not wait for a receiver that is not there yet; it says itself when it is.
    with (data / "postgresql.auto.conf").open("a") as file:
        file.write("synchronous_standby_names = ''\n")
    url = _start(settings, data)
    found = recovered(settings, data, url)
    if not to:
        end_check(found, kept)
    _received_aside(settings)
    print(f"The database of {STANZA} is back up to {found.lsn}, {found.last_at}.", flush=True)
    if aside:
        print(f"What was in its folder before is in {aside}.", flush=True)


def _reach_check(settings: Settings, to: str) -> None:
    """Whether a backup of before that time is there. Raises BackupError."""
    oldest = min(int(one["timestamp"]["stop"]) for one in backups(settings)["backup"])
    if to and datetime.fromisoformat(to).timestamp() < oldest:
        raise BackupError(
            f"The oldest backup is of {datetime.fromtimestamp(oldest, UTC):%Y-%m-%d %H:%M:%S} UTC: "
            "--to accepts no time before it. Nothing was touched."
        )


def _aside(data: Path) -> Path | None:
    if not data.is_dir() or not any(data.iterdir()):
        return None
    aside = data.with_name(f"{data.name}.before-{datetime.now():%Y%m%d-%H%M%S}")  # noqa: DTZ005
    data.rename(aside)
    return aside


def _start(settings: Settings, data: Path) -> str:
    """Start PostgreSQL as this machine starts it; returns how to reach it."""
    if (data / "postgresql.conf").exists():
        server_start(settings, data, [], until_promoted=settings.admin_url)
        return settings.admin_url
    for line in run(settings, ["pg_lsclusters", "-h"]).stdout.splitlines():
        version, name, port, *_ = line.split()
        if f" {data} " in line:
            run(settings, ["pg_ctlcluster", version, name, "start"], as_postgres=False)
            log = Path(f"/var/log/postgresql/postgresql-{version}-{name}.log")
            url = settings.admin_url or f"port={port}"
            wait_promoted(settings, data, log, url)
            return url
    raise BackupError(f"No cluster of this machine has its data in {data}: say --data.")


def _received_aside(settings: Settings) -> None:
    """The receiver begins anew on the new timeline; what it had is kept."""
    old = received(settings.wal_dir)
    if not old:
        return
    aside = settings.wal_dir / f"before-{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005
    aside.mkdir(mode=0o700)
    for path in [*old, *settings.wal_dir.glob("*.history")]:
        shutil.move(path, aside / path.name)


if __name__ == "__main__":
    sys.exit(told(main))
