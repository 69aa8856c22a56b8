"""The weekly drill: restore into a scratch cluster, and hold it against the living books.

Reads every byte of both stores, restores to the last second, verifies the chain over the books
(`check_ledger`), compares counts and sums (`backup_figures`), keeps the outcome for doctor, and
e-mails staff when anything is wrong.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from deploy.backup.backup import tell
from deploy.backup.files import files_verify
from deploy.backup.programs import backups, manage, must, pg_program, pgbackrest, psql, run
from deploy.backup.recovery import data_restore, end_check, recovered, server_start, wal_kept
from deploy.backup.settings import BackupError, Settings, settings_read, told
from deploy.backup.status import moment, status_write

PORT = 5499  # Only the name of the socket's file: no TCP port is opened.


def main() -> int:
    """Drill, and report: the status file, the exit code, an e-mail to staff when it failed."""
    argparse.ArgumentParser(prog="drill.sh", description=__doc__).parse_args()
    settings = settings_read()
    begun = time.monotonic()
    try:
        words = drill(settings)
    except BackupError as error:
        status_write(settings, last_drill_at=moment(), last_drill_ok=False, drill_words=str(error))
        print(error, file=sys.stderr)
        tell(settings, f"The restore drill failed. {error}")
        return 1
    words = f"{words} It took {time.monotonic() - begun:.0f} s."
    status_write(settings, last_drill_at=moment(), last_drill_ok=True, drill_words=words)
    manage(settings, "backup_alert", "--ok")
    print(words)
    return 0


def drill(settings: Settings) -> str:
    """What was found, in a sentence or two. Raises BackupError with what is wrong."""
    backups(settings)
    store_verify(settings)
    files_verify(settings)
    folder = settings.work_dir
    scratch = folder / "data"
    run(settings, [pg_program(settings, "pg_ctl"), "-D", str(scratch), "-m", "immediate", "stop"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    if settings.os_user:
        shutil.chown(folder, settings.os_user, settings.os_user)
    try:
        kept = wal_kept(settings)  # The living database goes on writing.
        data_restore(settings, scratch, is_scratch=True)
        return _compare(settings, folder, scratch, kept)
    finally:
        stop = [pg_program(settings, "pg_ctl"), "-D", str(scratch), "-m", "immediate", "stop"]
        run(settings, stop)
        shutil.rmtree(folder, ignore_errors=True)


def store_verify(settings: Settings) -> None:
    """Every backup and every segment of WAL against its sum. Raises BackupError."""
    said = must(
        pgbackrest(settings, "verify", "--output=text", "--verbose"), "The store can't be verified"
    )
    if "status: error" in said:
        wrong = [line.strip() for line in said.splitlines() if _is_wrong(line)]
        raise BackupError(
            f"The store is damaged: {'; '.join(wrong)[:400]}. Make a full backup now "
            "(deploy/backup/backup.sh database full), and look at the disk."
        )


def _is_wrong(line: str) -> bool:
    """Lines such as `checksum invalid: 1`; those that count nothing are left out."""
    head, _, count = line.rpartition(":")
    words = ("invalid", "missing", "other", "error")
    return any(word in head for word in words) and count.strip() not in {"0", "ok"}


def _compare(
    settings: Settings, folder: Path, scratch: Path, kept: Sequence[tuple[str, int]]
) -> str:
    url = f"host={folder} port={PORT}"
    server_start(settings, scratch, _options(folder), until_promoted=url)
    found = recovered(settings, scratch, url)
    end_check(found, kept)
    there = f"postgresql:///{settings.database}?host={quote(str(folder))}&port={PORT}&user=postgres"
    chain = manage(settings, "check_ledger", url=there + "&pool_size=0")
    must(chain, "The books that came back do not hold")
    before = psql(settings, f"SELECT (timestamptz '{found.last_at}' - interval "
                  f"'{settings.margin_seconds} seconds')::text", url=url)  # fmt: skip
    restored = _figures(settings, before, url=there + "&pool_size=0")
    living = _figures(settings, before, head=restored["sealed"])
    wrong = [name for name in living if living[name] != restored.get(name)]
    if wrong:
        told = "; ".join(
            f"{name}: {restored.get(name)} came back, {living[name]} live" for name in wrong
        )
        raise BackupError(f"What came back differs from the living books: {told[:600]}.")
    return (
        f"Restored to {found.last_at}: {chain.stdout.strip()} {restored['donations']} donations, "
        f"{restored['receipts']} receipts and the sums of every account are those of the living books."
    )


def _figures(settings: Settings, before: str, *, head: int = 0, url: str = "") -> dict[str, Any]:
    arguments = ["backup_figures", "--before", before, *(["--sealed", str(head)] if head else [])]
    figures: dict[str, Any] = json.loads(
        must(manage(settings, *arguments, url=url), "The books can't be counted")
    )
    return figures


def _options(folder: Path) -> list[str]:
    """A server that only we reach, that archives nothing and that nobody waits for."""
    hba, conf = folder / "hba.conf", folder / "drill.conf"
    hba.write_text("local all all trust\n")
    conf.write_text("hot_standby = off\n")
    for path in (hba, conf):
        path.chmod(0o644)
    chosen = {
        "config_file": conf,
        "hba_file": hba,
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": folder,
        "archive_mode": "off",
        "synchronous_standby_names": "",
        "shared_buffers": "128MB",
        "hot_standby": "off",
    }
    return [f"-c {name}='{value}'" for name, value in chosen.items()]


if __name__ == "__main__":
    sys.exit(told(main))
