"""Puts the product up from the kit's own templates, by the kit's own code, below one folder."""

import getpass
import grp
import logging
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
from aiosmtpd.controller import Controller

from deploy.kit.answers import Answers, answers_parse
from deploy.kit.certificates import acme_folder, certificate_put
from deploy.kit.live import files_put, processes_start, processes_stop
from deploy.kit.machine import machine_look
from deploy.kit.releases import (
    DIGEST,
    database_migrate,
    manage,
    release_complete,
    shared_link,
    source_copy,
)
from deploy.kit.services import Plain
from deploy.kit.settings import settings_put
from deploy.kit.steps import link_put, run
from deploy.kit.templates import Places
from embedded.postgres import postgres_start, postgres_stop, postgres_url
from tests.conftest import wait_for
from tools.places import FRONTEND, ROOT, VENV
from tools.ports import port_unused

CLUSTER = "postgres-deployed"
FOLDER = ROOT / "var" / "deployed"
HOST = "localhost"
WEBHOOK_SECRET = "whsec_" + secrets.token_hex(16)
EMBEDDER = "https://www.example.org"
NGINX = """
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx-logs/error.log;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {folder}/temporary/body;
    proxy_temp_path {folder}/temporary/proxy;
    fastcgi_temp_path {folder}/temporary/fastcgi;
    uwsgi_temp_path {folder}/temporary/uwsgi;
    scgi_temp_path {folder}/temporary/scgi;
    include {folder}/nginx/domaap.conf;
}}
"""


logging.getLogger("mail.log").setLevel(logging.WARNING)


class Mails:
    """An SMTP server that keeps what it is sent."""

    def __init__(self) -> None:
        self.kept: list[Message] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep one."""
        self.kept.append(message_from_bytes(envelope.content))
        return "250 OK"

    def to(self, address: str) -> list[Message]:
        """What one address got."""
        return [mail for mail in self.kept if address in str(mail["To"])]


@dataclass
class Deployed:
    """A site that runs."""

    answers: Answers
    places: Places
    services: Plain
    simulator: str
    mails: Mails
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    controller: Controller | None = None

    @property
    def url(self) -> str:
        """https://localhost:PORT"""
        return self.answers.site_url

    @property
    def port(self) -> int:
        """Where nginx speaks TLS."""
        return int(self.answers.https_port)

    def http(self, **more: Any) -> httpx.Client:
        """A client that takes the test's own certificate."""
        return httpx.Client(base_url=self.url, verify=False, trust_env=False, timeout=30, **more)  # noqa: S501

    def release_make(self, name: str) -> None:
        """A release of this folder's sources, with its packages and its built site."""
        folder = self.places.releases / name
        source_copy(ROOT, folder)
        shared_link(folder, self.places)
        (folder / "var" / "venv").symlink_to(VENV)
        (folder / "frontend" / ".next").symlink_to(FRONTEND / ".next")
        release_complete(folder, self.places)
        (folder / DIGEST).write_text(name)


def site_up() -> Deployed:
    """Everything up, from nothing."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    postgres_stop(ROOT, cluster=CLUSTER)
    shutil.rmtree(ROOT / "var" / CLUSTER, ignore_errors=True)
    postgres_start(ROOT, cluster=CLUSTER, fsync=False)
    places, answers, smtp, simulator = _places(), _answers(), port_unused(), port_unused()
    answers.settings.update(STRIPE_SIM_PORT=str(simulator), EMAIL_PORT=str(smtp))
    services = Plain(places, nginx=("nginx", "-c", str(FOLDER / "nginx.conf")))
    site = Deployed(answers, places, services, f"http://127.0.0.1:{simulator}", Mails())
    site.controller = Controller(site.mails, hostname="127.0.0.1", port=smtp)  # type: ignore[no-untyped-call]
    site.controller.start()  # type: ignore[no-untyped-call]
    _simulator_start(site, simulator)
    _install(site)
    return site


def _install(site: Deployed) -> None:
    """The steps of install.py, but for what is the machine's."""
    answers, places = site.answers, site.places
    for folder in (places.shared / "files", places.shared / "assets", places.logs):
        folder.mkdir(parents=True)
    acme_folder(places)
    settings_put(answers, places)
    certificate_put(answers, places)
    site.release_make("one")
    database_migrate(places, "one")
    manage(places, "one", "seed_demo")
    files_put(answers, places, machine_look(), release="one")
    (FOLDER / "nginx.conf").write_text(NGINX.format(folder=FOLDER, user=_nginx_user()))
    site.services.outside_start("nginx")
    processes_start(site.services, places, "one")
    link_put(places.current, places.releases / "one")
    site.services.start("worker", "one")


def site_down(site: Deployed) -> None:
    """Nothing is left."""
    for release in sorted(path.name for path in site.places.releases.iterdir()):
        processes_stop(site.services, release)
    subprocess.run(["nginx", "-c", str(FOLDER / "nginx.conf"), "-s", "stop"], check=False)
    for process in site.processes:
        process.terminate()
        process.wait(10)
    if site.controller:
        site.controller.stop()  # type: ignore[no-untyped-call]
    postgres_stop(ROOT, cluster=CLUSTER)
    shutil.rmtree(site.places.run, ignore_errors=True)


def _places() -> Places:
    """All below one folder; sockets in a short one, for their paths may have 107 letters."""
    for name in ("nginx-logs", "temporary", "tls"):
        (FOLDER / name).mkdir(parents=True)
    run_folder = Path(tempfile.mkdtemp(prefix="domaap-"))
    run_folder.chmod(0o755)
    return Places(
        base=FOLDER / "srv",
        run=run_folder,
        logs=FOLDER / "logs",
        nginx=FOLDER / "nginx",
        nginx_entry=FOLDER / "nginx" / "domaap.conf",
        nginx_logs=FOLDER / "nginx-logs",
        units=FOLDER / "units",
        logrotate=FOLDER / "logrotate",
        letsencrypt=FOLDER / "letsencrypt",
        user=getpass.getuser(),
        nginx_group=grp.getgrgid(os.getgid()).gr_name,
    )


def _answers() -> Answers:
    """What an operator would say, with a certificate of the test's own."""
    certificate, key = FOLDER / "tls" / "test.pem", FOLDER / "tls" / "test.key"
    made = ["-keyout", key, "-out", certificate, "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    run(["openssl", "req", "-x509", *curve, *made, "-addext", f"subjectAltName=DNS:{HOST}"])
    return answers_parse(
        f"""
        host={HOST}
        tls=files
        tls_certificate={certificate}
        tls_key={key}
        admin_email=dora@example.org
        charity_name=Riverbank Community Trust
        charity_number=1234567
        charity_email=giving@example.org
        charity_address=12 Mill Lane, Birmingham B10 0AB
        email_host=127.0.0.1
        email_use_tls=False
        database_url={postgres_url(ROOT, cluster=CLUSTER)}
        giving_per_second=4
        http_port={port_unused()}
        https_port={port_unused()}
        web_port={port_unused()}
        metrics_port={port_unused()}
        STRIPE_WEBHOOK_SECRET={WEBHOOK_SECRET}
        EMBED_ORIGINS={EMBEDDER}
        """
    )


def _nginx_user() -> str:
    if os.geteuid() != 0:
        return ""
    return f"user {getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name};"


def _simulator_start(site: Deployed, port: int) -> None:
    """Stripe's stand-in, which delivers as `stripe listen` would: at this machine's own port."""
    webhook = f"http://127.0.0.1:{site.answers.web_port}/api/stripe/webhook/"
    command = [sys.executable, "-m", "stripe_sim", "--port", str(port), "--webhook-url", webhook]
    environment = {**os.environ, "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    site.processes.append(process)
    wait_for(f"{site.simulator}/_sim/health", process)
