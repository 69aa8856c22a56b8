"""Refunds, as Stripe's SDK sees them."""

import pytest
import stripe

from tests.stripe_sim.conftest import Sim, paid, told

DAY = 86400


def test_a_refund_returns_the_gift_and_not_the_fee(quiet: Sim) -> None:
    client = quiet.client()
    intent = paid(client, "pm_card_visa")
    refund = client.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 2000, "expand": ["balance_transaction", "charge"]}
    )
    money, charge = refund.balance_transaction, refund.charge
    assert (refund.status, money.amount, money.fee, money.net) == ("succeeded", -2000, 0, -2000)  # type: ignore[union-attr]
    assert (charge.amount_refunded, charge.refunded) == (2000, False)  # type: ignore[union-attr]
    assert told(client, refund.id) == ["refund.created"]
    assert told(client, str(intent.latest_charge)) == ["charge.succeeded", "charge.refunded"]


def test_a_refund_of_nothing_or_of_more_than_is_left_is_refused(quiet: Sim) -> None:
    client = quiet.client()
    intent = paid(client, "pm_card_visa")
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 2499})
    for amount in (0, -1, 2):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create({"payment_intent": intent.id, "amount": amount})
    client.v1.refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"
    assert len(client.v1.refunds.list({"payment_intent": intent.id}).data) == 2


def test_a_pending_refund_succeeds_a_day_later(quiet: Sim) -> None:
    client = quiet.client()
    intent = paid(client, "pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    quiet.control("time", advance=DAY)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert told(client, refund.id) == ["refund.created", "charge.refund.updated", "refund.updated"]


def test_a_failed_refund_brings_the_money_back_and_may_be_tried_again(quiet: Sim) -> None:
    client = quiet.client()
    intent = paid(client, "pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    quiet.control(f"refunds/{refund.id}/fail", reason="lost_or_stolen_card")
    failed = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    back = failed.failure_balance_transaction
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert (back.type, back.amount) == ("refund_failure", 2500)  # type: ignore[union-attr]
    assert client.v1.charges.retrieve(str(intent.latest_charge)).amount_refunded == 0
    assert told(client, refund.id)[-2:] == ["refund.updated", "refund.failed"]
    moved = client.v1.balance_transactions.list({"source": refund.id}).data
    assert sum(row.net for row in moved) == 0
