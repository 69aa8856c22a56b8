"""A wrong signing secret is told from a stranger who knocks at the webhook's door."""

from datetime import timedelta

import pytest

from api.clock import now
from api.services.doctor import State, doctor_run, webhooks
from api.services.gaps import events_catch_up
from api.services.gateways.stripe_account import endpoint_create
from tests.doctor.conftest import Ground, delivery_refused
from tests.doctor.test_breaks import event, secret_other

pytestmark = pytest.mark.django_db
JUNK = b'{"id": "evt_of_a_stranger", "type": "invoice.paid"}'


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test can't wait for a delivery."""
    monkeypatch.setattr(webhooks, "ON_THE_WAY", timedelta(0))


def state() -> State:
    """What the doctor says of the secret."""
    return next(found.state for found in doctor_run() if found.name == "webhook-secret")


def test_a_stranger_s_delivery_says_nothing_of_the_secret(ground: Ground) -> None:
    delivery_refused(JUNK)
    assert state() == State.OK


def test_nor_while_stripe_does_not_reach_another_system_of_the_charity(ground: Ground) -> None:
    endpoint_create(url="http://127.0.0.1:1/of-another-system/", events=["customer.created"])
    ground.at_stripe("customers", name="Ben")
    events_catch_up()
    delivery_refused(JUNK)
    assert state() == State.OK


def test_a_delivery_that_we_could_verify_clears_the_secret(ground: Ground) -> None:
    secret_other(ground)
    assert state() == State.PROBLEM
    event(stripe_event_id="evt_verified", next_attempt_at=now())
    assert state() == State.OK


def test_where_stripe_listen_alone_brings_events_every_refusal_counts(ground: Ground) -> None:
    ground.settings.ENVIRONMENT = "local"
    ground.settings.SITE_URL = "http://localhost:3000"
    delivery_refused(JUNK)
    assert state() == State.PROBLEM
