"""What the simulator says and takes is held to Stripe's own types, and a breach fails the test that met it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe
from django.test import override_settings

from api.errors import StripeUnavailable
from api.services.gateways import stripe as gateway
from api.services.gateways import stripe_customers
from stripe_sim.routes import DEEDS, KINDS
from stripe_sim.schemas import OWN, Schemas, SchemaViolation
from tests.environment import VIOLATIONS
from tests.stripe_sim.conftest import Inbox, Sim
from tools.places import STRIPE_SCHEMAS

PINNED = {"Authorization": "Bearer sk_test_x", "Stripe-Version": "2026-10-28.endive"}
AMINA: dict[str, Any] = {
    "name": "Amina",
    "email": "amina@example.org",
    "address": {"line1": "1 High Street", "country": "GB"},
    "shipping": {"name": "Amina", "address": {"line1": "1 High Street"}},
    "metadata": {"object": "no_object_of_stripe"},
}


@dataclass
class Wrong:
    """A simulator whose breaches are this test's own business, and where it writes them."""

    sim: Sim
    state: Path
    breaches: Path


@pytest.fixture
def wrong(tmp_path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wrong]:
    """Apart from the file that must stay empty, so that a breach can be made on purpose."""
    breaches, state = tmp_path / "breaches.txt", tmp_path / "state"
    monkeypatch.setenv("STRIPE_SIM_VIOLATIONS", str(breaches))
    found = Wrong(Sim(state, inbox.url), state, breaches)
    yield found
    found.sim.kill()


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    """Stripe's, read once."""
    return Schemas(STRIPE_SCHEMAS)


@pytest.mark.parametrize("kind", sorted({*KINDS.values()}))
def test_each_kind_of_object_has_a_schema(schemas: Schemas, kind: str) -> None:
    name = {"test_clock": "test_helpers.test_clock"}.get(kind, kind)
    assert schemas.objects[name]["additionalProperties"] is False
    assert "id" in schemas.objects[name]["required"] or kind == "event"


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in DEEDS])
def test_each_address_is_one_of_stripes(schemas: Schemas, method: str, path: str) -> None:
    address = path.replace(":id", "some_1")
    assert OWN.fullmatch(address) or schemas.route(method, address), address


def test_an_answer_is_held_to_its_types(sim: Sim, schemas: Schemas) -> None:
    made = httpx.post(f"{sim.url}/v1/customers", data={"name": "Ben"}, headers=PINNED).json()
    schemas.answer_check("GET", f"customers/{made['id']}", 200, made)
    breaches: list[tuple[dict[str, Any], str]] = [
        ({**made, "created": "yesterday"}, "/created"),
        ({**made, "balance": 0.5}, "/balance"),
        ({**made, "nickname": "Benny"}, "nickname"),
        ({**made, "tax_exempt": "perhaps"}, "/tax_exempt"),
        ({**made, "object": "donor"}, "anyOf"),
        ({name: value for name, value in made.items() if name != "created"}, "created"),
        ({"object": "list", "data": [made], "has_more": False, "url": ""}, "anyOf"),
    ]
    for body, words in breaches:
        with pytest.raises(SchemaViolation, match=words):
            schemas.answer_check("GET", f"customers/{made['id']}", 200, body)
    with pytest.raises(SchemaViolation, match="no such address"):
        schemas.answer_check("GET", "donors", 200, made)
    with pytest.raises(SchemaViolation, match="no object called donor"):
        schemas.event_check({"type": "donor.created", "object": "donor"})


def test_an_event_is_held_to_its_type_and_its_object(
    client: stripe.StripeClient, inbox: Inbox, schemas: Schemas
) -> None:
    customer = client.v1.customers.create({"name": "Ben"})
    client.v1.customers.update(customer.id, {"name": "Benjamin"})
    event = inbox.wait("customer.updated").to_dict()
    schemas.event_check(event)
    breaches = [
        ({**event, "type": "customer.improved"}, "/type"),
        ({**event, "type": "charge.succeeded"}, "/data/object"),
        ({**event, "data": {**event["data"], "previous_attributes": {"age": 1}}}, "age"),
    ]
    for body, words in breaches:
        with pytest.raises(SchemaViolation, match=words):
            schemas.event_check(body)


def test_a_wrong_answer_is_a_500_and_is_written_down(wrong: Wrong) -> None:
    made = wrong.sim.client().v1.customers.create({"name": "Ben"})
    wrong.sim.kill()
    broken = {**made.to_dict(), "created": "yesterday"}
    with (wrong.state / "journal.jsonl").open("a") as journal:
        journal.write(json.dumps(["customer", broken]) + "\n")
    wrong.sim.start()
    answer = httpx.get(f"{wrong.sim.url}/v1/customers/{made.id}", headers=PINNED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "schema_violation")
    assert "/created" in wrong.breaches.read_text()
    assert VIOLATIONS.read_text() == ""


def test_a_parameter_that_stripe_does_not_know_is_a_500_and_is_written_down(wrong: Wrong) -> None:
    address = f"{wrong.sim.url}/v1/customers"
    answer = httpx.post(address, data={"nickname": "Benny"}, headers=PINNED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "schema_violation")
    assert "nickname" in wrong.breaches.read_text()


def test_the_stripe_cli_which_names_no_version_may_ask_in_older_words(sim: Sim) -> None:
    asked, key = {"nickname": "Benny"}, {"Authorization": PINNED["Authorization"]}
    assert httpx.post(f"{sim.url}/v1/customers", data=asked, headers=key).status_code == 200


def test_a_wrong_request_of_our_gateway_is_caught(wrong: Wrong) -> None:
    names: Any = ["Amina", "Ben"]
    with override_settings(STRIPE_API_URL=wrong.sim.url, STRIPE_SECRET_KEY="sk_test_gateway"):
        gateway._client.cache_clear()
        try:
            with pytest.raises(StripeUnavailable):
                stripe_customers.customer_create(key="amina", name=names, email="amina@example.org")
        finally:
            gateway._client.cache_clear()
    assert "POST /v1/customers was asked: /name" in wrong.breaches.read_text()


def test_donors_and_their_cards_are_as_stripe_has_them(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({**AMINA, "payment_method": "pm_card_visa"})
    card: Any = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    billing: Any = {"name": "Amina", "address": {"postal_code": "N1 9GU", "country": "GB"}}
    method = client.v1.payment_methods.create(
        {"type": "card", "card": card, "billing_details": billing}
    )
    client.v1.payment_methods.attach(method.id, {"customer": customer.id})
    updated = client.v1.customers.update(
        customer.id, {"invoice_settings": {"default_payment_method": method.id}}
    )
    assert updated.invoice_settings.default_payment_method == method.id  # type: ignore[union-attr]
    setup = client.v1.setup_intents.create({"customer": customer.id})
    client.v1.setup_intents.confirm(setup.id, {"payment_method": method.id})
    client.v1.setup_intents.cancel(client.v1.setup_intents.create().id)
    assert client.v1.customers.delete(customer.id).deleted is True


def test_the_catalogue_and_endpoints_are_as_stripe_has_them(client: stripe.StripeClient) -> None:
    product = client.v1.products.create({"name": "Where most needed", "description": "Any"})
    assert client.v1.products.update(product.id, {"active": False}).active is False
    price = client.v1.prices.create(
        {
            "currency": "gbp",
            "unit_amount": 1000,
            "product": product.id,
            "recurring": {"interval": "month"},
        }
    )
    assert client.v1.prices.retrieve(price.id, {"expand": ["product"]}).product.id == product.id  # type: ignore[union-attr]
    url = "http://127.0.0.1:9/"
    endpoint = client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["charge.failed"]})
    client.v1.webhook_endpoints.update(endpoint.id, {"description": "Mine"})
    assert client.v1.webhook_endpoints.delete(endpoint.id).deleted is True


def test_payments_and_what_follows_them_are_as_stripe_has_them(
    client: stripe.StripeClient,
) -> None:
    customer = client.v1.customers.create(AMINA)
    asked: Any = {"amount": 2500, "currency": "gbp", "customer": customer.id}
    intent = client.v1.payment_intents.create(asked)
    client.v1.payment_intents.update(intent.id, {"description": "A gift", "amount": 3000})
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "setup_future_usage": "off_session"}
    )
    refund = client.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 500, "reason": "requested_by_customer"}
    )
    client.v1.refunds.retrieve(refund.id, {"expand": ["charge", "balance_transaction"]})
    charge = client.v1.charges.list({"payment_intent": intent.id}).data[0]
    client.v1.charges.update(charge.id, {"description": "A gift", "metadata": {"a": "1"}})
    gone = client.v1.payment_intents.create(asked)
    client.v1.payment_intents.cancel(gone.id, {"cancellation_reason": "abandoned"})
    held = client.v1.payment_intents.create(
        {**asked, "capture_method": "manual", "confirm": True, "payment_method": "pm_card_visa"}
    )
    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 1000})
    sources = [row.source for row in client.v1.balance_transactions.list({"limit": 9}).data]
    assert {charge.id, refund.id} < set(sources)


def test_plans_and_their_invoices_are_as_stripe_has_them(client: stripe.StripeClient) -> None:
    clock = client.v1.test_helpers.test_clocks.create({"frozen_time": 1_800_000_000, "name": "A"})
    customer = client.v1.customers.create(
        {**AMINA, "test_clock": clock.id, "payment_method": "pm_card_visa"}
    )
    product = client.v1.products.create({"name": "Monthly"})
    price: Any = {
        "currency": "gbp",
        "unit_amount": 1000,
        "product": product.id,
        "recurring": {"interval": "month"},
    }
    plan = client.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price_data": price}], "description": "Monthly"}
    )
    client.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": 1_803_000_000})
    client.v1.subscriptions.update(plan.id, {"cancel_at_period_end": True})
    paid = client.v1.invoices.list({"subscription": plan.id, "expand": ["data.payments"]})
    assert [row.status for row in paid.data] == ["paid", "paid"]
    client.v1.subscriptions.retrieve(plan.id, {"expand": ["latest_invoice", "customer"]})
    client.v1.invoice_payments.list({"invoice": paid.data[0].id})
    client.v1.subscriptions.cancel(plan.id)
    client.v1.invoice_items.create({"customer": customer.id, "amount": 500, "currency": "gbp"})
    draft = client.v1.invoices.create(
        {"customer": customer.id, "pending_invoice_items_behavior": "include"}
    )
    client.v1.invoices.finalize_invoice(draft.id)
    client.v1.invoices.void_invoice(draft.id)
    assert client.v1.test_helpers.test_clocks.delete(clock.id).deleted is True
    events = client.v1.events.list({"limit": 100}).auto_paging_iter()
    assert {"invoice.voided", "customer.subscription.deleted"} < {event.type for event in events}
