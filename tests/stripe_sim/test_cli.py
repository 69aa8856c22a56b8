"""The real Stripe CLI against a simulator of the test's own: what it triggers is delivered, signed."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from tests.environment import ROOT
from tests.stripe_sim.conftest import Inbox, Sim
from tests.stripe_sim.triggers import TRIGGERS

# The CLI refuses keys under 12 characters.
KEY = "sk_test_simulator"
MODULES = ROOT / "tools/node_modules/@stripe"


def binary() -> str:
    """STRIPE_CLI, else the one that npm brought; none is a failure, never a skip."""
    given = os.environ.get("STRIPE_CLI", "")
    found = [given] if given else [str(path) for path in MODULES.glob("cli-*/bin/stripe")]
    assert found, f"No Stripe CLI in {MODULES}: run `make setup`, or set STRIPE_CLI to its path."
    return found[0]


def environment(home: Path) -> dict[str, str]:
    """A home of the CLI's own, and nothing told to anybody."""
    own = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}
    return os.environ | own


@pytest.fixture(scope="module")
def told() -> Iterator[Inbox]:
    """Where the simulator of all triggers delivers."""
    inbox = Inbox()
    yield inbox
    inbox.server.shutdown()
    inbox.server.server_close()


@pytest.fixture(scope="module")
def shared(told: Inbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    """One simulator for all triggers: a start for each would cost more than they do."""
    sim = Sim(tmp_path_factory.mktemp("triggers"), told.url)
    yield sim
    sim.kill()


@pytest.mark.parametrize("kind", TRIGGERS)
def test_a_trigger_succeeds_and_its_event_is_delivered(
    kind: str, shared: Sim, told: Inbox, tmp_path: Path
) -> None:
    before = [event.id for event in shared.client().v1.events.list({"type": kind}).data]
    arguments = ["trigger", kind, "--api-base", shared.url, "--api-key", KEY]
    done = subprocess.run(
        [binary(), *arguments],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    newest = shared.client().v1.events.list({"type": kind, "limit": 1}).data[0]
    assert newest.id not in before
    assert told.wait(kind, event_id=newest.id).type == kind


def test_listen_forwards_signed_events(
    sim: Sim, client: stripe.StripeClient, tmp_path: Path
) -> None:
    forwarded = Inbox()
    arguments = ["listen", "--all-snapshot", "--forward-to", forwarded.url]
    arguments += ["--api-base", sim.url, "--api-key", KEY]
    process = subprocess.Popen(
        [binary(), *arguments], env=environment(tmp_path), stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        # Ends without "Ready!" when the CLI ends: the assert then says so.
        assert any("Ready!" in line for line in process.stderr)
        client.v1.payment_intents.create(
            {"amount": 500, "currency": "gbp", "confirm": True, "payment_method": "pm_card_visa"}
        )
        assert forwarded.wait("payment_intent.succeeded").type == "payment_intent.succeeded"
    finally:
        process.terminate()
        process.communicate(timeout=10)
        forwarded.server.shutdown()
        forwarded.server.server_close()
