"""Whether an e-mail had gone when its sender was killed: a byte in a file that outlives the process.

A mail server takes an e-mail when the dot that ends its text arrives (RFC 5321 section 4.1.1.4). Right
before that dot is sent a byte is set in a file's page of memory: the system keeps it through `kill -9`.
So the next sender knows: no byte, no dot, send it; a byte, the dot is on its way, don't send it again.
A lock on the file, which ends with its process, tells the dead from the living.
"""

import fcntl
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    def __init__(self, page: mmap.mmap, path: Path, *, is_new: bool) -> None:
        """Opened by `handover_open` only."""
        self._page, self._path, self._is_new = page, path, is_new

    def left_at(self, attempt: int) -> Stage | None:
        """How far a dead sender was at this attempt; None: it was not tried from this machine."""
        if self._is_new or self._page[1] != attempt % 256:
            return None
        return Stage(self._page[0])

    def begin(self, attempt: int) -> None:
        """This process tries now: to be called before the attempt is written to the books."""
        self._page[0], self._page[1] = Stage.BEGUN, attempt % 256

    def marker(self) -> Callable[[], None]:
        """What sets the byte: the sender calls it right before the final dot."""
        page = self._page

        def mark() -> None:
            page[0] = 1

        return mark

    def taken(self) -> None:
        """The mail server has it."""
        self._page[0] = Stage.TAKEN

    def done(self) -> None:
        """What became of it is in the books: the file is not needed any more."""
        self._path.unlink(missing_ok=True)


@contextmanager
def handover_open(name: str) -> Iterator[Handover | None]:
    """Take an e-mail in hand; None when another process on this machine, alive, has it."""
    path = settings.HANDOVERS_DIR / name
    file = _locked(path)
    if file is None:
        yield None
        return
    try:
        is_new = os.fstat(file).st_size < _SIZE
        if is_new:
            os.ftruncate(file, _SIZE)
        with mmap.mmap(file, _SIZE) as page:
            yield Handover(page, path, is_new=is_new)
    finally:
        os.close(file)


def _locked(path: Path) -> int | None:
    """The file, open and ours; opened anew when its last owner removed it meanwhile."""
    path.parent.mkdir(exist_ok=True)
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file)):
            return file
        os.close(file)
