"""The real Stripe CLI against the simulator: what it triggers reaches us and is handled."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psycopg
import pytest

from embedded.postgres import postgres_url
from embedded.secrets import secrets_read
from tests.environment import ROOT
from tests.stripe_sim.triggers import TRIGGERS
from tools.places import PYTHON
from tools.stripe_cli import stripe_cli_environment, stripe_cli_path

CLUSTER = "postgres-e2e"
KEY = "sk_test_simulator"
SECONDS = 30


def command(*arguments: str) -> list[str]:
    """The CLI pointed at the running simulator."""
    return [stripe_cli_path(), *arguments, "--api-base", os.environ["STRIPE_SIM_URL"]]


def until(is_true: Callable[[], bool]) -> bool:
    """Wait for something to become true; False when it did not in time."""
    deadline = time.monotonic() + SECONDS
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.2)
    return is_true()


def ask(query: str, *values: object) -> list[tuple[object, ...]]:
    """Look into the running product's database."""
    with psycopg.connect(postgres_url(ROOT, cluster=CLUSTER)) as connection:
        return connection.execute(query, values).fetchall()


def last_event() -> int:
    """The newest event in the inbox."""
    return int(str(ask("SELECT coalesce(max(id), 0) FROM api_webhookevent")[0][0]))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The CLI's settings with a home of its own."""
    return stripe_cli_environment(KEY) | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}


@pytest.fixture(scope="module")
def books_wrong() -> Iterator[Callable[[], list[str]]]:
    """What is wrong with the running product's books: a question to a process that stays open."""
    port = os.environ["STRIPE_SIM_URL"].rpartition(":")[2]
    own = {"DATABASE_URL": "", "DOMAAP_CLUSTER": CLUSTER, "STRIPE_SIM_PORT": port, "DEBUG": ""}
    for name in ("SECRET_KEY", "JWT_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"):
        own[name] = secrets_read(ROOT)[name]
    process = subprocess.Popen(
        [str(PYTHON), "-m", "tests.running.books_watch"],
        cwd=ROOT, env={**os.environ, **own}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip

    def ask() -> list[str]:
        assert process.stdin and process.stdout
        process.stdin.write("?\n")
        process.stdin.flush()
        return list(json.loads(process.stdout.readline()))

    yield ask
    process.kill()
    process.wait()


@pytest.mark.parametrize("kind", TRIGGERS)
def test_a_triggered_event_is_handled_without_error_and_leaves_the_books_right(
    kind: str, environment: dict[str, str], books_wrong: Callable[[], list[str]]
) -> None:
    before = last_event()
    done = subprocess.run(
        command("trigger", kind),
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Trigger succeeded" in done.stdout + done.stderr
    of_kind = "SELECT id FROM api_webhookevent WHERE id > %s AND type = %s"
    assert until(lambda: bool(ask(of_kind, before, kind)))
    waiting = "SELECT id FROM api_webhookevent WHERE id > %s AND status = 'waiting' AND error = ''"
    assert until(lambda: not ask(waiting, before))
    wrong = "SELECT type, status, error FROM api_webhookevent WHERE id > %s AND error <> ''"
    assert ask(wrong, before) == []
    assert books_wrong() == []


@pytest.fixture
def listener(environment: dict[str, str], tmp_path: Path) -> Iterator[Path]:
    """`stripe listen`, forwarding to the brief's subscription route; yields the file of its words."""
    target = os.environ["WEB_URL"] + "/api/stripe/subscription-webhook/"
    said = tmp_path / "listen.txt"
    with said.open("w") as output:
        process = _listen(target, environment, output)
        try:
            assert until(lambda: "Ready!" in said.read_text()), said.read_text()
            yield said
        finally:
            process.terminate()
            process.wait(10)


def _listen(target: str, environment: dict[str, str], output: IO[str]) -> "subprocess.Popen[bytes]":
    arguments = command("listen", "--all-snapshot", "--skip-verify", "--forward-to", target)
    return subprocess.Popen(arguments, env=environment, stdout=output, stderr=subprocess.STDOUT)


def test_listen_forwards_what_happens_to_the_briefs_route(
    listener: Path, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        command("trigger", "payment_intent.succeeded"),
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    forwarded = re.compile(r"-->\s+payment_intent\.succeeded")
    assert until(lambda: bool(forwarded.search(listener.read_text()))), listener.read_text()
    answered = re.compile(r"<--\s+\[200\] POST \S*/api/stripe/subscription-webhook/")
    assert until(lambda: bool(answered.search(listener.read_text()))), listener.read_text()
