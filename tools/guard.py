"""Watches the supervisor from outside: when it is killed, ends its children and our PostgreSQL.

It reads process group ids from its standard input, one a line, and then the word `done`. An end of
the input without that word means that the supervisor died.
"""

import os
import signal
import sys
import time

from embedded.postgres import postgres_stop
from tools.places import ROOT

GRACE_SECONDS = 8


def main() -> None:
    """Wait for the end of the input and act upon it. Argument: the cluster to stop, or nothing."""
    lines = [line.strip() for line in sys.stdin]
    if "done" in lines:
        return
    groups = [int(line) for line in lines if line.isdigit()]
    for group in groups:
        group_signal(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(group_lives(group) for group in groups) and time.monotonic() < deadline:
        time.sleep(0.1)
    for group in groups:
        group_signal(group, signal.SIGKILL)
    if sys.argv[1:]:
        postgres_stop(ROOT, cluster=sys.argv[1])


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
