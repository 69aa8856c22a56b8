"""One-off payments, as Stripe's SDK sees them."""

import httpx
import pytest
import stripe

from tests.stripe_sim.conftest import Sim

CARD = {"amount": 2500, "currency": "gbp", "confirm": True}


def pay(client: stripe.StripeClient, card: str, **more: object) -> stripe.PaymentIntent:
    """£25 with a card."""
    return client.v1.payment_intents.create({**CARD, "payment_method": card, **more})  # type: ignore[typeddict-item]


def test_a_good_card_pays_and_the_balance_holds_the_amount_less_the_fee(
    client: stripe.StripeClient,
) -> None:
    intent = pay(client, "pm_card_visa", expand=["latest_charge.balance_transaction"])
    money = intent.latest_charge.balance_transaction  # type: ignore[union-attr]
    assert intent.status == "succeeded"
    assert (intent.amount_received, money.amount, money.fee, money.net) == (2500, 2500, 58, 2442)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("card", "decline_code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
def test_a_declined_card_is_a_card_error_and_moves_no_money(
    client: stripe.StripeClient, card: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        pay(client, card)
    assert (caught.value.code, caught.value.http_status) == ("card_declined", 402)
    assert caught.value.error is not None
    assert caught.value.error.decline_code == decline_code
    assert client.v1.balance_transactions.list().data == []
    assert client.v1.payment_intents.list().data[0].status == "requires_payment_method"


def test_after_a_decline_another_card_pays_the_same_intent(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 1000, "currency": "gbp"})
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, len(client.v1.balance_transactions.list().data)) == ("succeeded", 1)


def test_the_same_key_pays_once_and_other_parameters_are_refused(
    client: stripe.StripeClient,
) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "ben-1"}
    params: stripe.params.PaymentIntentCreateParams = {"amount": 500, "currency": "gbp"}
    first = client.v1.payment_intents.create(params, options)
    assert client.v1.payment_intents.create(params, options).id == first.id
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create({"amount": 900, "currency": "gbp"}, options)
    assert len(client.v1.payment_intents.list().data) == 1


def test_a_decline_is_replayed_but_a_validation_error_is_not_kept(
    client: stripe.StripeClient,
) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "ben-2"}
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            client.v1.payment_intents.create(
                {**CARD, "payment_method": "pm_card_chargeDeclined"},  # type: ignore[typeddict-item]
                options,
            )
    assert len(client.v1.charges.list().data) == 1
    wrong: stripe.RequestOptions = {"idempotency_key": "ben-3"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 1, "currency": "gbp"}, wrong)
    assert client.v1.payment_intents.create({"amount": 500, "currency": "gbp"}, wrong).id


def test_held_money_is_taken_only_by_the_capture(client: stripe.StripeClient) -> None:
    intent = pay(client, "pm_card_visa", capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2500)
    assert client.v1.balance_transactions.list().data == []
    taken = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2000})
    assert (taken.status, taken.amount_received) == ("succeeded", 2000)
    assert [row.amount for row in client.v1.balance_transactions.list().data] == [2000]


def test_refunds_never_exceed_the_charge(client: stripe.StripeClient) -> None:
    intent = pay(client, "pm_card_visa")
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 2000})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 501})
    assert sum(row.amount for row in client.v1.balance_transactions.list().data) == 500


def test_a_publishable_key_confirms_but_never_changes_the_amount(
    sim: Sim, client: stripe.StripeClient
) -> None:
    intent = client.v1.payment_intents.create({"amount": 2500, "currency": "gbp"})
    assert intent.client_secret
    address = f"{sim.url}/v1/payment_intents/{intent.id}"
    browser = {"key": "pk_test_simulator", "client_secret": intent.client_secret}
    assert httpx.post(address, data={**browser, "amount": "100"}).status_code == 401
    assert httpx.get(address, params={**browser, "client_secret": "guess"}).status_code == 401
    answer = httpx.post(address + "/confirm", data={**browser, "payment_method": "pm_card_visa"})
    assert (answer.json()["status"], answer.json()["amount"]) == ("succeeded", 2500)


@pytest.mark.parametrize(("success", "status"), [("true", "succeeded"), ("false", "failed")])
def test_3d_secure_waits_for_the_donor(
    sim: Sim, client: stripe.StripeClient, success: str, status: str
) -> None:
    intent = pay(client, "pm_card_threeDSecure2Required")
    assert intent.status == "requires_action"
    address = f"{sim.url}/v1/payment_intents/{intent.id}/simulate_authentication"
    browser = {"key": "pk_test_simulator", "client_secret": intent.client_secret}
    httpx.post(address, data={**browser, "success": success})
    after = client.v1.payment_intents.retrieve(intent.id)
    assert after.status == (status if status == "succeeded" else "requires_payment_method")
    assert len(client.v1.balance_transactions.list().data) == int(status == "succeeded")
