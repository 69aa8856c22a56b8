"""Says before anything starts whether a TCP port is free, and if not, who has it."""

import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
LISTENING = "0A"  # The state's number in /proc/net/tcp.


def port_is_free(port: int) -> bool:
    """Whether we could listen on this port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def port_unused() -> int:
    """A port that nobody listens on; for tests."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def port_holder(port: int) -> str:
    """Who listens on the port, as ` by NAME (process N)`; empty when that can't be seen."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    for folder in Path("/proc").glob("[0-9]*"):
        if sockets and sockets & _open_sockets(folder):
            command = (
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
            return f" by {command.strip()[:70]} (process {folder.name})"
    return ""


def _inodes(port: int) -> set[str]:
    """The sockets that listen on the port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        lines = Path(table).read_text().splitlines()[1:] if Path(table).exists() else []
        for fields in map(str.split, lines):
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found


def _open_sockets(folder: Path) -> set[str]:
    """The sockets that one process holds, as far as we may look."""
    found = set()
    try:
        for link in (folder / "fd").iterdir():
            found.add(str(link.readlink()))
    except OSError:
        return found  # Another user's process, or one that just ended.
    return found
