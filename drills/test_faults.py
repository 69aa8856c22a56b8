"""Each part is killed or starved in turn under a steady load: nothing acknowledged is lost or doubled."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from drills.clusters import Cluster, as_owner, binaries, folder_own
from drills.load import Load
from drills.nodes import Nodes
from drills.servers import Server, nginx
from tests.chaos import books
from tests.conftest import until
from tests.environment import free_port
from tools.places import PYTHON
from tools.ports import port_is_free, port_unused
from tools.product import Ports

RATE = float(os.environ.get("FAULT_RATE", "2"))
CALM = float(os.environ.get("FAULT_CALM_SECONDS", "6"))
STARVED = float(os.environ.get("FAULT_STARVED_SECONDS", "60"))
LOG_MEGABYTES = 4
MISSING = [name for name in ("nginx",) if not shutil.which(name)]
MISSING += [] if binaries() else ["postgresql"]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"apt install {' '.join(MISSING)}"),
    pytest.mark.skipif(
        os.geteuid() != 0, reason="it mounts a small disk for the logs: run it as root"
    ),
]
ANY = "ANY 1 (domaap_replica, domaap_archive)"


class Site:
    """Two web nodes behind nginx, two workers, a primary, a replica, a receiver of WAL, SMTP, Stripe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.primary = Cluster(folder / "primary", port_unused())
        self.replica = Cluster(folder / "replica", port_unused())
        self.wal = folder / "wal"
        self.smtp_port, self.front = port_unused(), port_unused()
        self.letters = folder / "letters"
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.replica.port}"
        url = (
            f"postgresql://{self.primary.administrator}@{hosts}/domaap_db"
            "?target_session_attrs=read-write"
        )
        environment = {
            "REPLICA_DATABASE_URL": self.replica.url,
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.smtp_port),
            "EMAIL_USE_TLS": "False",
        }
        ports = Ports(port_unused(), port_unused(), free_port())
        self.nodes = Nodes(folder / "product", ports, url, environment, webhook_port=self.front)
        self.other = port_unused()
        self.nodes.add_web("web-b", self.other)
        self.nodes.add_worker("worker-b")
        self.servers: dict[str, Server] = {}

    def start(self) -> None:
        """All of it."""
        self.primary.make(f"synchronous_standby_names = '{ANY}'", "synchronous_commit = local")
        folder_own(self.wal)
        self.receive()
        self.replica.replicate(self.primary)
        self.replica.configure(
            f"restore_command = 'cp {self.wal}/%f %p 2>/dev/null || cp {self.wal}/%f.partial %p'"
        )
        self.primary.configure("synchronous_commit = on")
        self.primary.run("pg_ctl", "-D", str(self.primary.data), "reload")
        self.nodes.prepare()
        self.post()
        self.nginx()
        self.nodes.start("simulator", "web", "web-b", "worker", "worker-b")

    def receive(self) -> None:
        """The receiver of WAL, as deploy/backup/receive.py runs it."""
        where = (
            f"host=127.0.0.1 port={self.primary.port} user={self.primary.administrator}"
            " dbname=replication application_name=domaap_archive"
        )
        program = [
            *as_owner(),
            str(self.primary.bin / "pg_receivewal"),
            "-D",
            str(self.wal),
            "-d",
            where,
        ]
        slot = ["--slot", "domaap_archive"]
        subprocess.run([*program, *slot, "--create-slot", "--if-not-exists"], check=True, cwd="/")
        self.servers["receiver"] = Server(
            [*program, *slot, "--synchronous"], self.folder / "receiver.log"
        )

    def post(self) -> None:
        """An SMTP server that keeps what it takes."""
        self.servers["smtp"] = Server(
            [str(PYTHON), "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.smtp_port}",
             "-c", "aiosmtpd.handlers.Mailbox", str(self.letters)],
            self.folder / "smtp.log",
        )  # fmt: skip
        assert until(lambda: not port_is_free(self.smtp_port))

    def nginx(self) -> None:
        """nginx before both nodes."""
        ports = [self.nodes.product.ports.web, self.other]
        self.servers["nginx"] = nginx(self.folder / "nginx", self.front, ports)

    def stop(self) -> None:
        """Everything."""
        self.nodes.stop()
        for server in self.servers.values():
            server.kill()
        for cluster in (self.replica, self.primary):
            cluster.stop("immediate")

    def letters_sent(self) -> Counter[str]:
        """How often each e-mail came, by its Message-ID."""
        found: Counter[str] = Counter()
        for path in (self.letters / "new").glob("*"):
            name = re.search(r"^Message-ID: (\S+)", path.read_text(errors="replace"), re.M | re.I)
            found[name[1] if name else path.name] += 1
        return found


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The site, its logs on a disk of a few megabytes."""
    with tempfile.TemporaryDirectory(prefix="domaap-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        folder_own(folder)
        logs = folder / "product" / "logs"
        logs.mkdir(parents=True)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={LOG_MEGABYTES}m", "tmpfs", str(logs)], check=True
        )
        site = Site(folder)
        try:
            site.start()
            yield site
        finally:
            site.stop()
            subprocess.run(["umount", "-l", str(logs)], check=False)


def test_each_part_fails_in_turn_and_nothing_acknowledged_is_lost_or_doubled(site: Site) -> None:
    load = Load(f"http://127.0.0.1:{site.front}", site.nodes.simulator_url, RATE)
    load.start()
    begun = time.monotonic()
    try:
        time.sleep(CALM)
        written, gifts = _written(site), len(load.acknowledged)
        for step in (
            _web,
            _web_b,
            _worker,
            _worker_b,
            _nginx,
            _receiver,
            _replica,
            _disk,
            _starve,
            _promote,
        ):
            load.phase = step.__name__.strip("_").replace("_", " ")
            if step is _promote:
                more = (_written(site) - written) / max(len(load.acknowledged) - gifts, 1)
                print(f"\nWAL: {more / 1024:.0f} KiB a gift, with its events, receipt and e-mail")
            step(site)
            time.sleep(CALM)
            load.phase = f"after {load.phase}"
            time.sleep(CALM / 2)
        references = load.stop()
    finally:
        load.close()
    given = time.monotonic() - begun
    print(f"\n{len(references)} gifts in {given:.0f} s")
    print("\n".join(load.told()))
    _drained(site, references, load)
    errors = [one for one in load.met if one.status == 0 or one.status >= 500]
    calm = [
        one
        for one in errors
        if one.phase in {"calm", "worker", "worker b", "receiver", "replica", "disk"}
    ]
    assert calm == [], calm


def _written(site: Site) -> int:
    [(count,)] = site.primary.ask("SELECT pg_current_wal_lsn() - '0/0'")
    return int(count)


def _drained(site: Site, references: list[str], load: Load) -> None:
    target: Any = site.nodes
    begun = time.monotonic()
    undelivered = lambda: [n for n, d in target.journal.of("_delivery").items() if not d["is_done"]]  # noqa: E731
    assert until(lambda: not undelivered(), 300), len(undelivered())
    assert until(lambda: not target.ask(books.UNHANDLED), 120), target.ask(books.UNHANDLED)
    assert until(lambda: not target.ask(books.JOBS_LEFT), 480), target.ask(books.JOBS_LEFT)
    print(f"\ndrained {time.monotonic() - begun:.0f} s after the last gift")
    kept = {row[0] for row in target.ask("SELECT reference FROM api_donation")}
    assert load.acknowledged - kept == set()
    books.each_acknowledged_event_is_handled_once(target)
    books.each_paid_gift_is_settled_once(target, references, message="sent")
    books.the_ledger_balances(target)
    books.receipt_numbers_have_no_gap(target)
    letters = site.letters_sent()
    twice = sum(count - 1 for count in letters.values())
    print(
        f"{len(letters)} e-mails for {len(references)} gifts, {twice} of them came again (a lost answer)"
    )
    assert len(letters) == len(references)


def _web(site: Site) -> None:
    site.nodes.kill("web")
    time.sleep(3)
    site.nodes.start("web")


def _web_b(site: Site) -> None:
    site.nodes.kill("web-b")
    time.sleep(3)
    site.nodes.start("web-b")


def _worker(site: Site) -> None:
    site.nodes.kill("worker")
    time.sleep(3)
    site.nodes.start("worker")


def _worker_b(site: Site) -> None:
    site.nodes.kill("worker-b")
    time.sleep(3)
    site.nodes.start("worker-b")


def _nginx(site: Site) -> None:
    site.servers["nginx"].kill()
    site.nginx()


def _receiver(site: Site) -> None:
    site.servers["receiver"].kill()
    time.sleep(3)
    site.receive()


def _replica(site: Site) -> None:
    site.replica.kill()
    time.sleep(3)
    site.replica.start()


def _disk(site: Site) -> None:
    """The disk of the logs is full for a while."""
    filler = site.folder / "product" / "logs" / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(b"x" * 4096)
                file.flush()
        except OSError:
            pass
    time.sleep(10)
    filler.unlink(missing_ok=True)


def _starve(site: Site) -> None:
    """Stripe and SMTP take connections and answer nothing, for a minute."""
    halted = [site.nodes.processes["simulator"].pid, site.servers["smtp"].process.pid]
    for group in halted:
        os.killpg(group, signal.SIGSTOP)
    time.sleep(STARVED)
    for group in halted:
        os.killpg(group, signal.SIGCONT)


def _promote(site: Site) -> None:
    """The primary dies; its replica becomes the primary."""
    site.primary.kill()
    site.servers["receiver"].kill()
    site.replica.promote()
    # Commits waited for a replica or the archive; until there is one again, they do not.
    with psycopg.connect(site.replica.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
        connection.execute("SELECT pg_reload_conf()")
