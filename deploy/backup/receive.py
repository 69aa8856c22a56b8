"""Receives WAL as it is written, as a synchronous standby: a commit waits until its WAL is here too.

Runs for ever (domaap-receive.service, as the user postgres). While it receives, PostgreSQL acknowledges
nothing that it has not got. When it can't receive for BACKUP_PATIENCE_SECONDS (its disk is full), it
lets PostgreSQL go on without it rather than stop the giving; doctor and staff are told.
"""

import argparse
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from deploy.backup.programs import pg_program, psql
from deploy.backup.settings import ARCHIVE, BackupError, Settings, settings_read, told
from deploy.backup.wal import received, receiving

LOOK_SECONDS = 1.0
TIDY_SECONDS = 30
KEPT_SEGMENTS = 8
STREAMING = (
    f"SELECT count(*) FROM pg_stat_replication "  # noqa: S608
    f"WHERE application_name = '{ARCHIVE}' AND state = 'streaming'"
)


class Receiver:
    """One pg_receivewal, started again whenever it ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._seen_at = time.monotonic()
        self._tidied_at = 0.0

    def look(self) -> None:
        """Keep it running, and PostgreSQL's waiting for it in step with whether it receives."""
        if self._process is None or self._process.poll() is not None:
            self._process = self._start()
        is_receiving = psql(self._settings, STREAMING) == "1"
        if is_receiving:
            self._seen_at = time.monotonic()
        is_away = time.monotonic() - self._seen_at > self._settings.patience_seconds
        if is_receiving and self._settings.is_synchronous:
            waiting_set(self._settings, is_waited_for=True)
        elif is_away or not self._settings.is_synchronous:
            waiting_set(self._settings, is_waited_for=False)
        if time.monotonic() - self._tidied_at > TIDY_SECONDS:
            self._tidied_at = time.monotonic()
            tidy(self._settings)

    def stop(self) -> None:
        """End it; what it received is on disk."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        settings = self._settings
        where = f"{settings.admin_url} dbname=replication application_name={ARCHIVE}".strip()
        base = [pg_program(settings, "pg_receivewal"), "-D", str(settings.wal_dir), "-d", where]
        slot = ["--slot", ARCHIVE]
        subprocess.run(
            [*base, *slot, "--create-slot", "--if-not-exists"],
            check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return subprocess.Popen([*base, *slot, "--synchronous", "--no-loop"])


def waiting_set(settings: Settings, *, is_waited_for: bool) -> None:
    """Let commits wait for the archive, or not; nothing is written where it is so already."""
    names = psql(settings, "SHOW synchronous_standby_names")
    others = [name.strip() for name in names.split(",") if name.strip() and name.strip() != ARCHIVE]
    wanted = ", ".join([*others, *([ARCHIVE] if is_waited_for else [])])
    if wanted != names:
        words = "waits" if is_waited_for else "does NOT wait"
        print(f"PostgreSQL {words} for the archive from now on", flush=True)
        psql(settings, f"ALTER SYSTEM SET synchronous_standby_names = '{wanted}'")
        psql(settings, "SELECT pg_reload_conf()")


def tidy(settings: Settings) -> None:
    """Forget segments that the archive has long had; the last few stay."""
    archived = psql(settings, "SELECT last_archived_wal FROM pg_stat_archiver")[:24]
    whole = [path for path in received(settings.wal_dir) if not path.suffix]
    for path in whole[:-KEPT_SEGMENTS]:
        if archived and path.name <= archived:
            path.unlink()


def main() -> int:
    """Until SIGTERM."""
    argparse.ArgumentParser(prog="receive.sh", description=__doc__).parse_args()
    settings, stopping = settings_read(), threading.Event()
    end: Callable[..., None] = lambda *_: stopping.set()  # noqa: E731
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with receiving(settings):
        _receive(Receiver(settings), stopping)
    return 0


def _receive(receiver: Receiver, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            receiver.look()
        except (BackupError, OSError) as error:
            print(
                error, file=sys.stderr, flush=True
            )  # PostgreSQL or the disk is away: it will come back.
        stopping.wait(LOOK_SECONDS)
    receiver.stop()


if __name__ == "__main__":
    sys.exit(told(main))
