"""Watches the supervisor from outside: when it is killed, ends its children and our PostgreSQL.

It reads process group ids from its standard input, one a line, and then the word `done`. An end of
the input without that word means that the supervisor died. Arguments: the supervisor's lock file,
and the cluster to stop, or nothing.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from typing import IO

from embedded.postgres import postgres_stop
from tools.places import ROOT

GRACE_SECONDS = 8


def main() -> None:
    """Wait for the end of the input and act upon it."""
    lines = [line.strip() for line in sys.stdin]
    if "done" in lines:
        return
    # While we hold the dead supervisor's lock a new one waits, and does not lose its PostgreSQL to us.
    with Path(sys.argv[1]).open("a") as lock:
        has_lock = lock_take(lock)
        groups_end([int(line) for line in lines if line.isdigit()])
        if has_lock and sys.argv[2:]:
            postgres_stop(ROOT, cluster=sys.argv[2])


def lock_take(file: IO[str]) -> bool:
    """Take the lock on an open file if nobody has it; it goes when the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def groups_end(groups: list[int]) -> None:
    """End process groups: first politely, then not."""
    for group in groups:
        group_signal(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(group_lives(group) for group in groups) and time.monotonic() < deadline:
        time.sleep(0.1)
    for group in groups:
        group_signal(group, signal.SIGKILL)


def group_signal(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group, which may be gone."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def group_lives(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
