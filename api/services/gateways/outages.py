"""Something outside that does not answer must not hold up all who ask: after a few failures most give up at once."""

import threading
import time


class Outage:
    """Counts failures in a row. Once there are `most`, one caller at a time finds out whether it is over.

    Each process has its own; nothing is shared, nothing must be put right afterwards.
    """

    def __init__(self, *, most: int, pause_seconds: float, patience_seconds: float) -> None:
        """`patience_seconds`: how long a caller may be kept waiting, `pause_seconds`: until the next may try."""
        self._most, self._pause, self._patience = most, pause_seconds, patience_seconds
        self._lock = threading.Lock()
        self._failures = 0
        self._next_at = 0.0

    def may_ask(self) -> bool:
        """False: it was away a moment ago, and another finds out whether it still is."""
        with self._lock:
            if self._failures < self._most:
                return True
            if time.monotonic() < self._next_at:
                return False
            self._next_at = time.monotonic() + self._patience
            return True

    def failed(self) -> None:
        """It did not answer."""
        with self._lock:
            self._failures += 1
            self._next_at = time.monotonic() + self._pause

    def answered(self) -> None:
        """It did, be it with a refusal."""
        if self._failures:
            with self._lock:
                self._failures = 0
