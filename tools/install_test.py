"""`make install-test`: deploy/install.sh for real, in a fresh Debian under a systemd of its own.

Brings the Debian (debootstrap), boots it, installs, installs again, upgrades and rolls back while
gifts come, and prints what was seen. Needs root on Debian or Ubuntu, and some gigabytes below var/.
`python -m tools.install_test trixie bookworm bookworm/plain` names the suites; a plain one runs no
systemd, as in many containers.
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
from dataclasses import dataclass
from pathlib import Path

from deploy.kit.releases import source_copy
from tools.gift_load import GiftLoad
from tools.interpreters import apt_install
from tools.places import PYTHON, ROOT, VAR
from tools.ports import port_unused
from tools.supervise import answers

ROOTS = VAR / "roots"
NAME = "give.example.org"
SOURCE = "root/domaap"
MACHINE_CERTIFICATES = "/etc/ssl/machine.crt"
BOOT_PACKAGES = "systemd,systemd-sysv,dbus,ca-certificates"
# Debian 12 has no Python 3.13 of its own and uv's is not in a package index: this machine's is lent.
LENT_PYTHON = ("bookworm",)


class InstallTestError(Exception):
    """What was seen is not what was promised."""


@dataclass(frozen=True)
class Ports:
    """The fresh Debian shares this machine's network."""

    http: int
    https: int
    web: int
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
    """Install; again; upgrade and back under load; a broken release; what systemd thinks of it."""
    _step("install", lambda: _install(root))
    again = _step(
        "install again", lambda: root.run(f"/{SOURCE}/deploy/install.sh", "/root/answers")
    )
    _see("No change" in again and "done" not in again, "the second run changes nothing", again)
    load = GiftLoad(
        f"https://127.0.0.1:{root.ports.https}",
        f"http://127.0.0.1:{root.ports.simulator}",
        name=NAME,
        per_second=2.5,
    )
    load.start()
    try:
        _step("upgrade under load", lambda: _upgrade(root))
        _step("rollback under load", lambda: root.run("/srv/domaap/current/deploy/rollback.sh"))
        _step("a broken release", lambda: _broken(root))
    finally:
        seen = load.stop()
    print(json.dumps(seen.told(), indent=1), flush=True)
    _see(seen.is_clean, "no request refused, every gift thanked for", str(seen.told()))
    _books(root, len(seen.references))
    _hardening(root)


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
    fresh, work = ROOTS / suite, ROOTS / f"{suite}-run"
    _fresh_make(suite, fresh)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    source_copy(ROOT, work / "upper" / SOURCE)
    ports = Ports(*(port_unused() for _ in range(5)))
    root = Root(suite, kind or "systemd", work, ports, "whsec_" + secrets.token_hex(16))
    answers_file = work / "upper" / "root" / "answers"
    answers_file.write_text(_answers(root))
    answers_file.chmod(0o600)
    lent = [str(Path(PYTHON.resolve()).parent.parent)] if suite in LENT_PYTHON else []
    with (work / "boot.log").open("wb") as log:
        command = [str(ROOT / "tools" / "fresh_root.sh"), str(fresh), str(work), root.kind, *lent]
        boot = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        _until(lambda: (work / "pid").exists() and _runs(root), "Debian did not boot", work)
        yield root
    finally:
        subprocess.run(["kill", "-9", (work / "pid").read_text().strip()], check=False)
        boot.wait(30)
        shutil.rmtree(work, ignore_errors=True)


def _fresh_make(suite: str, fresh: Path) -> None:
    """A minimal Debian with systemd, made once by Debian's own tool from Debian's own mirror."""
    if (fresh / "usr" / "bin" / "systemctl").exists():
        return
    if not (shutil.which("debootstrap") or apt_install("debootstrap")):
        raise InstallTestError("debootstrap is not here: apt install debootstrap")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    command = ["debootstrap", "--variant=minbase", f"--include={BOOT_PACKAGES}", suite, str(fresh)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise InstallTestError(f"debootstrap failed:\n{done.stdout[-2000:]}")


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
