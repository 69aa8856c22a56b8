"""Whether an e-mail had gone when its sender was killed: a byte in a file that outlives the process.

A mail server takes an e-mail when the dot that ends its text arrives (RFC 5321 section 4.1.1.4). Right
before that dot is sent a byte is written to a file: the system keeps it through `kill -9`.
So the next sender knows: no byte, no dot, send it; a byte, the dot is on its way, don't send it again.
A lock on the file, which ends with its process, tells the dead from the living.

On a full disk nothing is written and e-mails go all the same: of a sender that is killed then it is
known as of one on another machine. (Not by mmap: writing to a page without room on disk kills us.)
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path

from django.conf import settings

_SIZE = 2


class Stage(IntEnum):
    """How far a sender was."""

    BEGUN = 0
    HANDED = 1  # The final dot was given to the system, which sends it whatever becomes of us.
    TAKEN = 2  # The mail server said yes.


class Handover:
    """One e-mail in the hands of this process; nobody else on this machine has it."""

    def __init__(self, path: Path, file: int | None) -> None:
        """Opened by `handover_open` only. No file: the disk is full."""
        self._path, self._file = path, file
        self._left = os.pread(file, _SIZE, 0) if file is not None else b""

    def left_at(self, attempt: int) -> Stage | None:
        """How far a dead sender was at this attempt; None: it was not tried from this machine."""
        if len(self._left) < _SIZE or self._left[1] != attempt % 256:
            return None
        return Stage(self._left[0])

    def begin(self, attempt: int) -> None:
        """This process tries now: to be called before the attempt is written to the books."""
        self._write(Stage.BEGUN, attempt % 256)

    def mark(self) -> None:
        """The sender calls it right before the final dot."""
        self._write(Stage.HANDED)

    def taken(self) -> None:
        """The mail server has it."""
        self._write(Stage.TAKEN)

    def done(self) -> None:
        """What became of it is in the books: the file is not needed any more."""
        self._path.unlink(missing_ok=True)

    def _write(self, *kept: int) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.pwrite(self._file, bytes(kept), 0)


@contextmanager
def handover_open(name: str) -> Iterator[Handover | None]:
    """Take an e-mail in hand; None when another process on this machine, alive, has it."""
    path = settings.HANDOVERS_DIR / name
    try:
        file = _locked(path)
    except BlockingIOError:
        yield None
        return
    except OSError:
        yield Handover(path, None)
        return
    try:
        yield Handover(path, file)
    finally:
        os.close(file)


def _locked(path: Path) -> int:
    """The file, open and ours; opened anew when its last owner removed it meanwhile.

    Raises BlockingIOError when another has it, OSError when there is no room for it.
    """
    path.parent.mkdir(exist_ok=True)
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file)):
            return file
        os.close(file)
