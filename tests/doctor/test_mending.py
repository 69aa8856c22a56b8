"""`manage.py doctor --fix` mends what it can, and says what it did; the page and the API show the same."""

import json
import os
import signal
import stat
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from api.models import AuditLine, Checkup, Pulse, Role
from api.services.checkups import checkup_run
from api.services.doctor import State, doctor_mend, doctor_run
from api.services.doctor.database import leaves
from api.services.doctor.env_file import env_file_set
from api.services.doctor.findings import manage
from api.services.doctor.webhooks import WANTED
from api.services.gateways.stripe_account import (
    endpoint_create,
    endpoint_delete,
    endpoints_list,
)
from api.services.pulses import heartbeats
from stripe_sim.delivery import signature
from tests.clients import Client
from tests.conftest import until
from tests.doctor.conftest import SECRET, Ground, database_url_of_tests
from tests.environment import ROOT
from tests.people import staff

pytestmark = pytest.mark.django_db


def states() -> dict[str, State]:
    """Each check's state now."""
    return {finding.name: finding.state for finding in doctor_run()}


def deliver(secret: str, event_id: str) -> int:
    """Stripe delivers an event signed with a secret."""
    body = json.dumps({"id": event_id, "type": "invoice.paid", "created": 1}).encode()
    answer = Client().post(
        "/api/stripe/webhook/",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body, secret)},
    )
    return answer.status_code


def secrets_kept(ground: Ground) -> list[str]:
    """What .env holds, whose other lines and whose mode stay right."""
    path = ground.folder / ".env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text().splitlines()
    assert lines[0] == "DEBUG=False" and len(lines) == 2
    return lines[1].removeprefix("STRIPE_WEBHOOK_SECRET=").split(",")


def test_a_missing_endpoint_is_made_and_its_secret_kept_for_the_owner_only(
    ground: Ground,
) -> None:
    for one in endpoints_list():
        endpoint_delete(one.id)
    said = doctor_mend(doctor_run())
    assert [(one.title, one.is_done) for one in said] == [("Webhook endpoint", True)]
    assert "readable by its owner only" in said[0].said
    (made,) = endpoints_list()
    assert made.url == f"{ground.tls.url}/api/stripe/webhook/"
    assert set(made.events) == set(WANTED)
    assert (made.api_version, made.is_enabled) == (ground.settings.STRIPE_API_VERSION, True)
    new, *others = secrets_kept(ground)
    assert new.startswith("whsec_") and others == [SECRET]
    assert new not in said[0].said
    assert deliver(new, "evt_new") == 200  # What Stripe signs now is taken,
    assert deliver(SECRET, "evt_old") == 200  # and so is what is still under way.
    assert states()["webhook"] == State.OK


def test_an_endpoint_of_another_version_is_replaced_at_the_same_address(ground: Ground) -> None:
    for one in endpoints_list():
        endpoint_delete(one.id)
    current, ground.settings.STRIPE_API_VERSION = (
        ground.settings.STRIPE_API_VERSION,
        "2025-03-31.basil",
    )
    url = f"{ground.tls.url}/api/stripe/one-off-webhook/"
    endpoint_create(url=url, events=WANTED)
    ground.settings.STRIPE_API_VERSION = current
    doctor_mend(doctor_run())
    assert [(one.url, one.api_version) for one in endpoints_list()] == [(url, current)]
    assert len(secrets_kept(ground)) == 2
    assert states()["webhook-version"] == State.OK


def test_types_that_are_not_told_are_added_and_the_secret_stays(ground: Ground) -> None:
    (one,) = endpoints_list()
    endpoint_delete(one.id)
    endpoint_create(url=one.url, events=["invoice.paid", "customer.created"])
    doctor_mend(doctor_run())
    assert set(endpoints_list()[0].events) == {*WANTED, "customer.created"}
    assert (ground.folder / ".env").read_text() == "DEBUG=False\nSTRIPE_WEBHOOK_SECRET=\n"


def test_nothing_is_made_at_stripe_when_its_secret_could_not_be_kept(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    for one in endpoints_list():
        endpoint_delete(one.id)
    (said,) = doctor_mend(doctor_run())
    assert not said.is_done
    assert "set in the environment" in said.said
    assert endpoints_list() == []


def test_files_with_secrets_are_closed(ground: Ground) -> None:
    (ground.folder / ".env").chmod(0o644)
    doctor_mend(doctor_run())
    assert stat.S_IMODE((ground.folder / ".env").stat().st_mode) == 0o600


def test_sound_things_are_left_alone(ground: Ground) -> None:
    assert doctor_mend(doctor_run()) == []


def test_the_command_tells_programs_and_ends_with_2_for_a_problem(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("doctor", "--json")  # All is well: it ends with 0.
    assert {one["state"] for one in json.loads(capsys.readouterr().out)["findings"]} == {"ok"}
    (ground.folder / ".env").chmod(0o644)
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    assert ended.value.code == 2
    told = capsys.readouterr().out
    assert "PROBLEM  Files with secrets: Others on this machine may read" in told
    assert f"To mend it: chmod 600 {ground.folder / '.env'}  (or --fix)" in told
    call_command("doctor", "--fix", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert [one["is_done"] for one in answer["fixed"]] == [True]
    assert {one["state"] for one in answer["findings"]} == {"ok"}
    assert Checkup.objects.count() == 3


def test_the_command_speaks_without_a_database() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/domaap_db"},
    )
    found = {one["name"]: one for one in json.loads(done.stdout)["findings"]}
    assert done.returncode == 2, done.stderr
    assert found["database"]["state"] == "problem"
    assert found["worker"]["state"] == found["ledger-chain"]["state"] == "skipped"
    assert "Traceback" not in done.stderr


def test_the_page_shows_what_was_found_and_looks_again_when_asked(ground: Ground) -> None:
    iris = staff(Role.AUDITOR)
    client = Client()
    client.force_login(iris)
    assert "Nobody has looked yet" in client.get("/admin/doctor/").content.decode()
    (ground.folder / ".env").chmod(0o644)
    assert client.post("/admin/doctor/look/").status_code == 302
    text = client.get("/admin/doctor/").content.decode()
    assert "Does not work" in text and "Others on this machine may read or change" in text
    assert f"chmod 600 {ground.folder / '.env'}" in text and "by Iris" in text
    assert AuditLine.objects.get(action="doctor.asked").actor == iris
    assert client.get("/admin/doctor/look/").status_code == 405


def test_the_api_gives_the_last_findings_and_reading_looks_at_nothing(ground: Ground) -> None:
    client = Client()
    client.force_login(staff(Role.ADMINISTRATOR))
    assert client.get("/api/staff/doctor/").json() == {"at": None, "seconds": 0.0, "findings": []}
    checkup_run()
    answer = client.get("/api/staff/doctor/").json()
    assert [one["name"] for one in answer["findings"]] == [one.name for one in doctor_run()]
    assert answer["findings"][0]["title"] == "Database"
    assert Checkup.objects.count() == 1


def test_ready_says_what_it_waits_for(ground: Ground) -> None:
    assert Client().get("/health/ready").json() == {"status": "ok"}
    leaf = next(leaf for leaf in leaves() if leaf[0] == "api")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE (app, name) = (%s, %s)", leaf)
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()) == (
        503,
        {"status": "not ready", "waits_for": "migrations"},
    )
    assert Client().get("/health/live").json() == {"status": "ok"}


def test_ready_costs_one_query(django_assert_num_queries: Any) -> None:
    Client().get("/health/ready")
    with django_assert_num_queries(1):
        Client().get("/health/ready")


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_stops_is_named(simulator: str, no_jobs: None, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    assert states()["worker"] == State.PROBLEM
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url_of_tests(), "LOG_DIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert until(lambda: None not in heartbeats().values())
        assert states()["worker"] == State.OK
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
        assert states()["worker"] == State.PROBLEM
    finally:
        worker.kill()
        worker.wait()


def test_a_secret_finds_its_place_where_the_folder_is_another_s(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As deploy/ has it: .env is the services', its folder is root's."""
    real = os.access
    monkeypatch.setattr(os, "access", lambda p, m: Path(p) != ground.folder and real(p, m))
    assert env_file_set("STRIPE_WEBHOOK_SECRET", "whsec_new") == ground.folder / ".env"
    assert secrets_kept(ground) == ["whsec_new"]
    assert sorted(path.name for path in ground.folder.glob(".env*")) == [".env"]


def test_commands_are_told_as_they_are_typed_where_deploy_put_the_product(
    settings: Settings,
) -> None:
    assert manage("doctor --fix") == "var/venv/bin/python manage.py doctor --fix"
    settings.BASE_DIR = Path("/srv/domaap/releases/20261124-101500")
    current = "/srv/domaap/current"
    program = f"sudo -u domaap {current}/var/venv/bin/python {current}/manage.py"
    assert manage("doctor --fix") == f"{program} doctor --fix"


def test_in_a_container_the_commands_are_those_of_containers(ground: Ground) -> None:
    ground.settings.BASE_DIR = Path("/srv/domaap/current")
    ground.settings.SECRET_FILES = []
    compose = "docker compose --env-file .env -f deploy/compose.yaml"
    assert manage("doctor") == f"{compose} exec web var/venv/bin/python manage.py doctor"
    ground.backups_say(last_drill_at=None, last_backup_at=None)
    found = {one.name: one for one in doctor_run()}
    assert found["backup"].command == f"{compose} exec backup deploy/backup/backup.sh all"
    assert (
        found["backup-drill"].state == State.SKIPPED
    )  # Without a backup there is nothing to restore.
    assert found["secret-files"].state == State.SKIPPED
    assert ".env" in found["secret-files"].what
    ground.settings.BACKUP_STATUS_FILE = Path("/nowhere/status.json")
    assert {one.name: one for one in doctor_run()}[
        "backup"
    ].command == f"{compose} logs --tail 50 backup"


def test_a_container_s_health_is_the_worker_s_signs_of_life(ground: Ground) -> None:
    said = StringIO()
    call_command("worker", "--is-alive", stdout=said)
    assert said.getvalue() == "Worker lives\n"
    Pulse.objects.all().delete()
    with pytest.raises(CommandError, match=r"^No sign of life of the worker's events\.$"):
        call_command("worker", "--is-alive")
