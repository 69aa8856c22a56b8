"""Whose work it is: the processor time of the client, web, worker and PostgreSQL, apart."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from bench.servers import PRODUCT
from embedded.postgres import cluster_of
from tools.places import ROOT

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
# By a word of their command.
_OURS = {
    "web": "donor_management.wsgi",
    "worker": "manage.py worker",
    "dj-stripe": "bench.djstripe_site",
    "simulator": "stripe_sim",
}


@dataclass(frozen=True)
class _Process:
    parent: int
    command: str
    spent_ms: float  # User and system time, with that of its children who have ended.


class Stopwatch:
    """Milliseconds of processor time by who spent them, since it was made."""

    def __init__(self) -> None:
        self._began = _spent()

    def read(self) -> dict[str, float]:
        """Those who did anything."""
        spent = {name: ms - self._began.get(name, 0) for name, ms in _spent().items()}
        return {name: ms for name, ms in spent.items() if ms > 0}


def per_event(spent: dict[str, float], events: int) -> str:
    """What an event cost, in words."""
    parts = ", ".join(f"{name} {ms / events:.2f}" for name, ms in spent.items())
    return f"{sum(spent.values()) / events:.2f} ms of processor time an event: {parts}"


def _spent() -> dict[str, float]:
    own = time.process_time() * 1000
    processes = _processes()
    below: dict[int, list[int]] = {}
    for number, process in processes.items():
        below.setdefault(process.parent, []).append(number)
    spent = {"client": own}
    for number in below.get(os.getpid(), []):
        for name, word in _OURS.items():
            if word in processes[number].command:
                spent[name] = _tree_ms(number, processes, below)
    postmaster = cluster_of(ROOT, PRODUCT.cluster).data / "postmaster.pid"
    number = int(postmaster.read_text().splitlines()[0])
    return spent | {"PostgreSQL": _tree_ms(number, processes, below)}


def _tree_ms(number: int, processes: dict[int, _Process], below: dict[int, list[int]]) -> float:
    rest = sum(_tree_ms(child, processes, below) for child in below.get(number, []))
    return processes[number].spent_ms + rest


def _processes() -> dict[int, _Process]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                # After the name, which may hold anything: state, parent, ...; see proc_pid_stat(5).
                told = (folder / "stat").read_text().rpartition(")")[2].split()
                command = (folder / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue  # It ended meanwhile.
            spent = sum(int(ticks) for ticks in told[11:15]) * _TICK_MS
            found[int(folder.name)] = _Process(int(told[1]), command, spent)
    return found
