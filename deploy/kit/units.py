"""Runs systemd's unit files where systemd does not run: containers, chroots, tests.

Not a systemd: it knows the few lines that deploy/systemd/ uses (sockets handed over as LISTEN_FDS,
User, WorkingDirectory, Environment, ExecStart, ExecStartPost, Restart, TimeoutStopSec) and none of
the hardening. `python3 -m deploy.kit.units UNITS RUN LOGS NAME` keeps one unit running.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from deploy.kit.steps import StepError, as_user, run

FIRST_FD = 3
PAUSE = 0.05
STOP_SECONDS = 60
KIT_ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Folders:
    """Where unit files are, where we keep who runs, and what they say."""

    units: Path
    run: Path
    logs: Path

    def pid_file(self, name: str) -> Path:
        """Who keeps the unit running."""
        return self.run / "units" / f"{name}.pid"


Unit = dict[str, list[str]]


def unit_read(path: Path, name: str) -> Unit:
    """The lines of a unit file, by key, with `%i` filled in."""
    instance = name.partition("@")[2]
    found: Unit = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        key, sign, value = line.partition("=")
        if sign and not line.startswith(("#", "[")):
            found.setdefault(key.strip(), []).append(value.strip().replace("%i", instance))
    return found


def start(folders: Folders, name: str) -> None:
    """Start a unit and wait until it is ready. Nothing when it runs."""
    if is_up(folders, name):
        return
    (folders.run / "units").mkdir(parents=True, exist_ok=True)
    (folders.logs / "units").mkdir(parents=True, exist_ok=True)
    log = (folders.logs / "units" / f"{name}.log").open("ab")
    words = [str(folders.units), str(folders.run), str(folders.logs), name]
    with log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "deploy.kit.units", *words],
            cwd=KIT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    folders.pid_file(name).write_text(str(keeper.pid), encoding="ascii")
    _posts_run(folders, name)


def _posts_run(folders: Folders, name: str) -> None:
    """What makes the start complete; a failure stops the unit."""
    service = unit_read(_service(folders, name), name)
    for command in service.get("ExecStartPost", []):
        try:
            run(
                as_user(service["User"][0], shlex.split(command)),
                cwd=Path(service["WorkingDirectory"][0]),
            )
        except StepError:
            stop(folders, name)
            raise


def stop(folders: Folders, name: str) -> None:
    """Stop a unit and wait for its end."""
    pid = _keeper(folders, name)
    if pid:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS + 5
        while _lives(pid) and time.monotonic() < deadline:
            time.sleep(PAUSE)
    folders.pid_file(name).unlink(missing_ok=True)


def is_up(folders: Folders, name: str) -> bool:
    """Whether the unit is kept running."""
    return _keeper(folders, name) is not None


def _keeper(folders: Folders, name: str) -> int | None:
    try:
        pid = int(folders.pid_file(name).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return pid if _lives(pid) else None


def _lives(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # Our own child, when we started it just now.
    return Path(f"/proc/{pid}/cmdline").exists() and b"units" in _command(pid)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _service(folders: Folders, name: str) -> Path:
    return folders.units / f"{name.partition('@')[0]}@.service"


class Keeper:
    """Holds a unit's socket, and starts its process again whenever that ends."""

    def __init__(self, folders: Folders, name: str) -> None:
        self._unit = unit_read(_service(folders, name), name)
        path = folders.units / f"{name.partition('@')[0]}@.socket"
        self._socket = _listen(unit_read(path, name)) if path.exists() else None
        self._is_over = False
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Until SIGTERM."""
        signal.signal(signal.SIGTERM, self._end)
        pause = float(self._unit.get("RestartSec", ["1"])[0])
        while not self._is_over:
            self._child = self._spawn()
            if self._is_over:  # Told to stop while starting.
                self._child.terminate()
            code = self._child.wait()
            print(f"ended with {code}", flush=True)
            if not self._is_over:
                time.sleep(pause)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._is_over = True
        if self._child and self._child.poll() is None:
            self._child.terminate()
            signal.signal(signal.SIGALRM, self._kill)
            signal.alarm(int(self._unit.get("TimeoutStopSec", [str(STOP_SECONDS)])[0]))

    def _kill(self, number: int, frame: FrameType | None) -> None:
        if self._child and self._child.poll() is None:
            self._child.kill()

    def _spawn(self) -> subprocess.Popen[bytes]:
        unit = self._unit
        person = pwd.getpwnam(unit["User"][0])
        given = {**_environment(unit), "HOME": person.pw_dir, "USER": person.pw_name}

        def begin() -> None:
            if os.geteuid() == 0 and person.pw_uid != 0:
                os.initgroups(person.pw_name, person.pw_gid)
                os.setgid(person.pw_gid)
                os.setuid(person.pw_uid)
            os.umask(0o077)

        # LISTEN_PID must be the process's own: a shell says it, then becomes the command.
        hand = "export LISTEN_FDS=1 LISTEN_PID=$$; " if self._socket else ""
        command = f'{hand}exec "$0" "$@"'
        return subprocess.Popen(
            ["/bin/sh", "-c", command, *shlex.split(unit["ExecStart"][-1])],
            cwd=unit["WorkingDirectory"][0],
            env=given,
            stdin=subprocess.DEVNULL,
            pass_fds=(FIRST_FD,) if self._socket else (),
            preexec_fn=begin,
        )


def _environment(unit: Unit) -> dict[str, str]:
    """PATH and what the unit says."""
    pairs = [word for line in unit.get("Environment", []) for word in shlex.split(line)]
    said = dict(pair.split("=", 1) for pair in pairs)
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **said}


def _listen(unit: Unit) -> socket.socket:
    """The Unix socket that a .socket file describes."""
    path = Path(unit["ListenStream"][0])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(path))
    path.chmod(int(unit["SocketMode"][0], 8))
    if os.geteuid() == 0:
        shutil.chown(path, unit["SocketUser"][0], unit["SocketGroup"][0])
    made.listen(int(unit["Backlog"][0]))
    os.dup2(made.fileno(), FIRST_FD)
    os.set_inheritable(FIRST_FD, True)
    return made


if __name__ == "__main__":
    Keeper(Folders(*map(Path, sys.argv[1:4])), sys.argv[4]).run()
