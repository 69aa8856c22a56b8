"""Keys, versions, lists, errors, deliveries and the journal."""

import os
import subprocess
import sys
import threading

import httpx
import pytest
import stripe

from tests.environment import ROOT
from tests.stripe_sim.conftest import Inbox, Sim


def test_any_secret_test_key_is_let_in_and_no_other(sim: Sim) -> None:
    with pytest.raises(stripe.AuthenticationError):
        sim.client("sk_live_no").v1.customers.list()
    assert sim.client("sk_test_whatever").v1.customers.list().data == []
    assert httpx.get(sim.url + "/v1/customers", auth=("sk_test_basic", "")).status_code == 200


def test_payment_method_types_are_refused_by_the_pinned_version_only(sim: Sim) -> None:
    form = {"amount": "500", "currency": "gbp", "payment_method_types[0]": "card"}
    headers = {"Authorization": "Bearer sk_test_x"}
    address = sim.url + "/v1/payment_intents"
    assert httpx.post(address, data=form, headers=headers).status_code == 200
    pinned = headers | {"Stripe-Version": "2026-10-28.endive"}
    answer = httpx.post(address, data=form, headers=pinned)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "payment_method_types_no_longer_supported"
    assert answer.headers["Request-Id"].startswith("req_")


def test_lists_page_both_ways_and_metadata_is_merged(client: stripe.StripeClient) -> None:
    made = [client.v1.customers.create({"name": str(n)}).id for n in range(5)]
    first = client.v1.customers.list({"limit": 2})
    assert ([c.id for c in first.data], first.has_more) == ([made[4], made[3]], True)
    back = client.v1.customers.list({"limit": 2, "ending_before": made[0]})
    assert ([c.id for c in back.data], back.has_more) == ([made[2], made[1]], True)
    assert [c.id for c in client.v1.customers.list({"limit": 2}).auto_paging_iter()] == made[::-1]
    client.v1.customers.update(made[0], {"metadata": {"a": "1", "b": "2"}})
    after = client.v1.customers.update(made[0], {"metadata": {"a": "", "c": "3"}})
    assert after.metadata is not None
    assert after.metadata.to_dict() == {"b": "2", "c": "3"}


def test_events_are_signed_and_retried_until_taken(
    sim: Sim, inbox: Inbox, client: stripe.StripeClient
) -> None:
    inbox.refuse = 1
    client.v1.customers.create({"name": "Ben"})
    event = inbox.wait("customer.created")
    assert (event.api_version, inbox.attempts) == ("2026-10-28.endive", 2)


def test_switched_off_webhooks_deliver_nothing(
    sim: Sim, inbox: Inbox, client: stripe.StripeClient
) -> None:
    httpx.post(sim.url + "/_sim/webhooks", json={"enabled": False})
    client.v1.customers.create({"name": "Ben"})
    httpx.post(sim.url + "/_sim/webhooks", json={"enabled": True})
    client.v1.products.create({"name": "Fund"})
    client.v1.payment_intents.create({"amount": 500, "currency": "gbp"})
    inbox.wait("payment_intent.created")
    assert all(b"customer.created" not in body for body, _ in inbox.taken)


def test_kill_9_loses_nothing_that_was_answered_and_revives_nothing_deleted(
    sim: Sim, client: stripe.StripeClient
) -> None:
    kept = client.v1.customers.create({"name": "Amina"}, {"idempotency_key": "amina"})
    gone = client.v1.customers.create({"name": "Chen"})
    client.v1.customers.delete(gone.id)
    sim.kill()
    sim.start()
    assert [row.id for row in client.v1.customers.list().data] == [kept.id]
    again = client.v1.customers.create({"name": "Amina"}, {"idempotency_key": "amina"})
    assert again.id == kept.id


def test_kill_9_in_the_middle_of_requests_keeps_each_that_was_answered(sim: Sim) -> None:
    answered: list[str] = []
    many = threading.Event()

    def create_until_killed() -> None:
        client = sim.client()
        with pytest.raises(stripe.APIConnectionError):
            while True:
                answered.append(client.v1.customers.create({"name": "Ben"}).id)
                if len(answered) >= 40:
                    many.set()

    threads = [threading.Thread(target=create_until_killed) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert many.wait(30)
    sim.kill()
    for thread in threads:
        thread.join()
    sim.start()
    kept = [row.id for row in sim.client().v1.customers.list({"limit": 100}).auto_paging_iter()]
    assert set(answered) <= set(kept)
    assert len(kept) <= len(answered) + len(threads), "at most the ones under way came on top"


@pytest.mark.parametrize(
    "wrong", [{"DOMAAP_ENV": "production"}, {"STRIPE_SECRET_KEY": "sk_live_x"}]
)
def test_it_refuses_to_start_in_production(wrong: dict[str, str]) -> None:
    command = [sys.executable, "-m", "stripe_sim", "--port", "1"]
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ | wrong, capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 1
    assert "never runs in production" in ended.stderr
