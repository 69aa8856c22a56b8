"""The containers: the parts, rights, limits and scripts of an installed machine, and no secret in an image."""

import re
import subprocess
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.backup.timers import drill_is_due
from deploy.kit import container
from deploy.kit.answers import Answers
from deploy.kit.steps import StepError
from deploy.kit.templates import KIT, Places
from tests.deploy.test_answers import places_in as machine_in
from tests.environment import ROOT

COMPOSE = yaml.safe_load((KIT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# Who is root there, and for what: PostgreSQL's files are its own user's, ports and certificates nginx's.
ROOTS = {"postgres", "backup", "nginx", "certbot"}
# What each unit, timer and package of an installed machine is here.
PARTS = {
    "domaap-web@.service": "web",
    "domaap-worker@.service": "worker",
    "domaap-site@.service": "site",
    "domaap-receive.service": "receiver",
    "domaap-backup.timer": "backup",
    "domaap-drill.timer": "backup",
}
OF_DEBIAN = {"nginx", "postgres", "certbot"}
DOCKERFILES = [KIT / "docker" / "Dockerfile", KIT / "docker" / "nginx.Dockerfile"]


def places_in(folder: Path) -> Places:
    """All below one folder, what certbot brings too."""
    return replace(machine_in(folder), letsencrypt=folder / "letsencrypt")


def test_every_part_of_an_installed_machine_is_a_container() -> None:
    units = {path.name for path in (KIT / "systemd").glob("*.*") if path.is_file()}
    sockets = {"domaap-web@.socket", "domaap-site@.socket"}
    bundles = {"domaap.slice", "domaap.target", "domaap-backup.service", "domaap-drill.service"}
    assert units == set(PARTS) | sockets | bundles
    assert set(SERVICES) == set(PARTS.values()) | OF_DEBIAN


@pytest.mark.parametrize("name", SERVICES)
def test_each_starts_again_has_limits_and_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "always"
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["logging"]["options"]["max-size"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert ("cap_add" in service) is (name in ROOTS)
    assert service.get("read_only", False) is (name not in ROOTS)
    # certbot does nothing between two looks: doctor tells when the certificate gets old.
    assert ("healthcheck" in service) is (name != "certbot")
    # Only nginx is reached from outside.
    assert ("ports" in service) is (name == "nginx")


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_there(name: str) -> None:
    service = SERVICES[name]
    for volume in service["volumes"]:
        assert (
            volume.startswith("../")
            or re.sub(r"^\$\{\w+:-|\}?:.*", "", volume) in COMPOSE["volumes"]
        )
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    if "build" in service:
        file = (ROOT / service["build"]["dockerfile"]).read_text()
        assert (
            f" AS {service['build'].get('target', '')}" in file or "target" not in service["build"]
        )
    for word in service.get("command", []):
        assert not word.startswith("deploy/") or (ROOT / word).is_file()


def test_nobody_waits_for_one_who_waits_for_commits() -> None:
    # A commit waits for the receiver, and web's start commits: neither it nor its set-up may wait for web.
    assert set(SERVICES["receiver"]["depends_on"]) == {"postgres"}
    assert set(SERVICES["backup"]["depends_on"]) == {"postgres"}


def test_backups_outlive_the_database_and_doctor_reads_of_them() -> None:
    volumes = {name: SERVICES[name]["volumes"] for name in SERVICES}
    for kept in (
        "${BACKUP_FOLDER:-backup}:/backup",
        "${BACKUP_WAL_FOLDER:-wal}:/wal",
        "key:/etc/domaap-backup",
    ):
        assert kept in volumes["backup"]
    assert {"backup", "wal", "key", "state", "database"} <= set(COMPOSE["volumes"])
    for reader in ("web", "worker"):
        assert "state:/var/lib/domaap:ro" in volumes[reader]
        assert "/etc/domaap-backup" not in str(volumes[reader])
    status = SERVICES["web"]["environment"]["BACKUP_STATUS_FILE"]
    assert Path(status).parent == Path("/var/lib/domaap")


def test_the_site_has_neither_secrets_nor_a_network() -> None:
    site = SERVICES["site"]
    assert (site["env_file"], site["network_mode"]) == ([], "none")
    assert not re.search("SECRET|PASSWORD|DATABASE|KEY", str(site["environment"]))


def test_no_secret_and_no_data_get_into_an_image() -> None:
    left_out = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".env", "answers", "tls", "var", "logs", ".git"} <= set(left_out)
    for file in DOCKERFILES:
        assert not re.search("SECRET|PASSWORD|_KEY", file.read_text()), file
    # Values of secrets come from .env when a container starts, never from the file that is in git.
    said = (KIT / "compose.yaml").read_text()
    for line in re.findall(r"^.*(?:PASSWORD|SECRET|KEY).*$", said, re.MULTILINE):
        assert line.startswith("#") or "${DATABASE_PASSWORD:?" in line


def test_the_images_hold_the_kit_s_own_files() -> None:
    assert "COPY deploy deploy" in DOCKERFILES[1].read_text()
    assert DOCKERFILES[0].read_text().count("COPY --from=build /srv/domaap/current") == 2


@pytest.mark.parametrize(
    "script", sorted((KIT / "docker").glob("*.sh")), ids=lambda path: path.name
)
def test_a_container_s_script_is_one(script: Path) -> None:
    done = subprocess.run(["sh", "-n", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "set -eu" in script.read_text()


@pytest.mark.parametrize(
    ("age", "is_due"),
    [(None, True), (timedelta(days=6, hours=23), False), (timedelta(days=7), True)],
)
def test_a_drill_is_due_once_a_week(age: timedelta | None, is_due: bool) -> None:
    last = None if age is None else (datetime.now(UTC) - age).isoformat()
    assert drill_is_due(last) is is_due


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins of nginx and certbot that write down what they were told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin")
    for name in ("nginx", "certbot"):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/told\n')
        program.chmod(0o755)
    return folder


def test_nginx_takes_a_new_certificate_once_and_keeps_the_old_one_for_a_wrong_one(
    tmp_path: Path, bin_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places, answers = places_in(tmp_path), Answers(host="give.example.org")
    container.certificate_put(answers, places)
    shown = container.certificate_shown(places)
    assert container.certificate_take(answers, places, shown) == shown
    assert not (tmp_path / "told").exists()

    issued = places.letsencrypt / "live" / answers.host
    issued.mkdir(parents=True)
    (issued / "fullchain.pem").write_text("new")
    (issued / "privkey.pem").write_text("key")
    assert container.certificate_take(answers, places, shown) == (b"new", b"key")
    assert container.certificate_take(answers, places, (b"new", b"key")) == (b"new", b"key")
    assert (tmp_path / "told").read_text().count("nginx -t -q") == 1

    (bin_folder / "nginx").write_text("#!/bin/sh\necho 'cannot load certificate' >&2\nexit 1\n")
    (issued / "fullchain.pem").write_text("half")
    assert container.certificate_take(answers, places, (b"new", b"key")) == (b"new", b"key")
    assert "cannot load certificate" in capsys.readouterr().err


def test_a_certificate_is_asked_for_once_then_renewed_and_a_failure_is_tried_again(
    tmp_path: Path, bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places, answers = (
        places_in(tmp_path),
        Answers(host="give.example.org", admin_email="a@example.org"),
    )
    monkeypatch.setattr(container, "RETRY_SECONDS", 0.05)
    live = places.letsencrypt / "live" / answers.host
    (bin_folder / "certbot").write_text(
        f'#!/bin/sh\necho "certbot $*" >> {tmp_path}/told\n'
        f'[ "$1" = renew ] && exit 0\n[ -f {tmp_path}/leads ] || exit 1\n'
        f"mkdir -p {live} && touch {live}/fullchain.pem\n"
    )
    stopping = threading.Event()
    thread = threading.Thread(target=container.certificates_keep, args=(answers, places, stopping))
    thread.start()
    try:
        _until_told(tmp_path, "certonly", 2)
        (tmp_path / "leads").touch()
        _until_told(tmp_path, "renew", 1)
    finally:
        stopping.set()
        thread.join(10)
    assert "--webroot" in (tmp_path / "told").read_text()


def test_another_certificate_than_certbot_s_asks_nobody(tmp_path: Path, bin_folder: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    container.certificates_keep(Answers(host="x", tls="files"), places_in(tmp_path), stopping)
    assert not (tmp_path / "told").exists()


def test_an_nginx_that_ends_ends_its_container(
    tmp_path: Path, bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bin_folder / "nginx").write_text("#!/bin/sh\nexit 3\n")
    monkeypatch.setattr(container, "LOOK_SECONDS", 0.05)
    with pytest.raises(StepError, match="nginx ended with 3"):
        container.nginx_run(Answers(host="x"), places_in(tmp_path), threading.Event(), ())


def _until_told(folder: Path, word: str, times: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if (folder / "told").exists() and (folder / "told").read_text().count(word) >= times:
            return
        time.sleep(0.02)
    raise AssertionError(f"certbot was not told {word} {times} times")
