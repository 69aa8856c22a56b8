"""Fixtures that every test may ask for; the settings of the tests are in environment.py."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
import pytest_django
from django.conf import settings
from django.db import connection

from tests.clients import Client
from tests.environment import ROOT, VIOLATIONS


def _violations_none() -> None:
    """Nothing was said or asked that Stripe would not say or take; what was is told once."""
    found = VIOLATIONS.read_text()
    VIOLATIONS.write_text("")
    assert not found, found


@pytest.fixture(autouse=True, scope="session")
def passwords_quick() -> None:
    """Accounts are made and passwords checked without the work that slows attackers down."""
    settings.PASSWORD_HASHERS = ["tests.hashers.QuickArgon2", *settings.PASSWORD_HASHERS]


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """The tests' database; at the end without those whom it would wait for.

    The worker's threads outlive their test, and each has a connection of its own.
    """
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True, scope="session")
def counts_stay_here() -> None:
    """No thread writes beside a test, nor into a database that is being removed."""
    settings.METRICS_FLUSH_SECONDS = 0


@pytest.fixture(autouse=True, scope="session")
def stripe_schemas_to_the_end() -> Iterator[None]:
    """Also what came after the last test."""
    yield
    _violations_none()


@pytest.fixture(autouse=True)
def stripe_is_asked_again() -> Iterator[None]:
    """A Stripe that was away in one test is not taken to be away in the next."""
    yield
    from api.services.gateways.stripe_asking import outage_forget

    outage_forget()


@pytest.fixture(autouse=True)
def stripe_schemas() -> Iterator[None]:
    """Each test fails on what its simulators said or took against Stripe's schemas."""
    yield
    _violations_none()


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Stripe stand-in as a process; webhooks go nowhere unless a test asks for them."""
    port = os.environ["STRIPE_SIM_PORT"]
    url = f"http://127.0.0.1:{port}"
    state = tmp_path_factory.mktemp("stripe_sim")
    process = subprocess.Popen(
        [sys.executable, "-m", "stripe_sim", "--port", port, "--state", str(state)], cwd=ROOT
    )
    try:
        wait_for(url + "/_sim/health", process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def until(is_true: Callable[[], bool], seconds: float = 50) -> bool:
    """Wait for something to become true; False when it did not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.1)
    return False


def wait_for(url: str, process: "subprocess.Popen[bytes]", seconds: float = 20) -> None:
    """Until the address answers; a process that ended or is late fails the test."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert process.poll() is None, f"the process for {url} ended with {process.returncode}"
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{url} did not answer within {seconds} s")


@pytest.fixture
def client() -> Client:
    """A browser that nobody has signed in with yet."""
    return Client()


@pytest.fixture
def no_jobs(db: None) -> None:
    """An empty queue: Django's flush leaves tables that it does not manage."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
