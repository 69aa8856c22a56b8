"""The brief's own way: Domaap on a PostgreSQL that this machine has anyway, over TCP with a password."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from donor_management.database import database_check
from donor_management.env import SettingError
from embedded.binaries import OLDEST_MAJOR, Binaries, binaries_installed
from embedded.identity import identity_for, identity_own
from tests.conftest import wait_for
from tests.environment import ROOT
from tests.people import BEN, gift
from tests.running.test_admin_sign_in import sign_in
from tools.ports import port_unused
from tools.product import Ports, Product, product_database_start, product_start
from tools.supervise import Supervisor

PASSWORD = "p@ss/w%rd"
QUOTED = "p%40ss%2Fw%25rd"
STAFF = ("dora@example.org", "winter coats 77")
# What a developer types into `manage.py shell`: a gift by the services, then the brief's question.
SHELL = f"""
from api.clock import now
from api.models import DonationKind, DonorModel, LedgerEntry
from api.services.donations import GiftRequest, donation_record, donation_settle
from api.services.donors import DonorDetails
from api.services.payments import Settlement
ben = DonorDetails(**{BEN!r}, address={{"line1": "12 Mill Lane", "postcode": "B10"}})
request = GiftRequest(donor=ben, fund_code="general", **{
    {k: v for k, v in gift().items() if k not in ("donor", "fund")}!r
})
donation, _ = donation_record(request, DonationKind.ONE_OFF)
donation_settle(Settlement(donation_id=donation.pk, amount_minor=2500, currency="GBP",
    payment_intent_id="pi_1", received_at=now(), why="test"))
print([donor.name for donor in DonorModel.objects.filter(postcode='B10')])
print(sorted(LedgerEntry.objects.values_list("amount_minor", flat=True)))
"""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL of the machine's."""

    port: int
    binaries: Binaries

    def url(self, *, user: str = f"domaap_db:{QUOTED}", database: str = "domaap_db") -> str:
        """The brief's names: user and database are both domaap_db."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"


def environment(url: str) -> dict[str, str]:
    """`.env_local` with its database line filled in; this process's own settings stay away."""
    return {**os.environ, "DATABASE_URL": url, "DEBUG": "True"}


def manage(url: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`python manage.py ...` on a database."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment(url) | more, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installed PostgreSQL with a cluster of its own, reached by TCP and password."""
    installed = [binaries for binaries in binaries_installed() if binaries.major >= OLDEST_MAJOR]
    if not installed:
        pytest.skip("no PostgreSQL server is installed (Debian: apt install postgresql)")
    folder = tmp_path_factory.mktemp("postgres")
    found = Server(port_unused(), installed[0])
    control = _cluster_make(found, folder)
    options = f"-p {found.port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off"
    log = str(folder / "data" / "log.txt")
    subprocess.run([*control, "start", "-w", "-l", log, "-o", options], check=True)
    try:
        with psycopg.connect(found.url(user="postgres:root", database="postgres")) as connection:
            connection.autocommit = True
            connection.execute(f"CREATE ROLE domaap_db LOGIN PASSWORD '{PASSWORD}'")
            connection.execute("CREATE DATABASE domaap_db OWNER domaap_db ENCODING 'UTF8'")
        yield found
    finally:
        subprocess.run([*control, "stop", "-w", "-m", "fast"], check=True)


def _cluster_make(found: Server, folder: Path) -> list[str]:
    """Make the cluster; returns pg_ctl for it as a command."""
    identity = identity_for(found.binaries.path("postgres"))
    data, secret = folder / "data", folder / "password"
    data.mkdir(mode=0o700)
    secret.write_text("root\n")
    identity_own(identity, folder)
    form = ["-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
    initdb = [found.binaries.path("initdb"), "-D", str(data), f"--pwfile={secret}", *form]
    subprocess.run([*identity.prefix, *initdb], check=True, capture_output=True)
    return [*identity.prefix, found.binaries.path("pg_ctl"), "-D", str(data)]


@pytest.fixture(scope="module")
def migrated(server: Server) -> str:
    """The address of the database after `manage.py migrate` and `createsuperuser`."""
    done = manage(server.url(), "migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    arguments = ("createsuperuser", "--noinput", "--email", STAFF[0])
    done = manage(server.url(), *arguments, DJANGO_SUPERUSER_PASSWORD=STAFF[1])
    assert done.returncode == 0, done.stderr
    return server.url()


def test_a_gift_by_the_services_answers_the_briefs_question(migrated: str) -> None:
    done = manage(migrated, "shell", "--no-imports", "-c", SHELL)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["['Ben Okafor']", "[-2500, 2500]"]


def test_make_psql_opens_the_same_database(migrated: str) -> None:
    question = "SELECT current_user || ' ' || current_database()"
    done = subprocess.run(
        [sys.executable, "-m", "tools.psql", "-Atc", question],
        cwd=ROOT,
        env=environment(migrated + "?pool_size=4"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == ("domaap_db domaap_db", "")


def test_runserver_answers_and_staff_sign_in(migrated: str) -> None:
    port = port_unused()
    base = f"http://localhost:{port}"
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(migrated), stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(base + "/health/", process)
            assert httpx.get(base + "/health/ready").json() == {"status": "ok"}
            assert httpx.get(base + "/admin/login/").status_code == 200
            assert sign_in(base, *STAFF, is_new=True).status_code == 200
        finally:
            process.terminate()


def test_the_whole_product_runs_on_it(migrated: str, tmp_path: Path) -> None:
    ports = Ports(port_unused(), port_unused(), port_unused())
    product = _product(ports, tmp_path, migrated)
    supervisor = Supervisor(tmp_path / "logs", tmp_path / "lock", is_quiet=True)
    try:
        product_database_start(product)
        product_start(product, supervisor)
        sent = httpx.post(f"{product.site_url}/api/stripe/payment-intent/", json=gift(), timeout=30)
        assert sent.status_code == 201, sent.text
        assert sign_in(product.site_url, *STAFF, is_new=True).status_code == 200
        assert httpx.get(f"{product.site_url}/mailbox/").status_code == 404
    finally:
        supervisor.stop()


def _product(ports: Ports, folder: Path, url: str) -> Product:
    more: Mapping[str, str] = {
        "WEB_PORT": str(ports.web),
        "SITE_PORT": str(ports.site),
        "STRIPE_SIM_PORT": str(ports.simulator),
        "SITE_URL": f"http://localhost:{ports.site}",
        "DATABASE_URL": url,
    }
    return Product(
        ports=ports, folder=folder, cluster="", has_database=False, has_simulator=True,
        environment=more,
    )  # fmt: skip


def refusal(url: str) -> str:
    """The one sentence with which `manage.py migrate` stops."""
    done = manage(url, "migrate")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert QUOTED not in done.stderr and PASSWORD not in done.stderr
    return done.stderr


def test_a_server_that_is_not_there_stops_the_start_with_a_sentence() -> None:
    said = refusal(f"postgresql://domaap_db:{QUOTED}@127.0.0.1:{port_unused()}/domaap_db")
    assert "DATABASE_URL leads to no database" in said and "refused" in said
    assert f"PostgreSQL {OLDEST_MAJOR} or newer" in said


def test_a_wrong_password_or_name_stops_the_start_with_a_sentence(server: Server) -> None:
    assert "password authentication failed" in refusal(server.url(user="domaap_db:wrong"))
    assert '"domaap" does not exist' in refusal(server.url(database="domaap"))
    assert "application_nam" in refusal(server.url() + "?application_nam=x")


def test_a_database_that_cannot_keep_every_letter_is_refused(server: Server) -> None:
    with psycopg.connect(server.url(user="postgres:root", database="postgres")) as connection:
        connection.autocommit = True
        connection.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    assert "it accepts one in UTF8" in refusal(server.url(database="ascii"))


def test_a_server_older_than_django_takes_is_refused(server: Server) -> None:
    major = server.binaries.major
    with pytest.raises(SettingError, match=rf"PostgreSQL {major}: it accepts version {major + 1}"):
        database_check(server.url(), oldest=major + 1)
