"""Names and places of WAL: which segment is the last that the archive or the receiver has."""

import fcntl
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.backup.settings import BackupError, Settings

SEGMENT_BYTES = 16 * 1024 * 1024
PAGE = 8192
_NAME = re.compile(r"[0-9A-F]{24}(\.partial)?")


@contextmanager
def receiving(settings: Settings) -> Iterator[None]:
    """One program at a time receives WAL, or changes what was received. Raises BackupError."""
    if not settings.lock_dir.is_dir():  # A new machine, to which everything is brought back.
        settings.lock_dir.mkdir(parents=True, mode=0o700)
        if settings.os_user:
            shutil.chown(settings.lock_dir, settings.os_user, settings.os_user)
    with (settings.lock_dir / "receiver").open("a") as lock:
        if settings.os_user:  # The receiver is not root.
            shutil.chown(lock.name, settings.os_user, settings.os_user)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BackupError(
                "The receiver of WAL runs: stop it first (systemctl stop domaap-receive)."
            ) from error
        yield


def segment_of(lsn: str, timeline: int) -> str:
    """The segment that a position such as 0/5000028 is in."""
    high, low = (int(part, 16) for part in lsn.split("/"))
    return f"{timeline:08X}{high:08X}{low // SEGMENT_BYTES:08X}"


def offset_of(lsn: str) -> int:
    """How many bytes into its segment a position is."""
    return int(lsn.split("/")[1], 16) % SEGMENT_BYTES


def received(folder: Path) -> list[Path]:
    """The receiver's segments, oldest first; the one that is being written ends in .partial."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: path.name)


def bytes_written(segment: Path) -> int:
    """Up to where a received segment is filled; what comes after is zeros."""
    data = segment.read_bytes()
    for page in range(len(data) // PAGE - 1, -1, -1):
        if data[page * PAGE : (page + 1) * PAGE].count(0) != PAGE:
            return page * PAGE + len(data[page * PAGE : (page + 1) * PAGE].rstrip(b"\0"))
    return 0
