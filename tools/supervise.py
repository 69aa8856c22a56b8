"""Starts a set of processes, watches them, and ends them all; none is left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tools.guard import group_lives, group_signal
from tools.places import PYTHON, ROOT, TOOLS

LAST_LINES = 15
READY_SECONDS = 60
STOP_SECONDS = 15
WATCH_SECONDS = 0.1


class ProductError(Exception):
    """The product can't start or go on; the text is what a person should know."""


@dataclass(frozen=True)
class Part:
    """One process of the product: how to start it and how to see that it is ready."""

    name: str
    command: list[str]
    ready_url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Running:
    """A started part, with its last words."""

    part: Part
    process: subprocess.Popen[bytes]
    last: deque[str]
    pump: threading.Thread


class Supervisor:
    """Parts started in order and stopped in the opposite one."""

    def __init__(
        self, logs: Path, lock: Path, *, cluster: str = "", is_quiet: bool = False
    ) -> None:
        """`lock`: the file that the caller holds locked; `cluster`: what to stop if we are killed."""
        self._logs = logs
        self._is_quiet = is_quiet
        self._running: list[Running] = []
        logs.mkdir(parents=True, exist_ok=True)
        command = [str(PYTHON), "-m", "tools.guard", str(lock), *([cluster] if cluster else [])]
        self._guard = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True
        )

    def start(self, *parts: Part) -> None:
        """Start parts side by side and wait until all are ready."""
        started = [self._spawn(part) for part in parts]
        for running in started:
            self._wait_ready(running)

    def _spawn(self, part: Part) -> Running:
        """Start one part in a process group of its own."""
        bound = [str(PYTHON), str(TOOLS / "bound.py"), str(os.getpid()), *part.command]
        process = subprocess.Popen(
            bound,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **part.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._tell_guard(str(process.pid))
        last: deque[str] = deque(maxlen=LAST_LINES)
        assert process.stdout is not None  # noqa: S101 (asked for above; tells mypy)
        args = (part.name, process.stdout, last)
        pump = threading.Thread(target=self._pump, args=args, daemon=True)
        pump.start()
        self._running.append(Running(part, process, last, pump))
        return self._running[-1]

    def watch(self, is_over: Callable[[], bool]) -> None:
        """Return when `is_over` says so; raise as soon as a part has ended by itself."""
        while not is_over():
            for running in self._running:
                _raise_if_ended(running)
            time.sleep(WATCH_SECONDS)

    def stop(self) -> None:
        """Stop all parts, the last started first. Safe to call twice."""
        while self._running:
            _end(self._running[-1])
            self._running.pop()
        if self._guard.poll() is None:
            self._tell_guard("done")
            self._guard.communicate()

    def _tell_guard(self, word: str) -> None:
        assert self._guard.stdin is not None  # noqa: S101 (asked for above; tells mypy)
        self._guard.stdin.write(f"{word}\n".encode())
        self._guard.stdin.flush()

    def _pump(self, name: str, stream: IO[bytes], last: deque[str]) -> None:
        """Carry a part's words to its log and, with its name before each line, to the terminal."""
        with (self._logs / f"{name}.log").open("a", encoding="utf-8") as log:
            for raw in stream:
                line = raw.decode(errors="replace").rstrip()
                last.append(line)
                log.write(line + "\n")
                log.flush()
                if not self._is_quiet:
                    sys.stdout.write(f"{name:>9} | {line}\n")
                    sys.stdout.flush()

    def _wait_ready(self, running: Running) -> None:
        deadline = time.monotonic() + READY_SECONDS
        url = running.part.ready_url
        while url and not answers(url):
            for each in self._running:
                _raise_if_ended(each)
            if time.monotonic() > deadline:
                raise ProductError(
                    f"{running.part.name} was not ready after {READY_SECONDS} s ({url})."
                    f"{_last_words(running)}"
                )
            time.sleep(WATCH_SECONDS)


def answers(url: str) -> bool:
    """Whether a GET is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status < 400)
    except (urllib.error.URLError, OSError):
        return False


def _raise_if_ended(running: Running) -> None:
    code = running.process.poll()
    if code is not None:
        running.pump.join(timeout=2)
        raise ProductError(
            f"{running.part.name} ended by itself (exit code {code}).{_last_words(running)}"
        )


def _last_words(running: Running) -> str:
    return "".join(f"\n{running.part.name:>9} | {line}" for line in running.last)


def _end(running: Running) -> None:
    """Ask the part to end, wait, and kill what is left of its process group."""
    group = running.process.pid
    group_signal(group, signal.SIGTERM)
    try:
        running.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"{running.part.name} did not stop in {STOP_SECONDS} s and is killed.", flush=True)
    if group_lives(group):
        group_signal(group, signal.SIGKILL)
    running.process.wait()
    running.pump.join(timeout=2)
