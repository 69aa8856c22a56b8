"""`python -m deploy.kit.ready SOCKET PATH`: waits until a process answers there with success."""

from __future__ import annotations

import http.client
import socket
import sys
import time
from pathlib import Path

SECONDS = 100
PAUSE = 0.2
ANSWER_SECONDS = 15


class SocketConnection(http.client.HTTPConnection):
    """HTTP through a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def answer(path: Path, target: str) -> int:
    """The status of a GET there; 0 when there is no answer."""
    connection = SocketConnection(path)
    try:
        connection.request("GET", target, headers={"Host": "localhost"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def ready_wait(path: Path, target: str, *, seconds: float = SECONDS) -> bool:
    """Whether it answers with success in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if 200 <= answer(path, target) < 400:
            return True
        time.sleep(PAUSE)
    return False


if __name__ == "__main__":
    sys.exit(0 if ready_wait(Path(sys.argv[1]), sys.argv[2]) else f"{sys.argv[1]} is not ready.")
