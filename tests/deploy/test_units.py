"""Where systemd does not run, the same unit files are run by the kit itself."""

import getpass
import grp
import os
import signal
import socket
from pathlib import Path

import pytest

from deploy.kit import units
from tests.conftest import until

SERVICE = """[Service]
User={user}
WorkingDirectory={folder}
Environment=WORD=%i
ExecStart=/bin/sh {folder}/serve.sh
Restart=always
RestartSec=0
TimeoutStopSec=5
"""
SOCKET = """[Socket]
ListenStream={folder}/unit-%i.sock
SocketUser={user}
SocketGroup={group}
SocketMode=0660
Backlog=16
"""
# Answers each connection with what it was given, on the socket that it was handed.
SERVE = """
import os, socket
assert os.environ["LISTEN_PID"] == str(os.getpid())
given = socket.socket(fileno=3)
while True:
    found, _ = given.accept()
    found.sendall(f"{os.environ['WORD']} {os.getpid()}".encode())
    found.close()
"""


@pytest.fixture
def folders(tmp_path: Path) -> units.Folders:
    told = {"user": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
    (tmp_path / "unit@.service").write_text(SERVICE.format(folder=tmp_path, **told))
    (tmp_path / "unit@.socket").write_text(SOCKET.format(folder=tmp_path, **told))
    (tmp_path / "serve.py").write_text(SERVE)
    (tmp_path / "serve.sh").write_text(f"exec python3 {tmp_path}/serve.py\n")
    return units.Folders(tmp_path, tmp_path / "run", tmp_path / "logs")


def ask(folder: Path) -> tuple[str, int]:
    """What the unit answers: its instance and its process."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(20)
        asking.connect(str(folder / "unit-one.sock"))
        word, _, number = asking.recv(100).decode().partition(" ")
    return word, int(number)


def test_a_killed_process_is_started_again_and_no_connection_is_refused(
    folders: units.Folders,
) -> None:
    units.start(folders, "unit@one")
    try:
        assert until(lambda: (folders.units / "unit-one.sock").exists())
        word, first = ask(folders.units)
        assert word == "one"
        os.kill(first, signal.SIGKILL)
        assert until(lambda: not Path(f"/proc/{first}").exists())
        assert ask(folders.units)[1] != first
        assert units.is_up(folders, "unit@one")
    finally:
        units.stop(folders, "unit@one")
    assert not units.is_up(folders, "unit@one")
    with pytest.raises(OSError):
        ask(folders.units)
