"""The product's own processes, each of which a test may kill as `kill -9` does and start again."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from embedded.postgres import cluster_of, postgres_start, postgres_url
from stripe_sim.state import JOURNAL
from tests.conftest import until
from tests.environment import free_port
from tools.places import PYTHON, ROOT, TOOLS, VAR
from tools.ports import port_is_free
from tools.product import (
    Ports,
    Product,
    product_database_start,
    product_database_stop,
    product_of_tests,
    product_parts,
)
from tools.supervise import Part, answers

CLUSTER = "postgres-killed"
READY_SECONDS = 150  # On a busy machine.


class Killable:
    """PostgreSQL, the simulator, web and worker as `make run` starts them, on ports of their own.

    Started and restarted by one thread only: the kernel ends them with the thread that started them.
    """

    def __init__(
        self,
        folder: Path,
        cluster: str = CLUSTER,
        *,
        has_site: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """An empty product; `folder` gets its logs and the simulator's journal."""
        self.product = _product(folder, cluster, settings or {})
        self.web_url = f"http://127.0.0.1:{self.product.ports.web}"
        self.simulator_url = f"http://127.0.0.1:{self.product.ports.simulator}"
        self.site_url = f"http://127.0.0.1:{self.product.ports.site}"
        self.parts = {part.name: part for part in product_parts(self.product, has_site=has_site)}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.orphans: set[int] = set()  # Jobs whose worker was killed.
        self.journal = Journal(folder / "stripe_sim" / JOURNAL)

    @property
    def database_url(self) -> str:
        """Where its books are."""
        return postgres_url(ROOT, cluster=self.product.cluster)

    def start(self, name: str) -> None:
        """Start a part, or PostgreSQL; a part may need a moment to be ready."""
        if name == "postgres":
            assert postgres_start(ROOT, cluster=self.product.cluster), "PostgreSQL was not dead"
            return
        log = self.product.folder / f"{name}.log"
        self.processes[name] = _spawn(self.parts[name], log)

    def kill(self, name: str) -> None:
        """`kill -9`: the postmaster, or all processes of a part; back when they are gone."""
        if name == "postgres":
            pid_file = cluster_of(ROOT, self.product.cluster).data / "postmaster.pid"
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
            return
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait()
        ports = self.product.ports
        port = {"web": ports.web, "simulator": ports.simulator}.get(name)
        assert port is None or until(lambda: port_is_free(port)), f"{name} still holds its port"

    def kill_worker_at_a_job(self) -> None:
        """Kill the worker while it holds a job: stopped, looked at, and let go on when it has none."""
        process = self.processes["worker"]
        doing = "SELECT id FROM procrastinate_jobs WHERE status = 'doing'"

        def is_caught() -> bool:
            os.kill(process.pid, signal.SIGSTOP)
            held = {row[0] for row in self.ask(doing)} - self.orphans
            if held:
                self.orphans |= held
                return True
            os.kill(process.pid, signal.SIGCONT)
            return False

        assert until(is_caught), "the worker never had a job"
        self.kill("worker")

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Look into the database."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query.encode()).fetchall()

    def tell(self, statement: str) -> None:
        """Change something in the database."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        """End whatever runs."""
        for name, process in self.processes.items():
            if process.poll() is None:
                self.kill(name)


class Journal:
    """What the simulator holds, read from its journal while it goes on writing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._things: dict[str, dict[str, dict[str, Any]]] = {}

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """All objects of a kind by their id, as they are now."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]  # the last line may be half written
        self._offset += len(whole)
        for line in whole.splitlines():
            its_kind, thing = json.loads(line)
            self._things.setdefault(its_kind, {})[thing["id"]] = thing
        return self._things.get(kind, {})


@contextmanager
def killable(
    folder: Path,
    *,
    cluster: str = CLUSTER,
    parts: Sequence[str] = ("simulator", "web", "worker"),
    settings: Mapping[str, str] | None = None,
) -> Iterator[Killable]:
    """The product, started empty and ended whatever happens.

    Without its own simulator it asks the one of the tests.
    """
    target = Killable(folder, cluster, has_site="site" in parts, settings=settings)
    if "simulator" not in parts:
        shared = {"STRIPE_SIM_PORT": os.environ["STRIPE_SIM_PORT"]}
        for name in parts:
            part = target.parts[name]
            environment = {**part.environment, **shared}
            target.parts[name] = dataclasses.replace(part, environment=environment)
    product_database_stop(target.product)
    shutil.rmtree(VAR / cluster, ignore_errors=True)
    try:
        product_database_start(target.product)
        for name in parts:
            target.start(name)
        urls = [part.ready_url for part in target.parts.values() if part.name in target.processes]

        def missing() -> list[str]:
            return [url for url in urls if url and not answers(url)]

        assert until(lambda: not missing(), READY_SECONDS), f"not ready: {missing()}"
        yield target
    finally:
        target.stop()
        product_database_stop(target.product)
        shutil.rmtree(VAR / cluster, ignore_errors=True)


def _product(folder: Path, cluster: str, settings: Mapping[str, str]) -> Product:
    product = product_of_tests(Ports(free_port(), free_port(), free_port()))
    logs = folder / "logs"
    logs.mkdir(parents=True)
    own = {"DOMAAP_CLUSTER": cluster, "LOG_DIR": str(logs), "FILES_DIR": str(logs / "files")}
    return dataclasses.replace(
        product,
        cluster=cluster,
        folder=folder,
        environment={**product.environment, **own, **settings},
    )


def _spawn(part: Part, log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(PYTHON), str(TOOLS / "bound.py"), str(os.getpid()), *part.command],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **part.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
