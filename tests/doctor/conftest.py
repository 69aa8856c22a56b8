"""A production in which all is well: mail, names, certificate, backups, keys, workers."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.db import connection
from pytest_django import Settings

from api.clock import now
from api.counters import counts_take
from api.models import MetricSum, Reconciliation, ReconciliationStage
from api.services.doctor import disks
from api.services.doctor.webhooks import WANTED
from api.services.gateways.stripe import _client
from api.services.gateways.stripe_account import (
    endpoint_create,
    endpoint_delete,
    endpoints_list,
)
from api.services.metrics import metrics_flush
from api.services.pulses import pulse_beat
from tests.clients import Client
from tests.doctor.stands import (
    DOMAIN,
    Names,
    Post,
    Tls,
    Way,
    mail_served,
    names_served,
    tls_served,
    way_to_stripe,
)

SECRET = "whsec_" + "7" * 32


@dataclass
class Ground:
    """All that can be broken."""

    folder: Path
    names: Names
    post: Post
    way: Way
    tls: Tls
    settings: Settings

    def backups_say(self, **changes: str | bool | None) -> None:
        """What the backup scripts wrote last."""
        said = {
            "kind": "pgbackrest",
            "last_backup_at": (now() - timedelta(hours=9)).isoformat(),
            "last_archived_at": (now() - timedelta(minutes=1)).isoformat(),
            "last_drill_at": (now() - timedelta(days=3)).isoformat(),
            "last_drill_ok": True,
            "drill_words": "1,204 postings, same digest",
        }
        self.status_file.write_text(json.dumps({**said, **changes}))

    def at_stripe(self, path: str, **data: str) -> str:
        """Make or change something at Stripe, which tells of it by an event. Returns its id."""
        key = {"Authorization": "Bearer sk_live_51Riverbank"}
        answer = httpx.post(f"{self.way.url}/v1/{path}", data=data, headers=key)
        return str(answer.raise_for_status().json()["id"])

    @property
    def status_file(self) -> Path:
        """BACKUP_STATUS_FILE."""
        return self.folder / "backup-status.json"


@pytest.fixture(scope="module")
def stands(
    simulator: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Names, Post, int, Way, Tls]]:
    """The servers around; they serve all tests of a module."""
    folder = tmp_path_factory.mktemp("tls")
    with (
        names_served() as names,
        mail_served() as (post, port),
        way_to_stripe(simulator) as way,
        tls_served(folder) as tls,
    ):
        yield names, post, port, way, tls


@pytest.fixture
def ground(
    simulator: str,
    stands: tuple[Names, Post, int, Way, Tls],
    no_jobs: None,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Ground]:
    """Sound at the beginning of every test, and mended after it."""
    names, post, port, way, tls = stands
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    monkeypatch.delenv("STRIPE_WEBHOOK_SECRET")
    env_file = tmp_path / ".env"
    env_file.write_text("DEBUG=False\nSTRIPE_WEBHOOK_SECRET=\n")
    env_file.chmod(0o600)
    _settings(settings, tmp_path, names, port, way, tls)
    found = Ground(tmp_path, names, post, way, tls, settings)
    found.backups_say()
    counts_take()  # What other tests counted in this process, and kept.
    MetricSum.objects.all().delete()
    _workers_live()
    Reconciliation.objects.create(
        begins_at=now() - timedelta(days=35),
        ends_at=now(),
        finished_at=now() - timedelta(hours=7),
        stage=ReconciliationStage.FINISHED,
        sealed=12,
    )
    stripe_forget(simulator)
    endpoint_create(url=f"{tls.url}/api/stripe/webhook/", events=WANTED)
    yield found
    names.__dict__.update(Names(port=names.port).__dict__)
    way.__dict__.update(Way(port=way.port).__dict__)
    post.password = "right"
    tls.holds_for(timedelta(days=60))
    stripe_forget(simulator)


def delivery_refused(body: bytes) -> None:
    """A delivery whose signature is none of ours."""
    answer = Client().post(
        "/api/stripe/webhook/",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": f"t={int(time.time())},v1={'0' * 64}"},
    )
    assert answer.status_code == 400
    metrics_flush()


def stripe_forget(simulator: str) -> None:
    """An empty account at Stripe."""
    httpx.post(f"{simulator}/_sim/reset", json={}).raise_for_status()
    for endpoint in endpoints_list():
        endpoint_delete(endpoint.id)


def _settings(
    settings: Settings, folder: Path, names: Names, port: int, way: Way, tls: Tls
) -> None:
    settings.ENVIRONMENT = "production"
    settings.SITE_URL = tls.url
    settings.LOG_DIR = settings.FILES_DIR = folder
    settings.ENV_FILE = folder / ".env"
    settings.SECRET_FILES = [settings.ENV_FILE]
    settings.BACKUP_STATUS_FILE = folder / "backup-status.json"
    settings.DNS_SERVER = f"127.0.0.1:{names.port}"
    settings.STRIPE_IS_SIMULATED = False
    settings.STRIPE_API_URL = way.url
    settings.STRIPE_SECRET_KEY = "sk_live_51Riverbank0000000Qn7"
    settings.STRIPE_PUBLISHABLE_KEY = "pk_live_51Riverbank0000000aB3"
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    settings.DEFAULT_FROM_EMAIL = f"Riverbank Trust <giving@{DOMAIN}>"
    options = {"host": "127.0.0.1", "port": port, "username": "giving", "password": "right"}
    more = {"use_tls": False, "timeout": 5}
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {**options, **more},
        }
    }


def _workers_live() -> None:
    """Signs of life as a worker leaves them; test_worker.py has a real one."""
    pulse_beat()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")


def database_url_of_tests() -> str:
    """The address of the tests' own database, for processes of their own."""
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    name = connection.settings_dict["NAME"]
    return f"{base.rpartition('/')[0]}/{name}?{query}"


@pytest.fixture(scope="module", autouse=True)
def stripe_is_reached_anew() -> Iterator[None]:
    """Each module has a way to Stripe of its own."""
    _client.cache_clear()
    yield
    _client.cache_clear()


@pytest.fixture
def full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 1 MiB that is full; where nothing may be mounted, the limit is raised instead."""
    (folder := tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    if is_mounted:
        (folder / "filled").write_bytes(bytes(1_000_000))
    else:
        monkeypatch.setattr(disks, "PROBLEM_FREE", 2**62)
    yield folder
    if is_mounted:
        subprocess.run(["umount", str(folder)], check=True)
