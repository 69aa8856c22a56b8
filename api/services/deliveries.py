"""Rows that come at the same moment through many threads, kept by one statement and one commit."""

import threading
from collections.abc import Callable, Sequence

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# PostgreSQL is away: asking again for each row would only keep the threads waiting.
_OUTAGE = (InterfaceError, OperationalError)
_UNKNOWN = RuntimeError("The row was not kept: the thread that wrote it was ended.")


class _Turn[Row]:
    """One thread's row, and what came of it."""

    __slots__ = ("answer", "error", "leads", "row", "wake")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.answer = False
        self.error: Exception | None = None
        self.leads = False
        self.wake = threading.Lock()
        self.wake.acquire()


class Gatherer[Row]:
    """Gives rows to `write` together: those that came while the last ones were being written.

    A lone row waits for nothing. On a busy night PostgreSQL makes one commit, with its wait for the
    disk, where it would make one for each. `keep` returns only after the commit of its own row.
    """

    def __init__(self, write: Callable[[Sequence[Row]], Sequence[bool]]) -> None:
        """`write` commits all rows, or raises and has kept none; its answers are in their order."""
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[_Turn[Row]] = []
        self._is_writing = False

    def keep(self, row: Row) -> bool:
        """The row's answer, once it is committed. Raises what writing it raised."""
        mine = _Turn(row)
        with self._lock:
            self._waiting.append(mine)
            mine.leads = not self._is_writing
            self._is_writing = True
        if not mine.leads:
            mine.wake.acquire()  # Until another thread has written it, or says that it is our turn.
        if mine.leads:
            self._lead(mine)
        if mine.error is not None:
            raise mine.error
        return mine.answer

    def _lead(self, mine: _Turn[Row]) -> None:
        """Write all that wait, this thread's own among them; then the next in line leads."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        for turn in batch:
            turn.error = (
                _UNKNOWN  # Should this thread be ended in the midst, nobody takes it for kept.
            )
        try:
            self._settle(batch)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._is_writing = following is not None
            if following:
                following.leads = True
                following.wake.release()
            for turn in batch:
                if turn is not mine:
                    turn.wake.release()

    def _settle(self, batch: Sequence[_Turn[Row]]) -> None:
        try:
            answers = self._write([turn.row for turn in batch])
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, _OUTAGE):
                for turn in batch:  # One of them is at fault: the others must not suffer.
                    self._settle([turn])
                return
            for turn in batch:
                turn.error = error
            return
        for turn, answer in zip(batch, answers, strict=True):
            turn.answer, turn.error = answer, None


class Line:
    """A connection that a process keeps for one purpose, used by one thread at a time.

    Taking one from the pool costs a question to PostgreSQL each time (is it alive?), which is more
    than a delivery's own row costs. Here a dead one is found out by the work, which is done again.
    """

    def __init__(self) -> None:
        self._kept: BaseDatabaseWrapper | None = None

    def run[Answer](self, work: Callable[[BaseDatabaseWrapper], Answer]) -> Answer:
        """Do a piece of work that may be done twice, outside any transaction of the caller's."""
        if not getattr(connection, "pool", None) or connection.in_atomic_block:
            return work(connection)  # Nothing is kept where connections are not (PgBouncer).
        if self._kept is None:
            self._kept = self._open()
        try:
            return work(self._kept)
        except _OUTAGE:
            self._kept.close()
            return work(self._kept)  # Opens anew, or says that PostgreSQL is away.

    def _open(self) -> BaseDatabaseWrapper:
        kept = connections.create_connection(DEFAULT_DB_ALIAS)
        kept.inc_thread_sharing()
        return kept
