"""What the log says: one id from the delivery to the receipt, and nothing about whom."""

import gzip
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import stripe
from django.conf import settings
from django.db import IntegrityError, transaction

from api.errors import StripeRefused
from api.logs import json_formatter, masked
from api.models import Donor, WebhookEvent
from api.services.funds import funds_seed
from api.services.gateways.mail import MailError
from api.services.gateways.stripe_asking import ask
from stripe_sim.delivery import signature
from tests.clients import Client
from tests.environment import ROOT
from tests.people import gift
from tests.walks.tools import events_of, start, work

CANARIES = {
    "name": "Zebulon Quixotewhistle",
    "email": "zebulon.canary@quixote-mail.org",
    "phone": "+447700900481",
    "line1": "99 Canary Wharf Lane",
    "city": "Canaryborough",
    "postcode": "ZZ9 9QX",
}
MESSAGE = "In memory of Percival Canarywood"
WORDS = [*CANARIES.values(), MESSAGE, "Quixotewhistle", "Canarywood", "zebulon.canary"]
REQUEST_ID = "canary-request-0001"
_FAULT = """
import django, os
django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
answer = client.post("/api/stripe/payment-intent/", os.environ["BODY"], content_type="application/json",
    headers={"X-Request-ID": "canary-request-0002", "Authorization": "Bearer canary-token-123"},
    query_params={"email": "zebulon.canary@quixote-mail.org"})
assert answer.status_code >= 500, answer.status_code
import logging, sentry_sdk
logging.getLogger("library").error("Zebulon Quixotewhistle could not be written to")
try:
    raise ValueError("Zebulon Quixotewhistle, ZZ9 9QX")
except ValueError:
    logging.getLogger("api").exception("Percival Canarywood")
sentry_sdk.flush(10)
"""


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line as it is written, by the formatter of the product."""
    written: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Keeping()
    handler.setFormatter(json_formatter())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def told(simulator: str, no_jobs: None) -> Callable[[Client], str]:
    """A gift of the canary, paid, told by Stripe and thanked for; returns its reference."""
    funds_seed()
    httpx.post(f"{simulator}/_sim/reset", json={}).raise_for_status()

    def tell(client: Client) -> str:
        started = start(client, gift(donor=CANARIES, message=MESSAGE))
        sdk = stripe.StripeClient(
            "sk_test_walk",
            base_addresses={"api": simulator},
            stripe_version=settings.STRIPE_API_VERSION,
        )
        intent = started["client_secret"].split("_secret_")[0]
        asked: Any = {"payment_method": "pm_card_visa", "return_url": "http://localhost:3000/"}
        sdk.v1.payment_intents.confirm(intent, asked)
        for event in events_of(sdk):
            body = json.dumps(event).encode()
            signed = signature(body, settings.STRIPE_WEBHOOK_SECRETS[0])
            answer = client.post(
                "/api/stripe/webhook/",
                body,
                content_type="application/json",
                headers={"Stripe-Signature": signed, "X-Request-ID": REQUEST_ID},
            )
            assert answer.headers["X-Request-ID"] == REQUEST_ID
        work()
        return str(started["reference"])

    return tell


@pytest.mark.django_db(transaction=True)
def test_a_gift_leaves_no_word_about_its_donor_in_the_log(
    lines: list[str], told: Callable[[Client], str]
) -> None:
    client = Client()
    told(client)
    # What goes wrong says more than what goes right: a refused form, and PostgreSQL's own error.
    client.post("/api/stripe/payment-intent/", {"donor": CANARIES}, content_type="application/json")
    donor = Donor.objects.get(email=CANARIES["email"])
    try:
        with transaction.atomic():
            Donor.objects.create(pk=donor.pk, name=CANARIES["name"], email=CANARIES["email"])
    except IntegrityError:
        logging.getLogger("api").exception("donor_failed")
    text = "\n".join(lines)
    assert "donor_failed" in text and "IntegrityError" in text
    assert [word for word in WORDS if word in text] == []
    for secret in (settings.SECRET_KEY, *settings.JWT_SECRET_KEYS, "_secret_", "whsec_1"):
        assert secret not in text


@pytest.mark.django_db(transaction=True)
def test_one_id_leads_from_the_delivery_to_the_receipt(
    lines: list[str], told: Callable[[Client], str]
) -> None:
    told(Client())
    jobs = [json.loads(line) for line in lines if '"job_done"' in line]
    (receipt,) = [job for job in jobs if job["job"] == "receipt_email"]
    assert receipt["request_id"] == REQUEST_ID
    # Whichever of the payment's events was first: it names the delivery that it came with.
    event = WebhookEvent.objects.get(stripe_event_id=receipt["stripe_event"])
    assert event.request_id == REQUEST_ID
    assert {kept.request_id for kept in WebhookEvent.objects.all()} == {REQUEST_ID}


def test_rows_that_postgresql_quotes_are_masked() -> None:
    said = (
        "ERROR: null value\nDETAIL:  Failing row contains (7, Zebulon, ZZ9 9QX).\nCONTEXT:  COPY x"
    )
    assert masked(said) == "ERROR: null value\nDETAIL: ***\nCONTEXT: ***"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            """relation "x" does not exist\nLINE 1: SELECT * FROM x WHERE name = 'Zebulon'\n  ^""",
            """relation "x" does not exist\nLINE 1: ***\n  ^""",
        ),
        (
            'invalid input syntax for type integer: "Zebulon"',
            "invalid input syntax for type integer: ***",
        ),
        ("Not Found: /giving/stop/eyJhbGciOi:abc/", "Not Found: /giving/***"),
        (
            "see https://give.example.org/my-giving/plan/abc:def",
            "see https://give.example.org/my-giving/***",
        ),
        (
            'File "/srv/api/templates/giving/stop.html", line 2',
            'File "/srv/api/templates/giving/stop.html", line 2',
        ),
        (
            "Max retries with url: /v1/customers?email=zeb (Caused",
            "Max retries with url: /v1/customers?*** (Caused",
        ),
        ('"GET /admin/donors/?q=Zebulon HTTP/1.1"', '"GET /admin/donors/?*** HTTP/1.1"'),
        ("Is it so? No, a/b?c is fine: 1/2?3", "Is it so? No, a/b?c is fine: 1/2?3"),
    ],
)
def test_keys_searches_and_what_postgresql_quotes_are_masked(said: str, told: str) -> None:
    assert masked(said) == told


@pytest.mark.django_db(transaction=True)
def test_what_stripe_and_mail_servers_answer_names_nobody_in_the_log(lines: list[str]) -> None:
    def refused() -> None:
        raise stripe.InvalidRequestError(f"Invalid email address: {CANARIES['email']}", "email")

    with pytest.raises(StripeRefused):
        ask(refused)
    with pytest.raises(MailError) as told:
        raise MailError(
            f"The mail server refused the donor's address (550 <{CANARIES['email']}> is nobody)",
            is_temporary=False,
        )
    logging.getLogger("procrastinate").error("job failed", exc_info=told.value)
    client = Client(raise_request_exception=False)
    client.get(f"/giving/stop/{CANARIES['city']}:key/", {"email": CANARIES["email"]})
    client.get("/admin/donors/", {"q": CANARIES["name"]})
    text = "\n".join(lines)
    assert "stripe_refused" in text and "is nobody" in text and "Not Found" in text
    assert [word for word in WORDS if word in text] == []


@pytest.fixture
def sink() -> Iterator[tuple[str, list[bytes]]]:
    """A stand-in for Sentry that keeps what it is sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_packed = self.headers.get("Content-Encoding") == "gzip"
            bodies.append(gzip.decompress(body) if is_packed else body)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True)
        thread.start()
        yield f"http://key@127.0.0.1:{server.server_address[1]}/7", bodies
        server.shutdown()


def test_sentry_hears_what_broke_and_nothing_about_whom(sink: tuple[str, list[bytes]]) -> None:
    dsn, bodies = sink
    done = subprocess.run(
        [sys.executable, "-c", _FAULT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        env={
            **os.environ,
            "SENTRY_DSN": dsn,
            "DEBUG": "False",
            "EMAIL_HOST": "localhost",
            "ALLOWED_HOSTS": "testserver",
            # No database: the request breaks in the middle of a gift.
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/domaap_db?pool_size=0",
            "BODY": json.dumps(gift(donor=CANARIES, message=MESSAGE)),
        },
    )
    assert done.returncode == 0, done.stderr
    text = b"\n".join(bodies).decode()
    assert "OperationalError" in text and "ValueError" in text
    assert "canary-request-0002" in text  # The way to our own log.
    others = ["canary-token-123", "Okafor", "donor_email", '"vars"', '"cookies"', '"query_string"']
    assert [word for word in [*WORDS, *others] if word in text] == []
