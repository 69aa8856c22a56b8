"""Faults on order: lost, doubled, late and overtaken deliveries, and answers that fail or never come."""

import time

import pytest
import stripe

from tests.stripe_sim.conftest import Inbox, Sim, paid


def customers(client: stripe.StripeClient, count: int) -> list[str]:
    """Some customers; returns the ids of their events, oldest first."""
    for number in range(count):
        client.v1.customers.create({"name": str(number)})
    events = client.v1.events.list({"type": "customer.created", "limit": 100}).data
    return [event.id for event in events][:count][::-1]


def test_the_same_seed_drops_and_doubles_the_same_deliveries(
    sim: Sim, inbox: Inbox, client: stripe.StripeClient
) -> None:
    rules = [{"kind": "drop", "rate": 0.3}, {"kind": "duplicate", "rate": 0.3}]
    runs = []
    for _ in range(2):
        sim.control("faults", seed=7, rules=rules)
        made = customers(client, 12)
        sim.control("faults", rules=[])
        last = customers(client, 1)[0]
        inbox.wait("customer.created", event_id=last)
        inbox.settle()
        runs.append([inbox.ids().count(event) for event in made])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {0, 1, 2}


def test_a_reordered_delivery_comes_after_the_next(
    sim: Sim, inbox: Inbox, client: stripe.StripeClient
) -> None:
    sim.control("faults", rules=[{"kind": "reorder", "times": 1}])
    first, second = customers(client, 2)
    inbox.wait("customer.created", event_id=first)
    assert inbox.ids() == [second, first]


def test_paced_answers_of_one_list_come_no_faster_than_ordered(
    sim: Sim, client: stripe.StripeClient
) -> None:
    sim.control("faults", rules=[{"kind": "pace", "match": "GET *", "seconds": 0.1}])
    began = time.monotonic()
    for _ in range(4):
        client.v1.charges.list()
    spent = time.monotonic() - began
    assert spent >= 0.3
    # Another list has its own turns.
    began = time.monotonic()
    client.v1.refunds.list()
    assert time.monotonic() - began < spent
    sim.control("faults", rules=[])


def test_an_ordered_error_changes_nothing_and_the_same_key_works_afterwards(
    sim: Sim, client: stripe.StripeClient
) -> None:
    sim.control("faults", rules=[{"kind": "error", "match": "POST refunds", "times": 1}])
    intent = paid(client, "pm_card_visa")
    asked: stripe.params.RefundCreateParams = {"payment_intent": intent.id}
    with pytest.raises(stripe.APIError):
        client.v1.refunds.create(asked, {"idempotency_key": "ben"})
    assert client.v1.refunds.list().data == []
    client.v1.refunds.create(asked, {"idempotency_key": "ben"})
    assert len(client.v1.refunds.list().data) == 1


def test_an_answer_that_never_comes_hides_a_deed_that_was_done(
    sim: Sim, client: stripe.StripeClient
) -> None:
    intent = paid(client, "pm_card_visa")
    hurried = stripe.StripeClient(
        "sk_test_any",
        base_addresses={"api": sim.url},
        max_network_retries=0,
        http_client=stripe.HTTPXClient(timeout=2, allow_sync_methods=True),
    )
    sim.control("faults", rules=[{"kind": "timeout_after_commit", "match": "POST *", "times": 1}])
    asked: stripe.params.RefundCreateParams = {"payment_intent": intent.id}
    with pytest.raises(stripe.APIConnectionError):
        hurried.v1.refunds.create(asked, {"idempotency_key": "once"})
    again = client.v1.refunds.create(asked, {"idempotency_key": "once"})
    assert [refund.id for refund in client.v1.refunds.list().data] == [again.id]
