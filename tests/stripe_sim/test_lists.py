"""Lists and the list of events: what a gap detector relies on."""

import time

import pytest
import stripe

from tests.stripe_sim.conftest import Inbox, Sim, paid

START = 1_700_000_000


def test_a_page_of_many_holds_exactly_what_was_asked_for(quiet: Sim) -> None:
    client = quiet.client()
    quiet.control("bulk", count=1000, created=START, step=10, events=True)
    window = {"created": {"gte": START + 1000, "lt": START + 2000}, "limit": 30}
    rows = list(client.v1.balance_transactions.list(window).auto_paging_iter())  # type: ignore[arg-type]
    assert [row.created for row in rows] == list(range(START + 1990, START + 999, -10))
    assert len({row.id for row in rows}) == 100
    backwards = client.v1.balance_transactions.list(
        {**window, "ending_before": rows[50].id}  # type: ignore[typeddict-item]
    )
    assert [row.id for row in backwards.data] == [row.id for row in rows[20:50]]
    assert backwards.has_more
    begun = time.perf_counter()
    client.v1.balance_transactions.list({"limit": 100, "type": "charge"})
    assert time.perf_counter() - begun < 1


def test_events_are_found_by_type_by_time_and_by_delivery(
    sim: Sim, inbox: Inbox, client: stripe.StripeClient
) -> None:
    sim.control("faults", rules=[{"kind": "drop", "match": "payment_intent.succeeded"}])
    intent = paid(client, "pm_card_visa")
    inbox.wait("charge.succeeded")
    types = ["payment_intent.succeeded", "charge.succeeded"]
    found = client.v1.events.list({"types": types}).data
    assert [event.type for event in found] == types
    undelivered = [event.type for event in client.v1.events.list({"delivery_success": False}).data]
    assert "payment_intent.succeeded" in undelivered
    delivered = client.v1.events.list({"delivery_success": True, "types": types}).data
    assert [event.type for event in delivered] == ["charge.succeeded"]
    later = client.v1.events.list({"created": {"gt": intent.created + 3600}})
    assert later.data == []
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.events.list({"starting_after": "evt_unknown"})


def test_an_event_tells_the_request_that_made_it(quiet: Sim) -> None:
    client = quiet.client()
    client.v1.customers.create({"name": "Ben"}, {"idempotency_key": "ben-made"})
    event = client.v1.events.list({"type": "customer.created"}).data[0]
    assert event.request is not None
    assert event.request.idempotency_key == "ben-made"
