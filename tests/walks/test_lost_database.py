"""PostgreSQL goes away while the worker is in the middle of an event."""

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import stripe
from django.db import OperationalError, connection, transaction

from api.models import Donation, DonationStatus, WebhookEvent, WebhookStatus
from api.services.inbox import events_process
from tests.clients import Client
from tests.conftest import until
from tests.people import gift
from tests.walks.tools import deliver, events_of, settled_once, start, work

pytestmark = pytest.mark.django_db(transaction=True)
WAITERS = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"


def test_a_connection_lost_in_the_middle_of_an_event_costs_it_no_attempt_and_is_said_so(
    client: Client, sdk: stripe.StripeClient, pay: Callable[..., Any]
) -> None:
    started = start(client, gift())
    intent_id = pay(started).id
    paid = next(
        event
        for event in events_of(sdk)
        if event["type"] == "payment_intent.succeeded"
        and event["data"]["object"]["id"] == intent_id
    )
    deliver(client, paid)
    raised: list[BaseException] = []
    worker = threading.Thread(target=_process, args=(raised,))
    with transaction.atomic():
        Donation.objects.select_for_update().get(reference=started["reference"])
        worker.start()
        _terminate_the_waiting_one()
        worker.join()
    assert [type(error) for error in raised] == [OperationalError]
    event = WebhookEvent.objects.get(stripe_event_id=paid["id"])
    assert (event.status, event.attempts, event.error) == (WebhookStatus.WAITING, 0, "")
    assert Donation.objects.get().status == DonationStatus.CREATED
    work()
    settled_once(Donation.objects.get())


def _process(raised: list[BaseException]) -> None:
    try:
        events_process()
    except Exception as error:
        raised.append(error)
    finally:
        connection.close()


def _terminate_the_waiting_one() -> None:
    """End the server's side of the connection that waits for our lock, as a crash does."""
    parameters = connection.get_connection_params()
    parameters = {
        name: parameters[name] for name in ("dbname", "user", "host") if name in parameters
    }
    with psycopg.connect(**parameters, autocommit=True) as other:
        found: list[Any] = []

        def is_waiting() -> bool:
            found[:] = other.execute(WAITERS, [parameters["dbname"]]).fetchall()
            return bool(found)

        assert until(is_waiting)
        other.execute("SELECT pg_terminate_backend(%s)", found[0])
