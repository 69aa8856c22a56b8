"""Past one machine, in small: two web nodes behind PgBouncer, a replica for reports, files in S3."""

import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from drills.clusters import Cluster, binaries, folder_own
from drills.nodes import Nodes
from drills.servers import BUCKET, S3_KEY, S3_SECRET, Server, pgbouncer, s3_store, weed
from embedded.secrets import secrets_read
from tests.chaos import books
from tests.chaos.donors import Donors, plans
from tests.conftest import until
from tests.environment import free_port
from tests.running.test_admin_sign_in import code
from tools.places import PYTHON, ROOT
from tools.ports import port_unused
from tools.product import Ports

STAFF, PASSWORD = "staff@example.org", "four words of a drill"
MISSING = [] if shutil.which("pgbouncer") else ["pgbouncer"]
MISSING += [] if binaries() else ["postgresql"]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"apt install {' '.join(MISSING)}"),
    pytest.mark.skipif(weed() is None, reason="make scale-test brings SeaweedFS"),
]


class Site:
    """Two web nodes, a worker, and what they share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.primary = Cluster(folder / "primary", port_unused())
        self.replica = Cluster(folder / "replica", port_unused())
        self.s3_ports = [port_unused() for _ in range(4)]
        bouncer = port_unused()
        self.bouncer_port = bouncer
        pooled = self.primary.url.replace(f":{self.primary.port}/", f":{bouncer}/")
        environment = {
            "DATABASE_POOL_MODE": "transaction",
            "DIRECT_DATABASE_URL": self.primary.url,
            "REPLICA_DATABASE_URL": self.replica.url,
            "FILES_S3_BUCKET": BUCKET,
            "FILES_S3_ENDPOINT": f"http://127.0.0.1:{self.s3_ports[0]}",
            "FILES_S3_KEY": S3_KEY,
            "FILES_S3_SECRET": S3_SECRET,
            "DEMO_PASSWORD": PASSWORD,
            "DEMO_TOTP_SECRET": secrets_read(ROOT)["DEMO_TOTP_SECRET"],
        }
        ports = Ports(port_unused(), port_unused(), free_port())
        self.nodes = Nodes(folder / "product", ports, pooled, environment)
        self.other = port_unused()
        self.nodes.add_web("web-b", self.other)
        self.servers: list[Server] = []

    @property
    def a(self) -> str:
        """The first node."""
        return f"http://127.0.0.1:{self.nodes.product.ports.web}"

    @property
    def b(self) -> str:
        """The second."""
        return f"http://127.0.0.1:{self.other}"

    def shell(self, code: str) -> str:
        """`manage.py shell`."""
        done = subprocess.run(
            [str(PYTHON), "manage.py", "shell", "--no-imports", "-c", code],
            cwd=ROOT, env={**os.environ, **self.nodes.product.environment},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def said(self, name: str) -> str:
        """The end of a process's log."""
        return (self.nodes.folder / f"{name}.log").read_text(errors="replace")[-6000:]

    def answered_by_replica(self, word: str) -> int:
        """How many statements with a word in them the replica was asked."""
        return sum(
            word in line for line in self.replica.log.read_text(errors="replace").splitlines()
        )


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """All of it, with gifts given through PgBouncer."""
    with tempfile.TemporaryDirectory(prefix="domaap-scale-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        folder_own(folder)
        site = Site(folder)
        try:
            site.primary.make()
            site.replica.replicate(site.primary)
            site.replica.configure("log_statement = 'all'")
            site.replica.run("pg_ctl", "-D", str(site.replica.data), "reload")
            site.servers.append(pgbouncer(folder / "bouncer", site.bouncer_port, site.primary))
            site.servers.append(s3_store(folder / "s3", site.s3_ports))
            site.nodes.prepare()
            site.shell(
                "from allauth.mfa.totp.internal.auth import TOTP\n"
                "from django.conf import settings\n"
                "from api.services.users import demo_staff_seed\n"
                f"person = demo_staff_seed({PASSWORD!r})\n"
                "TOTP.activate(person, settings.DEMO_TOTP_SECRET)"
            )
            site.nodes.start("simulator", "web", "web-b", "worker")
            yield site
        finally:
            site.nodes.stop()
            for server in site.servers:
                server.kill()
            for cluster in (site.replica, site.primary):
                cluster.stop("immediate")


@pytest.fixture(scope="module")
def app(site: Site) -> Iterator[httpx.Client]:
    """Staff, signed in at the first node."""
    with httpx.Client(timeout=30) as client:
        os.environ["DEMO_TOTP_SECRET"] = site.nodes.product.environment["DEMO_TOTP_SECRET"]
        sent = {"email": STAFF, "password": PASSWORD}
        first = client.post(f"{site.a}/api/auth/sign-in/", json=sent).json()
        assert "ticket" in first, first
        done = client.post(
            f"{site.a}/api/auth/second-factor/",
            json={"ticket": first["ticket"], "code": code(), "device": "drill"},
        )
        assert done.status_code == 200, done.text
        client.headers["Authorization"] = f"Bearer {done.json()['access_token']}"
        yield client


def test_gifts_through_pgbouncer_in_transaction_mode_end_in_right_books(site: Site) -> None:
    donors = Donors(site.a, site.nodes.simulator_url)
    try:
        given = donors.give(plans(60, random.Random(7)))
        donors.wait_begun(60)
        references = [one.result() for one in given]
    finally:
        donors.close()
    target: Any = site.nodes
    books.everything_arrives(target)
    books.each_acknowledged_event_is_handled_once(target)
    books.each_paid_gift_is_settled_once(target, references)
    books.the_ledger_balances(target)
    said = site.primary.ask(
        "SELECT count(*) FROM pg_prepared_statements UNION ALL SELECT count(*) FROM pg_cursors"
    )
    assert said == [(0,), (0,)]


def test_kept_sums_are_made_again_past_pgbouncer_under_a_lock_that_holds(site: Site) -> None:
    said = site.shell(
        "from api.services.summaries import summaries_rebuild, summaries_check\n"
        "summaries_rebuild(); print(summaries_check())"
    )
    assert said.strip().endswith("[]")
    assert site.primary.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]


def test_a_session_and_a_lock_out_of_one_node_hold_on_the_other(
    site: Site, app: httpx.Client
) -> None:
    assert app.get(f"{site.b}/api/auth/me/").json()["email"] == STAFF
    wrong = {"email": "amina@example.org", "password": "wrong"}
    with httpx.Client(timeout=30) as stranger:
        answers = [stranger.post(f"{site.a}/api/auth/sign-in/", json=wrong) for _ in range(7)]
        assert answers[-1].status_code == 429, answers[-1].text
        assert stranger.post(f"{site.b}/api/auth/sign-in/", json=wrong).status_code == 429


def test_a_report_is_read_from_the_replica_and_lies_in_s3_for_nobody_else(
    site: Site, app: httpx.Client
) -> None:
    reports = app.get(f"{site.a}/api/staff/reports/").json()
    names = [one["name"] for one in (reports["results"] if isinstance(reports, dict) else reports)]
    before = site.answered_by_replica("api_")
    asked = {"report": names[0], "format": "xlsx", "parameters": {}}
    run = app.post(f"{site.a}/api/staff/report-runs/", json=asked)
    assert run.status_code == 202, run.text
    state = f"{site.b}/api/staff/report-runs/{run.json()['reference']}/"
    assert until(lambda: app.get(state).json()["state"] == "ready"), site.said("worker")
    assert site.answered_by_replica("api_") > before
    file = app.get(f"{state}file/")
    assert file.status_code == 200 and file.content[:2] == b"PK"
    [(kept,)] = site.primary.ask("SELECT stored_as FROM api_reportrun WHERE state = 'ready'")
    address = f"http://127.0.0.1:{site.s3_ports[0]}/{BUCKET}/{kept}"
    assert httpx.get(address).status_code == 403
    assert not list((site.folder / "product" / "files").rglob("*/*"))
    site.primary.ask("UPDATE api_reportrun SET expires_at = now() - interval '1 minute'")
    site.shell("from api.services.report_runs import runs_expire; runs_expire()")
    assert app.get(f"{state}file/").status_code == 409


def newest(site: Site, app: httpx.Client, node: str) -> str:
    """The reference of the newest gift, as the table of gifts says."""
    answer = app.get(f"{node}/api/staff/donations/")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["results"][0]["reference"])


def begin_gift(site: Site) -> str:
    """Ben begins a gift."""
    from tests.people import gift

    answer = httpx.post(f"{site.a}/api/stripe/payment-intent/", json=gift(), timeout=30)
    return str(answer.json()["reference"])


def test_own_writes_are_seen_at_once_though_a_replica_answers(
    site: Site, app: httpx.Client
) -> None:
    before = site.answered_by_replica("api_donation")
    for _ in range(20):
        assert begin_gift(site) == newest(site, app, site.b)
    assert site.answered_by_replica("api_donation") >= before + 20


def test_a_replica_that_lags_is_not_waited_for_long(site: Site, app: httpx.Client) -> None:
    site.replica.ask("SELECT pg_wal_replay_pause()")
    try:
        wanted = begin_gift(site)
        begun = time.monotonic()
        assert newest(site, app, site.b) == wanted
        print(f"a page while the replica lags: {time.monotonic() - begun:.2f} s")
        assert time.monotonic() - begun < 3
    finally:
        site.replica.ask("SELECT pg_wal_replay_resume()")


def test_a_replica_that_is_away_is_left_alone_and_used_again_when_it_is_back(
    site: Site, app: httpx.Client
) -> None:
    site.replica.stop("immediate")
    begun = time.monotonic()
    assert begin_gift(site) == newest(site, app, site.a)
    first = time.monotonic() - begun
    begun = time.monotonic()
    assert begin_gift(site) == newest(site, app, site.a)
    print(f"pages without the replica: {first:.2f} s, then {time.monotonic() - begun:.2f} s")
    assert first < 6
    site.replica.start()
    before = site.answered_by_replica("api_donation")

    def is_used() -> bool:
        return begin_gift(site) == newest(site, app, site.a) and (
            site.answered_by_replica("api_donation") > before
        )

    assert until(is_used)


def test_a_table_is_taken_away_as_csv_through_pgbouncer_and_replica(
    site: Site, app: httpx.Client
) -> None:
    said = site.shell(
        "from api.services.replicas import from_replica, reading\n"
        "from api.models import Donation\n"
        "with from_replica(): print(reading().alias, Donation.objects.count())\n"
        "print(Donation.objects.count())"
    ).split()
    assert said[0] == "replica" and said[1] == said[2]
