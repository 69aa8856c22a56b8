"""One PostgreSQL server per cluster in `var/`: made, started and stopped; reached by Unix socket only."""

import fcntl
import hashlib
import os
import shlex
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from embedded.binaries import Binaries, EmbeddedError, binaries_find
from embedded.identity import Identity, identity_for, identity_own

DATABASE = "domaap_db"
USER = "postgres"
PORT = 5432  # Only the name of the socket file: no TCP port is opened.
LONGEST_SOCKET_DIR = 89  # sockaddr_un holds 104 bytes on macOS, and the file name takes 15.
START_SECONDS = 60
LINGER_SECONDS = 30
# What PostgreSQL says while processes of a killed server are still going away.
LINGER_WORDS = ("pre-existing shared memory block", "lock file", "is being shut down")
# "Do you speak TLS?": the cheapest question that only a living server answers, with one byte.
SSL_REQUEST = struct.pack("!II", 8, 80877103)
ANSWER_SECONDS = 10
# What went wrong with a statement is in our own log. PostgreSQL's would quote it, with names and addresses in it.
WORDLESS = "log_min_messages=log"
UNSAFE_BUT_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class Cluster:
    """The places of one cluster."""

    folder: Path
    socket_dir: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory; there only once the database in it is complete."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "postgres.log"


def cluster_of(root: Path, name: str = "") -> Cluster:
    """Where the cluster of this name lives; without a name, the one that DOMAAP_CLUSTER names."""
    root, name = root.absolute(), name or os.environ.get("DOMAAP_CLUSTER", "") or "postgres"
    folder = root / "var" / name
    inside = folder / "socket"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_DIR:
        return Cluster(folder, inside)
    key = hashlib.sha1(os.fsencode(root), usedforsecurity=False).hexdigest()[:12]
    return Cluster(folder, Path(f"/tmp/domaap-{key}") / name)  # noqa: S108 (checked to be ours)


def postgres_url(root: Path, *, cluster: str = "") -> str:
    """The address of the database, for psycopg and psql. Nothing is started."""
    folder = quote(str(cluster_of(root, cluster).socket_dir))
    return f"postgresql:///{DATABASE}?host={folder}&user={USER}"


def postgres_start(root: Path, *, cluster: str = "", fsync: bool = True) -> bool:
    """Bring the server up, making cluster and database first if need be.

    Safe to call at any time, by several processes, and after a kill -9 of the server.
    True if this call started it, False if it was running. `fsync=False` is for tests only.
    """
    place = cluster_of(root, cluster)
    place.folder.mkdir(parents=True, exist_ok=True)
    with _locked(place):
        if postgres_is_running(root, cluster=cluster):
            return False
        version = place.data / "PG_VERSION"
        major = int(version.read_text()) if version.exists() else None
        binaries = binaries_find(root, major=major)
        identity = identity_for(binaries.path("postgres"))
        if not place.data.exists():
            _cluster_make(place, binaries, identity)
        identity_own(identity, place.data)
        _socket_dir_make(place, identity)
        _server_start(place, binaries, identity, fsync=fsync)
    return True


def postgres_stop(root: Path, *, cluster: str = "") -> None:
    """Stop the server; open transactions are rolled back. Nothing happens if it does not run."""
    place = cluster_of(root, cluster)
    if not place.data.exists():
        return
    with _locked(place):
        if _postmaster_id(place) is None:
            return
        binaries = binaries_find(root, major=int((place.data / "PG_VERSION").read_text()))
        identity = identity_for(binaries.path("postgres"))
        command = ["stop", "-m", "fast", "-w", "-t", str(START_SECONDS)]
        done = _pg_ctl(place, binaries, identity, command)
        if done.returncode != 0 and _postmaster_id(place) is not None:
            raise EmbeddedError(f"PostgreSQL did not stop: {done.stdout.strip()}")


def postgres_is_running(root: Path, *, cluster: str = "") -> bool:
    """Whether the server answers: it is up and ready, not merely starting or recovering."""
    place = cluster_of(root, cluster)
    if _postmaster_id(place) is None or "ready" not in _pid_file_lines(place)[-1:]:
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_SECONDS)
        try:
            probe.connect(str(place.socket_dir / f".s.PGSQL.{PORT}"))
            probe.sendall(SSL_REQUEST)
            return probe.recv(1) in {b"S", b"N"}
        except OSError:
            return False  # The socket of a server just killed still takes a connection.


@contextmanager
def _locked(place: Cluster) -> Iterator[None]:
    """One process at a time makes, starts or stops this cluster. A killed holder frees the lock."""
    with (place.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _cluster_make(place: Cluster, binaries: Binaries, identity: Identity) -> None:
    """Make the cluster with its database in a draft folder; the rename at the end makes it count."""
    draft = place.folder / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    identity_own(identity, draft)
    if identity.owner_id != os.geteuid():
        identity_own(identity, place.folder)
    locale = ["--encoding=UTF8", "--locale=C"]
    if binaries.major >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    initdb = [binaries.path("initdb"), "-D", str(draft), "-U", USER, "--auth=trust"]
    _run(identity, [*initdb, "--no-sync", *locale])
    single = [binaries.path("postgres"), "--single", "-D", str(draft), "postgres"]
    _run(identity, single, stdin=f"CREATE DATABASE {DATABASE}\n")
    draft.rename(place.data)
    _sync(place)


def _sync(place: Cluster) -> None:
    """Bring the new cluster to disk once (initdb was told not to, as it does so file by file)."""
    if hasattr(os, "sync"):
        os.sync()
    handle = os.open(place.folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _run(identity: Identity, command: list[str], stdin: str = "") -> None:
    """Run one step of making a cluster, or raise with what it said."""
    done = subprocess.run(
        [*identity.prefix, *command],
        input=stdin,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    # `postgres --single` exits with 0 also when its statement failed.
    if done.returncode != 0 or "ERROR:" in done.stdout:
        raise EmbeddedError(f"{Path(command[0]).name} failed: {done.stdout.strip()[-600:]}")


def _socket_dir_make(place: Cluster, identity: Identity) -> None:
    """The folder of the socket, for its owner alone: that is the whole password."""
    for folder in (place.socket_dir.parent, place.socket_dir):
        if folder != place.folder:
            folder.mkdir(mode=0o700, exist_ok=True)
            _refuse_foreign(folder, identity)
            os.chown(folder, identity.owner_id, identity.group_id)
            folder.chmod(0o700)


def _refuse_foreign(folder: Path, identity: Identity) -> None:
    """In /tmp somebody else may have made the folder first; then it is not safe to use."""
    mine = (os.geteuid(), identity.owner_id)
    if folder.is_symlink() or folder.stat().st_uid not in mine:
        raise EmbeddedError(f"{folder} belongs to somebody else: remove it or use a shorter path.")


def _server_start(place: Cluster, binaries: Binaries, identity: Identity, *, fsync: bool) -> None:
    """Start the server, trying again while what is left of a killed one goes away."""
    settings = ["listen_addresses=", f"port={PORT}", f"unix_socket_directories={place.socket_dir}"]
    settings.append(WORDLESS)
    settings += [] if fsync else UNSAFE_BUT_FAST
    options = " ".join(f"-c {shlex.quote(setting)}" for setting in settings)
    command = ["start", "-w", "-t", str(START_SECONDS), "-l", str(place.log), "-o", options]
    deadline = time.monotonic() + LINGER_SECONDS
    while True:
        _stale_files_remove(place)
        place.log.unlink(missing_ok=True)
        done = _pg_ctl(place, binaries, identity, command)
        if done.returncode == 0:
            return
        said = _tail(place.log) or done.stdout.strip()
        if not any(word in said for word in LINGER_WORDS) or time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL did not start: {said}")
        time.sleep(0.2)


def _pg_ctl(
    place: Cluster, binaries: Binaries, identity: Identity, command: list[str]
) -> subprocess.CompletedProcess[str]:
    """Run pg_ctl on this cluster. Its words go to a file: a server that it starts keeps them open."""
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            [*identity.prefix, binaries.path("pg_ctl"), "-D", str(place.data), *command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            check=False,
        )
        said.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, said.read(), "")


def _stale_files_remove(place: Cluster) -> None:
    """Remove a dead server's lock files; its process id may by now be another program's."""
    if _postmaster_id(place) is None:
        (place.data / "postmaster.pid").unlink(missing_ok=True)
        (place.socket_dir / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def _pid_file_lines(place: Cluster) -> list[str]:
    try:
        text = (place.data / "postmaster.pid").read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [line.strip() for line in text.splitlines()]


def _postmaster_id(place: Cluster) -> int | None:
    """The process id of the living server of this cluster, else None."""
    lines = _pid_file_lines(place)
    if not lines or not lines[0].isdigit():
        return None
    return int(lines[0]) if "postgres" in _living_command(lines[0]) else None


def _living_command(process_id: str) -> str:
    """What a living process runs; empty when there is none or it is a zombie."""
    proc = Path("/proc") / process_id
    try:
        if Path("/proc/self").exists():
            state = (proc / "stat").read_text().rpartition(")")[2].split()[0]
            return "" if state == "Z" else (proc / "cmdline").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    command = ["ps", "-o", "args=", "-p", process_id]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _tail(path: Path) -> str:
    return path.read_text(errors="replace").strip()[-600:] if path.exists() else ""
