"""Stripe's hosted pages: Checkout and the customer portal."""

from typing import Any

import httpx
import pytest
import stripe

from tests.stripe_sim.conftest import Sim, told

GIFT = {"currency": "gbp", "unit_amount": 2500, "product_data": {"name": "Gift"}}
MONTHLY = {**GIFT, "recurring": {"interval": "month"}}
DONE = "http://127.0.0.1/done?session={CHECKOUT_SESSION_ID}"


def opened(client: stripe.StripeClient, mode: str, **more: Any) -> stripe.checkout.Session:
    """A session that waits on Stripe's page."""
    asked = {"mode": mode, "success_url": DONE, **more}
    if mode != "setup":
        price = MONTHLY if mode == "subscription" else GIFT
        asked["line_items"] = [{"price_data": price, "quantity": 1}]
    return client.v1.checkout.sessions.create(asked)  # type: ignore[arg-type]


def fill(session: stripe.checkout.Session, number: str) -> httpx.Response:
    """What the donor types on the page."""
    form = {"number": number, "email": "amina@example.org", "name": "Amina"}
    return httpx.post(str(session.url), data=form)


@pytest.mark.parametrize("mode", ["payment", "subscription", "setup"])
def test_a_completed_page_leads_back_and_tells(quiet: Sim, mode: str) -> None:
    client = quiet.client()
    session = opened(client, mode, metadata={"donation": "7"})
    assert httpx.get(str(session.url)).status_code == 200
    answer = fill(session, "4242424242424242")
    assert answer.headers["location"] == f"http://127.0.0.1/done?session={session.id}"
    after = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    status = "no_payment_required" if mode == "setup" else "paid"
    assert (after.status, after.payment_status, after.url) == ("complete", status, None)
    assert after.customer_details is not None
    assert after.customer_details.email == "amina@example.org"
    assert told(client, session.id) == ["checkout.session.completed"]
    if mode == "subscription":
        plan = client.v1.subscriptions.retrieve(str(after.subscription))
        assert (plan.status, plan.customer) == ("active", after.customer)


def test_a_declined_card_is_said_on_the_page_and_another_pays(quiet: Sim) -> None:
    client = quiet.client()
    session = opened(client, "payment")
    assert "Your card was declined." in fill(session, "4000000000000002").text
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"
    assert fill(session, "4242424242424242").status_code == 303
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    charges = client.v1.charges.list({"payment_intent": str(intent)}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_the_page_asks_for_3d_secure(quiet: Sim) -> None:
    client = quiet.client()
    session = opened(client, "payment")
    assert "is it you?" in fill(session, "4000000000003220").text
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert httpx.post(str(session.url), data={"bank": "true"}).status_code == 303
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_page_that_nobody_fills_in_expires_after_a_day(quiet: Sim) -> None:
    client = quiet.client()
    session = opened(client, "payment")
    quiet.control("time", advance=86400)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert told(client, session.id) == ["checkout.session.expired"]
    assert httpx.get(str(session.url)).status_code == 404


def test_the_portal_stops_a_plan(quiet: Sim) -> None:
    client = quiet.client()
    session = opened(client, "subscription")
    fill(session, "4242424242424242")
    after = client.v1.checkout.sessions.retrieve(session.id)
    portal = client.v1.billing_portal.sessions.create({"customer": str(after.customer)})
    assert "Stop" in httpx.get(portal.url).text
    httpx.post(portal.url, data={"stop": str(after.subscription)})
    assert client.v1.subscriptions.retrieve(str(after.subscription)).status == "canceled"


def test_a_customer_session_enables_what_was_asked_for(quiet: Sim) -> None:
    client = quiet.client()
    customer = client.v1.customers.create({"name": "Amina"})
    made = client.v1.customer_sessions.create(
        {"customer": customer.id, "components": {"payment_element": {"enabled": True}}}
    )
    assert made.components is not None
    assert made.components.payment_element.enabled
    assert not made.components.pricing_table.enabled
