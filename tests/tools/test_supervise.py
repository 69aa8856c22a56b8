"""The supervisor: parts come up in order, and none is left whatever ends it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.environment import ROOT
from tools.ports import port_holder, port_is_free, port_unused
from tools.supervise import Part, ProductError, Supervisor, answers

SECONDS = 20
SERVER = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1"]
SLEEPER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"]


def until(is_true: Callable[[], bool]) -> bool:
    """Wait for something to become true; False when it did not in time."""
    deadline = time.monotonic() + SECONDS
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_true()


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    """A quiet one with its logs in a folder of the test."""
    return Supervisor(tmp_path / "logs", tmp_path / "lock", is_quiet=True)


def test_a_part_is_ready_when_it_answers_and_gone_after_stop(supervisor: Supervisor) -> None:
    port = port_unused()
    url = f"http://127.0.0.1:{port}/"
    supervisor.start(Part("server", [*SERVER, str(port)], url))
    assert answers(url)
    assert f"(process {os.getpid()})" not in port_holder(port)
    assert "http.server" in port_holder(port)
    supervisor.stop()
    supervisor.stop()
    assert port_is_free(port)


def test_a_part_that_ends_by_itself_is_named_with_its_last_words(supervisor: Supervisor) -> None:
    command = [sys.executable, "-c", "print('the disk is full'); raise SystemExit(3)"]
    supervisor.start(Part("worker", command))
    with pytest.raises(ProductError, match=r"worker ended by itself \(exit code 3\)[^$]*disk is"):
        supervisor.watch(lambda: False)
    supervisor.stop()


def test_a_part_that_ignores_sigterm_is_killed(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.supervise.STOP_SECONDS", 1)
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True)"
    supervisor.start(Part("deaf", [sys.executable, "-c", f"{code}; time.sleep(600)"]))
    process = supervisor._running[0].process
    assert until(lambda: list(supervisor._running[0].last) == ["deaf"])
    supervisor.stop()
    assert process.returncode == -signal.SIGKILL


def test_kill_9_of_the_supervisor_leaves_no_part_behind(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tools.supervise import Part, Supervisor\n"
        f"s = Supervisor(Path({str(tmp_path)!r}), Path({str(tmp_path / 'lock')!r}))\n"
        f"s.start(Part('sleeper', {SLEEPER!r}))\n"
        "print(s._running[0].process.pid, flush=True); s.watch(lambda: False)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        words = [process.stdout.readline().decode(), process.stdout.readline().decode()]
        child = int(next(word for word in words if word.strip().isdigit()))
        process.kill()
        assert until(lambda: not _lives(child))


def _lives(process_id: int) -> bool:
    """Whether the process is there and no zombie."""
    stat = Path(f"/proc/{process_id}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
