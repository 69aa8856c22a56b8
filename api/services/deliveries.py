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

    __slots__ = ("answer", "batch", "error", "row", "wake")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.answer = False
        self.error: Exception | None = None
        # The rows that it is this thread's turn to write, its own among them.
        self.batch: list[_Turn[Row]] | None = None
        self.wake = threading.Lock()
        self.wake.acquire()


class Gatherer[Row]:
    """Gives rows to `write` together: those that came while all hands were writing.

    Below that a row waits for nothing. On a busy night PostgreSQL makes one commit, with its wait for
    the disk, where it would make one for each. `keep` returns only after the commit of its own row.
    """

    def __init__(self, write: Callable[[Sequence[Row]], Sequence[bool]], *, hands: int = 1) -> None:
        """`write` commits all rows, or raises and has kept none; its answers are in their order.

        `hands`: how many threads write at once; each batch waits for its own commit alone.
        """
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[_Turn[Row]] = []
        self._free_hands = hands

    def keep(self, row: Row) -> bool:
        """The row's answer, once it is committed. Raises what writing it raised."""
        mine = _Turn(row)
        with self._lock:
            if self._free_hands:
                self._free_hands -= 1
                mine.batch = [mine]
            else:
                self._waiting.append(mine)
        if mine.batch is None:
            mine.wake.acquire()  # Until another thread has written it, or says that it is our turn.
        if mine.batch is not None:
            self._lead(mine, mine.batch)
        if mine.error is not None:
            raise mine.error
        return mine.answer

    def _lead(self, mine: _Turn[Row], batch: list[_Turn[Row]]) -> None:
        """Write a batch; then the first of those that came meanwhile writes the next one."""
        for turn in batch:
            turn.error = (
                _UNKNOWN  # Should this thread be ended in the midst, nobody takes it for kept.
            )
        try:
            self._settle(batch)
        finally:
            with self._lock:
                following, self._waiting = self._waiting, []
                self._free_hands += not following
            if following:
                following[0].batch = following
                following[0].wake.release()
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


class Lines:
    """Connections that a process keeps for one purpose, each used by one thread at a time.

    Taking one from the pool costs a question to PostgreSQL each time (is it alive?), which is more
    than a delivery's own row costs. Here a dead one is found out by the work, which is done again.
    """

    def __init__(self) -> None:
        self._idle: list[BaseDatabaseWrapper] = []

    def run[Answer](self, work: Callable[[BaseDatabaseWrapper], Answer]) -> Answer:
        """Do a piece of work that may be done twice, outside any transaction of the caller's."""
        if not getattr(connection, "pool", None) or connection.in_atomic_block:
            return work(connection)  # Nothing is kept where connections are not (PgBouncer).
        try:
            own = self._idle.pop()
        except IndexError:
            own = connections.create_connection(DEFAULT_DB_ALIAS)
            own.inc_thread_sharing()
        try:
            return work(own)
        except _OUTAGE:
            own.close()
            return work(own)  # Opens anew, or says that PostgreSQL is away.
        finally:
            self._idle.append(own)
