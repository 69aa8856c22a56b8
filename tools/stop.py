"""`make stop`: ends a product that runs from this folder, and our PostgreSQL if it was left."""

import os
import signal
import time

from embedded.postgres import postgres_stop
from tools.guard import lock_take
from tools.places import ROOT
from tools.run import PID_FILE

WAIT_SECONDS = 60
CLUSTERS = ("postgres", "postgres-test", "postgres-e2e")


def main() -> None:
    """Ask the holder of the lock to end and wait until it did."""
    if PID_FILE.exists():
        _supervisor_stop()
    for cluster in CLUSTERS:
        postgres_stop(ROOT, cluster=cluster)
    print("Nothing of Domaap runs from this folder.")


def _supervisor_stop() -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    with PID_FILE.open("a+") as file:
        file.seek(0)
        holder = file.read().strip()
        is_asked = False
        while not lock_take(file):
            if not is_asked and holder.isdigit():
                os.kill(int(holder), signal.SIGTERM)
                is_asked = True
            if time.monotonic() > deadline:
                raise SystemExit(f"Process {holder} did not stop in {WAIT_SECONDS} s.")
            time.sleep(0.1)


if __name__ == "__main__":
    main()
