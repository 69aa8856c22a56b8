"""Test cards, kept cards, currencies and fees."""

import pytest
import stripe

from tests.stripe_sim.conftest import Sim, paid, told


@pytest.mark.parametrize(
    ("card", "currency", "amount", "fee"),
    [
        ("pm_card_visa", "gbp", 2500, 58),
        ("pm_card_de", "gbp", 2500, 83),
        ("pm_card_ca", "gbp", 2500, 101),
        ("pm_card_visa", "jpy", 500, 38),
        ("pm_card_visa", "kwd", 5000, 175),
    ],
)
def test_the_fee_depends_on_the_card_and_the_currency(
    quiet: Sim, card: str, currency: str, amount: int, fee: int
) -> None:
    client = quiet.client()
    asked = {"expand": ["latest_charge.balance_transaction"]}
    intent = paid(client, card, amount=amount, currency=currency, **asked)
    money = intent.latest_charge.balance_transaction  # type: ignore[union-attr]
    assert (money.fee, money.net, money.currency) == (fee, amount - fee, currency)  # type: ignore[union-attr]


def test_a_charitys_own_price_and_currency_can_be_set(quiet: Sim) -> None:
    client = quiet.client()
    quiet.control("fees", card_domestic={"basis_points": 120, "fixed": {"gbp": 20}})
    quiet.control("settlement", currency="gbp", rates={"usd": 0.75})
    asked = {"expand": ["latest_charge.balance_transaction"]}
    pounds = paid(client, "pm_card_visa", **asked).latest_charge.balance_transaction  # type: ignore[union-attr]
    dollars = paid(client, "pm_card_visa", currency="usd", **asked)
    money = dollars.latest_charge.balance_transaction  # type: ignore[union-attr]
    assert pounds.fee == 50  # type: ignore[union-attr]
    assert (dollars.currency, money.currency, money.amount, money.exchange_rate) == (  # type: ignore[union-attr]
        "usd",
        "gbp",
        1875,
        0.75,
    )
    quiet.control("fees")
    quiet.control("settlement", currency="gbp", rates={})


@pytest.mark.parametrize(("currency", "amount"), [("kwd", 5005), ("gbp", 29), ("usd", 49)])
def test_an_amount_that_stripe_cannot_charge_is_refused(
    quiet: Sim, currency: str, amount: int
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        paid(quiet.client(), "pm_card_visa", currency=currency, amount=amount)
    assert caught.value.param == "amount"


def test_a_declined_card_cannot_be_kept(quiet: Sim) -> None:
    client = quiet.client()
    customer = client.v1.customers.create({"name": "Ben"})
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as caught:
        client.v1.setup_intents.create(
            {"customer": customer.id, "payment_method": "pm_card_chargeDeclined", "confirm": True}
        )
    assert caught.value.code == "card_declined"
    assert client.v1.customers.payment_methods.list(customer.id).data == []


def test_a_card_that_asks_is_kept_only_after_the_donor_answered(quiet: Sim) -> None:
    client = quiet.client()
    customer = client.v1.customers.create({"name": "Ben"})
    card = "pm_card_authenticationRequired"
    setup = client.v1.setup_intents.create(
        {"customer": customer.id, "payment_method": card, "confirm": True}
    )
    assert setup.status == "requires_action"
    assert client.v1.customers.payment_methods.list(customer.id).data == []
    address = f"/v1/setup_intents/{setup.id}/simulate_authentication"
    client.raw_request("post", address, success="true")
    kept = client.v1.customers.payment_methods.list(customer.id).data[0]
    away = {"customer": customer.id, "off_session": True}
    assert paid(client, kept.id, **away).status == "succeeded"
    with pytest.raises(stripe.CardError) as caught:
        paid(client, card, **away)
    assert caught.value.code == "authentication_required"
    assert told(client, setup.id)[-1] == "setup_intent.succeeded"
