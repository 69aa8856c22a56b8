"""Which release serves: its files in place, its processes up, nginx leading to it, one at a time."""

from __future__ import annotations

import shutil
import socket
import ssl
import time
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

from deploy.kit.answers import Answers
from deploy.kit.ready import ready_wait
from deploy.kit.releases import release_current
from deploy.kit.services import LISTENING, Services
from deploy.kit.steps import StepError, file_put, link_put
from deploy.kit.templates import Machine, Places, rendered

CHECKS = {"web": "/health/ready", "site": "/donate"}
ANSWER_SECONDS = 20
DRAIN_SECONDS = 90


def files_put(
    answers: Answers, places: Places, machine: Machine, *, release: str
) -> tuple[bool, dict[Path, str]]:
    """Write the kit's files for this release; whether any changed, and what stood there before."""
    before: dict[Path, str] = {}
    did = False
    for path, text in rendered(answers, places, machine, release=release).items():
        if path.exists():
            before[path] = path.read_text(encoding="utf-8")
        did = file_put(path, text) or did
    return did, before


def processes_start(services: Services, places: Places, release: str) -> None:
    """Start web and site of a release beside what runs, and see that they answer. Raises StepError."""
    for part in LISTENING:
        services.start(part, release)
        if not ready_wait(places.run / f"{part}-{release}.sock", CHECKS[part]):
            raise StepError(f"{part} of release {release} does not answer at {CHECKS[part]}.")


def processes_stop(services: Services, release: str) -> None:
    """Stop all of a release."""
    for part in ("worker", *LISTENING):
        services.stop(part, release)


def switch(
    answers: Answers, places: Places, machine: Machine, services: Services, *, release: str
) -> None:
    """Lead nginx to a release that answers, and check through HTTPS. On failure all is as before."""
    before_release = release_current(places)
    _, before = files_put(answers, places, machine, release=release)
    try:
        services.reread()
        services.nginx_reload()
        link_put(places.current, places.releases / release)
        site_check(answers)
    except StepError:
        for path, text in before.items():
            file_put(path, text)
        if before_release:
            link_put(places.current, places.releases / before_release)
            services.reread()
            services.nginx_reload()
        raise


def site_check(answers: Answers) -> None:
    """The site answers on HTTPS under its own name, from this machine. Raises StepError."""
    deadline = time.monotonic() + 30
    while True:
        said = {path: https_status(answers, path) for path in ("/donate", "/health/ready")}
        if all(status == 200 for status in said.values()):
            return
        if time.monotonic() > deadline:
            raise StepError(f"{answers.site_url} does not answer as it should: {said}")
        time.sleep(0.5)


def https_status(answers: Answers, path: str) -> int:
    """What nginx on this machine answers; 0 when nothing. The certificate is not judged here."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = HTTPSConnection(answers.host, int(answers.https_port), context=context)
    try:
        plain = socket.create_connection(("127.0.0.1", int(answers.https_port)), ANSWER_SECONDS)
        name = None if answers.is_address else answers.host
        connection.sock = context.wrap_socket(plain, server_hostname=name)
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def nginx_drain(places: Places) -> None:
    """Wait until no nginx process of before the reload is left: it may still lead to the old release."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline and _nginx_ending():
        time.sleep(0.2)


def _nginx_ending() -> bool:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"nginx: worker process is shutting down" in (folder / "cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


def room_check(places: Places, *, least_mib: int = 3000) -> None:
    """A release takes about a gigabyte while it is made. Raises StepError."""
    places.base.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(places.base).free // 2**20
    if free < least_mib:
        raise StepError(f"{places.base} has {free} MiB free: {least_mib} are needed.")
