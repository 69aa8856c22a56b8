"""`timers.sh`: what systemd's timers do, where it does not run: set-up, a backup each hour, a weekly drill."""

import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.backup.settings import settings_read, told
from deploy.backup.status import status_read

HERE = Path(__file__).parent
# Within the hour after which doctor calls the archive late.
BACKUP_SECONDS = 3000
# PostgreSQL may still be starting.
RETRY_SECONDS = 10
DRILL_EVERY = timedelta(days=7)


def main() -> int:
    """Until SIGTERM; a program of the backup that runs then is finished first."""
    settings, stopping = settings_read(), threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    while not stopping.is_set() and not _did("set-up.sh"):
        stopping.wait(RETRY_SECONDS)
    # The first drill comes with the second backup: then there are books to hold it against.
    is_first = True
    while not stopping.is_set():
        _did("backup.sh", "all")
        if not is_first and drill_is_due(status_read(settings)["last_drill_at"]):
            _did("drill.sh")
        is_first = False
        stopping.wait(BACKUP_SECONDS)
    return 0


def drill_is_due(last: str | None) -> bool:
    """Whether a week is over since the last drill, or there was none."""
    return last is None or datetime.now(UTC) - datetime.fromisoformat(last) >= DRILL_EVERY


def _did(script: str, *arguments: str) -> bool:
    """Whether a program of the backup ended well. It tells by itself what is wrong, staff too."""
    return subprocess.run([HERE / script, *arguments], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(told(main))
