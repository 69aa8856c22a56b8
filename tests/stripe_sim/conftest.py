"""The simulator as a real process, and Stripe's own SDK to talk to it."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from tests.conftest import wait_for
from tests.environment import ROOT, free_port

SECRET = "whsec_" + "3" * 32


class Sim:
    """One simulator process that can be killed and started again on its journal."""

    def __init__(self, state: Path, webhook_url: str = "") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = ["--port", str(self.port), "--state", str(state)]
        if webhook_url:
            self._arguments += ["--webhook-url", webhook_url, "--webhook-secret", SECRET]
        self.start()

    def start(self) -> None:
        """Up and answering."""
        command = [sys.executable, "-m", "stripe_sim", *self._arguments]
        self.process = subprocess.Popen(command, cwd=ROOT)
        wait_for(self.url + "/_sim/health", self.process)

    def kill(self) -> None:
        """As `kill -9` does."""
        self.process.kill()
        self.process.wait(10)

    def control(self, path: str, **asked: Any) -> dict[str, Any]:
        """Ask /_sim/... for something."""
        answer = httpx.post(f"{self.url}/_sim/{path}", json=asked, timeout=60)
        answer.raise_for_status()
        return dict(answer.json())

    def client(self, key: str = "sk_test_any") -> stripe.StripeClient:
        """Stripe's SDK, pointed here."""
        return stripe.StripeClient(key, base_addresses={"api": self.url}, max_network_retries=0)


class Inbox:
    """A web server that takes deliveries; it answers 500 to the first `refuse` of them."""

    def __init__(self) -> None:
        self.refuse = 0
        self.attempts = 0
        self.taken: list[tuple[bytes, str]] = []
        self.changed = threading.Condition()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(inbox.take(body, self.headers["Stripe-Signature"]))
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Tests need no access log."""

        return Handler

    def take(self, body: bytes, signature: str) -> int:
        """Keep a delivery; returns the HTTP status to answer."""
        with self.changed:
            self.attempts += 1
            if self.attempts <= self.refuse:
                return 500
            self.taken.append((body, signature))
            self.changed.notify_all()
            return 200

    def wait(self, kind: str, seconds: float = 10, *, event_id: str = "") -> stripe.Event:
        """The first delivery of this type (and id), its signature checked."""
        with self.changed:
            self.changed.wait_for(lambda: self._find(kind, event_id) is not None, seconds)
            found = self._find(kind, event_id)
        assert found is not None, f"No {kind} came in {seconds} s."
        return stripe.Webhook.construct_event(found[0], found[1], SECRET)  # type: ignore[no-untyped-call,no-any-return]

    def _find(self, kind: str, event_id: str) -> tuple[bytes, str] | None:
        wanted = f'"type": "{kind}"'.encode()
        return next(
            (item for item in self.taken if wanted in item[0] and event_id.encode() in item[0]),
            None,
        )

    def settle(self, seconds: float = 0.5) -> None:
        """Until nothing more has come for a while."""
        with self.changed:
            while self.changed.wait(seconds):
                pass

    def ids(self) -> list[str]:
        """The ids of the events in the order they came."""
        with self.changed:
            return [json.loads(body)["id"] for body, _ in self.taken]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """Where the simulator of this test delivers."""
    inbox = Inbox()
    yield inbox
    inbox.server.shutdown()
    inbox.server.server_close()


@pytest.fixture
def sim(tmp_path: Path, inbox: Inbox) -> Iterator[Sim]:
    """A simulator of this test's own."""
    sim = Sim(tmp_path / "state", inbox.url)
    yield sim
    sim.kill()


@pytest.fixture
def client(sim: Sim) -> stripe.StripeClient:
    """Stripe's SDK with a secret test key."""
    return sim.client()


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    """A simulator of this file's own that delivers nothing: what happened is read from /v1/events."""
    sim = Sim(tmp_path_factory.mktemp("sim"))
    yield sim
    sim.kill()


def paid(client: stripe.StripeClient, card: str, **more: Any) -> stripe.PaymentIntent:
    """£25 with a card."""
    return client.v1.payment_intents.create(
        {"amount": 2500, "currency": "gbp", "confirm": True, "payment_method": card, **more}  # type: ignore[typeddict-item]
    )


def told(client: stripe.StripeClient, about: str) -> list[str]:
    """The types of the events about an object, oldest first."""
    events = client.v1.events.list({"limit": 100}).data
    return [event.type for event in events if getattr(event.data.object, "id", None) == about][::-1]
