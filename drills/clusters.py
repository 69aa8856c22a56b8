"""PostgreSQL clusters of Debian's own packages, in a folder of a drill: made, killed, destroyed."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from tests.conftest import until

USER = "postgres"


def binaries() -> Path | None:
    """Where the newest installed server's programs are."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = sorted(found, key=lambda path: int(path.parent.parent.name))
    return newest[-1].parent if newest else None


def as_owner() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []


def folder_own(folder: Path) -> Path:
    """A folder of the user that PostgreSQL runs as."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, USER, USER)
    return folder


class Cluster:
    """One cluster; `folder` holds its data, its log and its socket."""

    def __init__(self, folder: Path, port: int) -> None:
        """Nothing is made yet."""
        found = binaries()
        assert found, "no PostgreSQL server is installed"
        self.folder, self.port, self.bin = folder, port, found
        self.data, self.log = folder / "data", folder / "postgres.log"
        self.administrator = USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name

    @property
    def url(self) -> str:
        """For the product, over TCP."""
        return f"postgresql://{self.administrator}@127.0.0.1:{self.port}/domaap_db"

    def make(self, *options: str) -> None:
        """An empty cluster with the product's database, running."""
        folder_own(self.folder)
        form = ["-A", "trust", "-U", self.administrator, "--encoding=UTF8", "--locale=C.UTF-8"]
        self.run("initdb", "-D", str(self.data), *form)
        self.configure(
            f"port = {self.port}",
            f"unix_socket_directories = '{self.folder}'",
            "listen_addresses = '127.0.0.1'",
            "max_connections = 150",
            *options,
        )
        self.start()
        self.run("createdb", "-h", str(self.folder), "-p", str(self.port), "domaap_db")

    def replicate(self, primary: "Cluster", name: str = "domaap_replica") -> None:
        """A streaming replica of another cluster, running."""
        folder_own(self.folder)
        where = f"host=127.0.0.1 port={primary.port} user={primary.administrator} application_name={name}"
        self.run("pg_basebackup", "-D", str(self.data), "-d", where, "-R", "-c", "fast")
        self.configure(
            f"port = {self.port}",
            f"unix_socket_directories = '{self.folder}'",
            # A long report must not be broken off by what the primary tidies meanwhile.
            "hot_standby_feedback = on",
            "max_standby_streaming_delay = '5min'",
        )
        self.start()

    def promote(self) -> None:
        """Make a replica the primary; returns when it takes writes."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "promote")

    def configure(self, *lines: str) -> None:
        """More lines at the end of its settings: the last one counts."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("\n".join(lines) + "\n")

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.run("pg_ctl", "-D", str(self.data), "-l", str(self.log), "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it, if it runs."""
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop", is_checked=False)

    def kill(self) -> None:
        """`kill -9` of the server and of all that it started, as a power cut would."""
        process = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGSTOP)  # So that it starts nothing more meanwhile.
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for number in [process, *map(int, children)]:
            os.kill(number, signal.SIGKILL)
        assert until(lambda: not _lives(process))

    def destroy(self) -> None:
        """`kill -9` and `rm -rf` of the data folder."""
        self.kill()
        shutil.rmtree(self.data)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the product's database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def run(self, name: str, *arguments: str, is_checked: bool = True) -> str:
        """One of PostgreSQL's programs as its owner; what it said, from a file that a server keeps open."""
        said = self.folder / f"{name}.txt"
        command: Sequence[str] = [*as_owner(), str(self.bin / name), *arguments]
        with said.open("w") as output:
            done = subprocess.run(
                command, cwd="/", stdout=output, stderr=subprocess.STDOUT, check=False,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        assert done.returncode == 0 or not is_checked, f"{name}: {said.read_text()[-2000:]}"
        return said.read_text()


def _lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
