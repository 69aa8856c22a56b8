"""`make install-test`: deploy/install.sh for real, in a fresh Debian or Ubuntu under a systemd of its own.

Brings the system (debootstrap), boots it, installs, installs again, upgrades and rolls back while
gifts come, and prints what was seen. Needs root on Debian or Ubuntu, and some gigabytes below var/.
`python -m tools.install_test trixie bookworm noble bookworm/plain` names the suites; a plain one runs
no systemd, as in many containers.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.kit.answers import answers_parse
from deploy.kit.live import site_check
from deploy.kit.releases import source_copy
from deploy.kit.steps import StepError
from tools.acme_authority import authority, missing
from tools.fresh_root import ROOTS, FreshRootError, fresh_root_make
from tools.gift_load import GiftLoad, Seen
from tools.places import PYTHON, ROOT
from tools.ports import port_unused
from tools.supervise import answers

NAME = "give.example.org"
SOURCE = "root/domaap"
MACHINE_CERTIFICATES = "/etc/ssl/machine.crt"
# These have no Python 3.13 of their own and uv's is not in a package index: this machine's is lent.
LENT_PYTHON = ("bookworm", "noble")


class InstallTestError(Exception):
    """What was seen is not what was promised."""


@dataclass(frozen=True)
class Ports:
    """The fresh Debian shares this machine's network."""

    http: int
    https: int
    web: int
    metrics: int
    simulator: int
    smtp: int


@dataclass(frozen=True)
class Root:
    """A fresh Debian that runs."""

    suite: str
    kind: str  # systemd or plain.
    work: Path
    ports: Ports
    secret: str
    boots: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def files(self) -> Path:
        """Its files, as its own process 1 sees them."""
        return Path("/proc") / (self.work / "pid").read_text().strip() / "root"

    def run(self, *command: str, fails: bool = False) -> str:
        """What a command in it printed."""
        process = (self.work / "pid").read_text().strip()
        names = ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
        told = [f"{name}={MACHINE_CERTIFICATES}" for name in names]
        told += ["HOME=/root", "LANG=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        if self.suite in LENT_PYTHON:
            told.append("DOMAAP_PYTHON=/opt/python/bin/python3.13")
        enter = ["nsenter", "-t", process, "-m", "-p", "-u", "-i", "-C", "-r", "-w"]
        done = subprocess.run(
            [*enter, "env", "-i", *told, *command], capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        if (done.returncode != 0) is not fails:
            raise InstallTestError(f"`{' '.join(command)}` ended with {done.returncode}:\n{said}")
        return said


def main() -> int:
    """Each suite in turn; 1 when one was not as promised."""
    if os.geteuid() != 0:
        sys.exit("This test boots a Debian of its own: run it as root.")
    failed = []
    for suite in sys.argv[1:] or ["trixie"]:
        try:
            print(f"== {suite}", flush=True)
            with _booted(suite) as root, _stand_ins(root):
                _story(root)
        except InstallTestError as error:
            print(f"FAILED {suite}: {error}", flush=True)
            failed.append(suite)
    print(f"{len(sys.argv[1:] or ['trixie']) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _story(root: Root) -> None:
    """Install; again; upgrade and back under load; a broken release; a power cut; systemd's opinion."""
    _step("install", lambda: _install(root))
    again = _step(
        "install again", lambda: root.run(f"/{SOURCE}/deploy/install.sh", "/root/answers")
    )
    _see("No change" in again and "done" not in again, "the second run changes nothing", again)
    with _gifts(root) as seen:
        _step("upgrade under load", lambda: _upgrade(root))
        _step("rollback under load", lambda: root.run("/srv/domaap/current/deploy/rollback.sh"))
        _step("a broken release", lambda: _broken(root))
        _step("logs turned over", lambda: _logs_turn(root))
        if root.kind == "systemd":
            _step("restart", lambda: root.run("systemctl", "restart", "domaap-*@*.service"))
    given = len(seen.references)
    if root.kind == "systemd":
        _step("power cut, and up by itself", lambda: _power_cut(root))
        with _gifts(root) as after:
            time.sleep(5)
        given += len(after.references)
    _books(root, given)
    _hardening(root)
    if root.kind == "systemd" and not missing():
        _step("a certificate by certbot, and renewed by its timer", lambda: _certbot(root))


@contextmanager
def _gifts(root: Root) -> Iterator[Seen]:
    """Gifts come, of which none is refused."""
    site, simulator = (f"127.0.0.1:{port}" for port in (root.ports.https, root.ports.simulator))
    load = GiftLoad(f"https://{site}", f"http://{simulator}", name=NAME, per_second=2.5)
    load.start()
    try:
        yield load.seen
    finally:
        seen = load.stop()
        print(json.dumps(seen.told(), indent=1), flush=True)
    _see(seen.is_clean, "no request refused, every gift thanked for", str(seen.told()))


def _install(root: Root) -> str:
    said = root.run(f"/{SOURCE}/deploy/install.sh", "/root/answers")
    _see("answers. Changed:" in said, "the site answers on HTTPS", said)
    _see("/admin/welcome/" in said, "the first administrator has a link", said)
    mode = root.run("stat", "-c", "%a %U", "/srv/domaap/shared/.env").strip()
    _see(mode == "600 domaap", ".env is its owner's alone", mode)
    return said


def _upgrade(root: Root) -> str:
    changes = root.files / SOURCE / "CHANGELOG.md"
    changes.write_text(changes.read_text() + "\nAnother release.\n")
    said = root.run(f"/{SOURCE}/deploy/upgrade.sh")
    _see("serves. Back to" in said, "the new release serves", said)
    return said


def _broken(root: Root) -> str:
    """A release that can't start: the one before serves on."""
    before = root.run("readlink", "/srv/domaap/current")
    (root.files / SOURCE / "donor_management" / "wsgi.py").write_text("raise SystemExit(3)\n")
    said = root.run(f"/{SOURCE}/deploy/upgrade.sh", fails=True)
    _see("serves as before" in said, "a broken release is told of", said)
    _see(root.run("readlink", "/srv/domaap/current") == before, "and never serves", said)
    return said


def _logs_turn(root: Root) -> str:
    """nginx's log is turned over by its own package's rule, and goes on in a new file."""
    said = root.run("logrotate", "--force", "/etc/logrotate.d/nginx")
    log = root.files / "var/log/nginx/domaap-access.log"
    _until(lambda: log.exists() and log.stat().st_size > 0, "nginx's log did not go on", root.work)
    _see(log.with_name(f"{log.name}.1").exists(), "nginx's log is turned over", said)
    return said


def _power_cut(root: Root) -> str:
    """Everything is killed at once; the machine starts again and nobody does anything."""
    _halt(root)
    _boot(root)
    answers_given = answers_parse(_answers(root))

    def is_back() -> bool:
        try:
            site_check(answers_given)
        except StepError:
            return False
        return True

    _until(is_back, "the site did not come back", root.work)
    release = Path(root.run("readlink", "/srv/domaap/current").strip()).name
    active = f"systemctl is-active domaap-worker@{release} || true"
    _until(
        lambda: root.run("sh", "-c", active).strip() == "active",
        "the worker did not come back",
        root.work,
    )
    return root.run("systemctl", "list-units", "domaap*", "--no-pager")


def _certbot(root: Root) -> str:
    """`tls=certbot` in the answers, a real authority (Pebble) on this machine, and certbot's own unit."""
    http_port, port = root.ports.http, root.ports.https
    with authority(root.work, http_port=http_port, tls_port=port) as found:
        settings = root.files / "root/.config/letsencrypt/cli.ini"
        settings.parent.mkdir(parents=True)
        settings.write_text(f"server = {found.url}\nno-verify-ssl = true\n")
        answers_file = root.files / "root/answers"
        answers_file.write_text(_answers(root).replace("tls=self-signed", "tls=certbot"))
        said = root.run("/srv/domaap/current/deploy/install.sh", "/root/answers")
        _see("Pebble" in _shown(root), "nginx shows the authority's certificate", said)
        before = _shown(root)
        renewal = root.files / f"etc/letsencrypt/renewal/{NAME}.conf"
        # As if it ended soon: certbot's unit renews what is due.
        renewal.write_text("renew_before_expiry = 99999 days\n" + renewal.read_text())
        root.run("systemctl", "start", "certbot.service")
        _until(lambda: _shown(root) != before, "nginx did not show the renewed one", root.work)
        _see("Pebble" in _shown(root), "certbot's unit renews it, and its hook reloads nginx", said)
    return said


def _shown(root: Root) -> str:
    """Issuer and number of the certificate that nginx shows."""
    at = f"127.0.0.1:{root.ports.https}"
    command = f"openssl s_client -connect {at} -servername {NAME} </dev/null 2>/dev/null"
    return root.run("sh", "-c", f"{command} | openssl x509 -noout -issuer -serial")


def _books(root: Root, gifts: int) -> None:
    """Every gift that was begun is money in the books, once."""
    count = "from api.models import Donation, Payment; print(Donation.objects.filter("
    count += "status='succeeded').count(), Payment.objects.count())"
    enter = ["runuser", "-u", "domaap", "--", "sh", "-c"]
    python = "cd /srv/domaap/current && var/venv/bin/python manage.py"
    said = root.run(*enter, f'{python} shell --no-imports -c "{count}"').split()[-2:]
    _see(
        said == [str(gifts)] * 2, f"{gifts} gifts begun, {said[0]} settled, {said[1]} payments", ""
    )
    root.run(*enter, f"{python} check_ledger")
    print("  the ledger's check ends well", flush=True)


def _hardening(root: Root) -> None:
    if root.kind == "plain":
        return
    release = Path(root.run("readlink", "/srv/domaap/current").strip()).name
    for part in ("web", "site", "worker"):
        said = root.run("systemd-analyze", "--no-pager", "security", f"domaap-{part}@{release}")
        level = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
        print(f"  exposure of {part}: {level[1] if level else said[-200:]}", flush=True)


def _step(name: str, work: Callable[[], str]) -> str:
    began = time.monotonic()
    said = work()
    print(f"  {name}: {time.monotonic() - began:.0f} s", flush=True)
    return said


def _see(is_so: bool, what: str, said: str) -> None:
    if not is_so:
        raise InstallTestError(f"not seen: {what}\n{said}")
    print(f"  {what}", flush=True)


@contextmanager
def _booted(named: str) -> Iterator[Root]:
    """A fresh copy of the suite with our sources and answers in it, until the end."""
    suite, _, kind = named.partition("/")
    try:
        fresh_root_make(suite)
    except FreshRootError as error:
        raise InstallTestError(str(error)) from error
    work = ROOTS / f"{suite}-run"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    source_copy(ROOT, work / "upper" / SOURCE)
    ports = Ports(*(port_unused() for _ in range(6)))
    root = Root(suite, kind or "systemd", work, ports, "whsec_" + secrets.token_hex(16))
    answers_file = work / "upper" / "root" / "answers"
    answers_file.write_text(_answers(root))
    answers_file.chmod(0o600)
    try:
        _boot(root)
        yield root
    finally:
        _halt(root)
        shutil.rmtree(work, ignore_errors=True)


def _boot(root: Root) -> None:
    """Start it, and wait until it runs."""
    work, lent = root.work, []
    if root.suite in LENT_PYTHON:
        lent = [str(Path(PYTHON.resolve()).parent.parent)]
    with (work / "boot.log").open("ab") as log:
        fresh = [str(ROOTS / root.suite), str(work), root.kind]
        command = [str(ROOT / "tools" / "fresh_root.sh"), *fresh, *lent]
        boot = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    root.boots.append(boot)
    _until(lambda: (work / "pid").exists() and _runs(root), "Debian did not boot", work)


def _halt(root: Root) -> None:
    """End all that runs in it, at once."""
    pid = root.work / "pid"
    if pid.exists():
        subprocess.run(["kill", "-9", pid.read_text().strip()], check=False)
        pid.unlink()
    root.boots.pop().wait(30)


def _runs(root: Root) -> bool:
    """Whether its systemd has booted, well or nearly so (a namespace loads no modules)."""
    if root.kind == "plain":
        return root.files.joinpath("root", "answers").exists()
    try:
        return "starting" not in root.run("sh", "-c", "systemctl is-system-running || true")
    except (InstallTestError, OSError):
        return False


@contextmanager
def _stand_ins(root: Root) -> Iterator[None]:
    """Stripe's stand-in and an SMTP server that keeps nothing, on this machine."""
    webhook = f"http://127.0.0.1:{root.ports.web}/api/stripe/webhook/"
    stripe = ["-m", "stripe_sim", "--port", str(root.ports.simulator), "--webhook-url", webhook]
    smtp = ["-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink"]
    environment = {**os.environ, "STRIPE_WEBHOOK_SECRET": root.secret}
    commands = [stripe, [*smtp, "-l", f"127.0.0.1:{root.ports.smtp}"]]
    started = [
        subprocess.Popen(
            [str(PYTHON), *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
        )
        for command in commands
    ]
    health = f"http://127.0.0.1:{root.ports.simulator}/_sim/health"
    try:
        _until(lambda: answers(health), "the simulator did not start", root.work)
        yield
    finally:
        for process in started:
            process.terminate()
            process.wait(10)


def _answers(root: Root) -> str:
    return f"""# Made by the test.
host={NAME}
tls=self-signed
admin_email=dora@example.org
charity_name=Riverbank Community Trust
charity_number=1234567
charity_email=giving@example.org
charity_address=12 Mill Lane, Birmingham B10 0AB
email_host=127.0.0.1
email_port={root.ports.smtp}
email_use_tls=False
http_port={root.ports.http}
https_port={root.ports.https}
web_port={root.ports.web}
metrics_port={root.ports.metrics}
STRIPE_SIM_PORT={root.ports.simulator}
STRIPE_WEBHOOK_SECRET={root.secret}
"""


def _until(is_so: Callable[[], bool], otherwise: str, work: Path) -> None:
    deadline = time.monotonic() + 90
    while not is_so():
        if time.monotonic() > deadline:
            log = work / "boot.log"
            raise InstallTestError(f"{otherwise}:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.3)


if __name__ == "__main__":
    sys.exit(main())
