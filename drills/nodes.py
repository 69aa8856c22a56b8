"""The product's processes on a drill's database: web nodes, workers and the simulator, each to be killed alone."""

import dataclasses
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from stripe_sim.state import JOURNAL
from tests.chaos.killable import Journal
from tests.conftest import until
from tools.places import PYTHON, ROOT, TOOLS
from tools.ports import port_is_free
from tools.product import Ports, Product, product_database_start, product_of_tests, product_parts
from tools.supervise import Part, answers


class Nodes:
    """What runs. Started and restarted by one thread only: the kernel ends them with that thread."""

    def __init__(
        self,
        folder: Path,
        ports: Ports,
        database_url: str,
        environment: Mapping[str, str] | None = None,
        webhook_port: int = 0,
    ) -> None:
        """Nothing runs yet. `webhook_port`: where the simulator delivers, if not straight at web."""
        self.folder, self.database_url = folder, database_url
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        base = product_of_tests(ports, name="drill")
        own = {
            "DATABASE_URL": database_url,
            "DEBUG": "True",
            "LOG_DIR": str(folder / "logs"),
            "FILES_DIR": str(folder / "files"),
            "STRIPE_SIM_VIOLATIONS": str(folder / "violations.txt"),
            **(environment or {}),
        }
        self.product: Product = dataclasses.replace(
            base, folder=folder, has_database=False, environment={**base.environment, **own}
        )
        self.simulator_url = f"http://127.0.0.1:{ports.simulator}"
        self.web_url = f"http://127.0.0.1:{webhook_port or ports.web}"
        self.parts: dict[str, Part] = {}
        for part in product_parts(self.product, has_site=False):
            self.parts[part.name] = part
        if webhook_port:
            self._redirect_webhooks(ports.web, webhook_port)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.journal = Journal(folder / "stripe_sim" / JOURNAL)

    def prepare(self) -> None:
        """Tables and first data."""
        keep = dict(os.environ)
        os.environ.update(self.product.environment)
        try:
            product_database_start(self.product)
        finally:
            os.environ.clear()
            os.environ.update(keep)

    def add_web(self, name: str, port: int) -> None:
        """One more web node."""
        first = self.parts["web"]
        command = [word.replace(f":{self.product.ports.web}", f":{port}") for word in first.command]
        environment = {**first.environment, "WEB_PORT": str(port)}
        url = f"http://127.0.0.1:{port}/health/ready"
        self.parts[name] = Part(name, command, url, environment)

    def add_worker(self, name: str) -> None:
        """One more worker."""
        self.parts[name] = dataclasses.replace(self.parts["worker"], name=name)

    def start(self, *names: str) -> None:
        """Start parts, and wait until they are ready."""
        for name in names:
            part = self.parts[name]
            with (self.folder / f"{name}.log").open("ab") as output:
                self.processes[name] = subprocess.Popen(
                    [str(PYTHON), str(TOOLS / "bound.py"), str(os.getpid()), *part.command],
                    cwd=ROOT,
                    env={**os.environ, "PYTHONUNBUFFERED": "1", **part.environment},
                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                    start_new_session=True,
                )  # fmt: skip
        for name in names:
            url = self.parts[name].ready_url
            assert not url or until(lambda url=url: answers(url)), f"{name} is not ready"  # type: ignore[misc]

    def kill(self, name: str) -> None:
        """`kill -9` of all processes of a part."""
        process = self.processes[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        url = self.parts[name].ready_url
        if url:
            port = int(url.split(":")[2].split("/")[0])
            assert until(lambda: port_is_free(port)), f"{name} still holds its port"

    def stop(self) -> None:
        """End whatever runs."""
        for name, process in self.processes.items():
            if process.poll() is None:
                self.kill(name)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        with psycopg.connect(
            self.database_url.replace("&pool_size=0", "").replace("?pool_size=0", "")
        ) as one:
            return one.execute(query.encode()).fetchall()

    def _redirect_webhooks(self, web: int, to: int) -> None:
        part = self.parts["simulator"]
        command = [word.replace(f":{web}/", f":{to}/") for word in part.command]
        self.parts["simulator"] = dataclasses.replace(part, command=command)
