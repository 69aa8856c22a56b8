"""The running product: its database, its four processes, the order in which they come up."""

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from donor_management.database import database_check
from donor_management.env import env_database_url, env_port, env_text
from embedded.postgres import postgres_start, postgres_stop
from embedded.secrets import secrets_ensure
from tools.https import front_part
from tools.places import PYTHON, ROOT, STRIPE_SCHEMAS, VAR, node, site_server
from tools.ports import LOOPBACK, port_holder, port_is_free
from tools.supervise import Part, ProductError, Supervisor

SIMULATOR_KEY = "sk_test_simulator"
WEB_PROCESSES = 2
WEB_THREADS = 8
# Connections live longer here than in the site's pool, or the site writes to one that is closing.
WEB_OPTIONS = ("--keep-alive", "75", "--graceful-timeout", "10", "--log-level", "warning")
LEFTOVER_SECONDS = 15


@dataclass(frozen=True)
class Ports:
    """Where the product listens, always on the loopback address."""

    web: int
    site: int
    simulator: int


@dataclass(frozen=True)
class Product:
    """What to start. `folder` keeps logs and the simulator's state."""

    ports: Ports
    folder: Path
    cluster: str
    has_database: bool  # Whether PostgreSQL is ours to start and stop.
    has_simulator: bool
    environment: Mapping[str, str]
    https_port: int = 0  # Where a front takes https; 0: there is none.

    @property
    def site_url(self) -> str:
        """Where donors and staff go in a browser."""
        return self.environment["SITE_URL"]


def product_of_settings(*, https_port: int = 0) -> Product:
    """The product as the environment and `.env` describe it. Raises SettingError."""
    settings = import_module("donor_management.settings")  # All is checked before anything starts.
    ports = Ports(settings.WEB_PORT, settings.SITE_PORT, env_port("STRIPE_SIM_PORT", 12111))
    return Product(
        ports=ports,
        folder=VAR,
        cluster="postgres",
        has_database=settings.IS_EMBEDDED,
        has_simulator=settings.STRIPE_IS_SIMULATED,
        environment={**_ports_environment(ports), "SITE_URL": settings.SITE_URL},
        https_port=https_port,
    )


def product_of_tests(ports: Ports, *, name: str = "test") -> Product:
    """A product beside a running one: own ports, cluster and folder, everything embedded."""
    folder, cluster = VAR / name, "postgres-e2e" if name == "test" else f"postgres-{name}"
    return Product(
        ports=ports,
        folder=folder,
        cluster=cluster,
        has_database=True,
        has_simulator=True,
        environment={
            **_ports_environment(ports),
            "DOMAAP_CLUSTER": cluster,
            "SITE_URL": f"http://localhost:{ports.site}",
            "LOG_DIR": str(folder / "logs"),
            "FILES_DIR": str(folder / "files"),
            "STRIPE_SIM_SCHEMAS": str(STRIPE_SCHEMAS),
            "STRIPE_SIM_VIOLATIONS": str(folder / "stripe-violations.txt"),
            # Whatever a developer's `.env` says, tests reach nothing outside.
            "DATABASE_URL": "",
            "STRIPE_SECRET_KEY": "",
            "STRIPE_PUBLISHABLE_KEY": "",
            "STRIPE_PUBLIC_KEY": "",
            "EMAIL_HOST": "",
        },
    )


def _ports_environment(ports: Ports) -> dict[str, str]:
    values = {"WEB_PORT": ports.web, "SITE_PORT": ports.site, "STRIPE_SIM_PORT": ports.simulator}
    return {name: str(port) for name, port in values.items()}


def product_ports_check(product: Product) -> None:
    """Refuse to start when a port is taken: say by whom, and how to choose another."""
    wanted = {"WEB_PORT": product.ports.web, "SITE_PORT": product.ports.site}
    if product.https_port:
        wanted["HTTPS_PORT"] = product.https_port
    if product.has_simulator:
        wanted["STRIPE_SIM_PORT"] = product.ports.simulator
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while taken := {name: port for name, port in wanted.items() if not port_is_free(port)}:
        is_ours = all(str(ROOT) in port_holder(port) for port in taken.values())
        if not is_ours or time.monotonic() > deadline:
            break
        time.sleep(0.1)  # What a killed product left is still ending.
    lines = [
        f"Port {port} is taken{port_holder(port)}. Choose another: {name}={port + 1} make run"
        for name, port in taken.items()
    ]
    if lines:
        raise ProductError("\n".join(lines))


def product_database_start(product: Product) -> bool:
    """Bring PostgreSQL up and the schema and first data into it. True if we started the server."""
    started = False
    if product.has_database:
        secrets_ensure(ROOT)
        started = postgres_start(ROOT, cluster=product.cluster)
    else:
        database_check(env_database_url())
    _prepare(product)
    return started


def product_database_stop(product: Product) -> None:
    """Stop PostgreSQL if it is ours."""
    if product.has_database:
        postgres_stop(ROOT, cluster=product.cluster)


def product_start(product: Product, supervisor: Supervisor) -> None:
    """Start every process at once and wait for each to be ready."""
    (VAR / "static").mkdir(exist_ok=True)  # Django warns without it; files come from packages here.
    supervisor.start(*product_parts(product))


def product_parts(product: Product, *, has_site: bool = True) -> list[Part]:
    """The processes, in the order in which they need each other."""
    simulator = [_simulator(product)] if product.has_simulator else []
    site = [_site(product)] if has_site else []
    front = (
        [front_part(port=product.https_port, site_port=product.ports.site)]
        if has_site and product.https_port
        else []
    )
    return [*simulator, _web(product), _worker(product), *site, *front]


def _simulator(product: Product) -> Part:
    port = product.ports.simulator
    webhook = f"http://{LOOPBACK}:{product.ports.web}/api/stripe/webhook/"
    state = product.folder / "stripe_sim"
    arguments = ["--port", str(port), "--state", str(state), "--webhook-url", webhook]
    secret = env_text("STRIPE_WEBHOOK_SECRET").split(",")[0].strip()
    return Part(
        "simulator",
        [str(PYTHON), "-m", "stripe_sim", *arguments],
        f"http://{LOOPBACK}:{port}/_sim/health",
        {**product.environment, "STRIPE_WEBHOOK_SECRET": secret},
    )


def _web(product: Product) -> Part:
    port = product.ports.web
    size = ["--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS)]
    command = [str(PYTHON), "-m", "gunicorn", "donor_management.wsgi", "--worker-class", "gthread"]
    return Part(
        "web",
        [*command, "--bind", f"{LOOPBACK}:{port}", *size, *WEB_OPTIONS],
        f"http://{LOOPBACK}:{port}/health/ready",
        product.environment,
    )


def _worker(product: Product) -> Part:
    return Part("worker", [str(PYTHON), "manage.py", "worker"], "", product.environment)


def _site(product: Product) -> Part:
    server = site_server()
    if server is None:
        raise ProductError("The site is not built: run `make setup`.")
    port = str(product.ports.site)
    simulator = f"http://{LOOPBACK}:{product.ports.simulator}"
    return Part(
        "site",
        [node(), str(server)],
        f"http://{LOOPBACK}:{port}/donate",
        {
            **product.environment,
            "PORT": port,
            "WEB_URL": f"http://{LOOPBACK}:{product.ports.web}",
            "STRIPE_SCRIPT_ORIGIN": simulator if product.has_simulator else "",
            "HOSTNAME": LOOPBACK,
            "NODE_ENV": "production",
            "NEXT_TELEMETRY_DISABLED": "1",
        },
    )


def _prepare(product: Product) -> None:
    """Bring tables and first data up to date."""
    done = subprocess.run(
        [str(PYTHON), "-m", "tools.prepare"],
        cwd=ROOT,
        env={**os.environ, **product.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ProductError(f"The database could not be prepared:\n{done.stdout.strip()[-3000:]}")
