"""Payouts and the balance."""

import pytest
import stripe

from tests.stripe_sim.conftest import Sim, paid, told

DAY = 86400


def balances(client: stripe.StripeClient) -> tuple[int, int]:
    """Pounds: pending and available, in pence."""
    balance = client.v1.balance.retrieve()
    rows = (balance.pending, balance.available)
    pending, available = (sum(r.amount for r in row if r.currency == "gbp") for row in rows)
    return pending, available


def test_money_is_pending_then_available_then_paid_out_with_a_list_of_what_it_is(
    sim: Sim, client: stripe.StripeClient
) -> None:
    first = paid(client, "pm_card_visa")
    client.v1.refunds.create({"payment_intent": first.id, "amount": 500})
    assert balances(client) == (2442, -500)
    assert sim.control("payouts")["data"] == []
    sim.control("time", advance=2 * DAY)
    assert balances(client) == (0, 1942)
    assert "balance.available" in [e.type for e in client.v1.events.list({"limit": 5}).data]
    later = paid(client, "pm_card_visa")
    payout = sim.control("payouts")["data"][0]
    assert (payout["amount"], payout["automatic"], payout["status"]) == (1942, True, "pending")
    rows = client.v1.balance_transactions.list({"payout": payout["id"]}).data
    assert sorted((row.type, row.net) for row in rows) == [
        ("charge", 2442),
        ("payout", -1942),
        ("refund", -500),
    ]
    assert later.latest_charge not in [row.source for row in rows]
    assert balances(client) == (2442, 0)
    sim.control("time", advance=3 * DAY)
    assert client.v1.payouts.retrieve(payout["id"]).status == "paid"
    assert [kind for kind in told(client, payout["id"]) if kind != "payout.updated"] == [
        "payout.created",
        "payout.reconciliation_completed",
        "payout.paid",
    ]


def test_a_payout_that_fails_after_it_was_paid_returns_the_money(
    sim: Sim, client: stripe.StripeClient
) -> None:
    paid(client, "pm_card_visa")
    sim.control("time", advance=2 * DAY)
    payout = sim.control("payouts")["data"][0]
    sim.control(f"payouts/{payout['id']}/pay")
    assert balances(client) == (0, 0)
    sim.control(f"payouts/{payout['id']}/fail", code="account_closed")
    failed = client.v1.payouts.retrieve(payout["id"], {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    assert failed.failure_balance_transaction.type == "payout_failure"  # type: ignore[union-attr]
    assert balances(client) == (0, 2442)
    assert told(client, payout["id"])[-3:] == ["payout.paid", "payout.updated", "payout.failed"]
    again = sim.control("payouts")["data"][0]
    assert again["amount"] == 2442


def test_a_payout_by_hand_takes_what_is_there_and_can_be_cancelled_or_reversed(
    sim: Sim, client: stripe.StripeClient
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payouts.create({"amount": 1, "currency": "gbp"})
    assert caught.value.code == "balance_insufficient"
    paid(client, "pm_card_bypassPending")
    first = client.v1.payouts.create({"amount": 1000, "currency": "gbp"})
    assert client.v1.payouts.cancel(first.id).status == "canceled"
    second = client.v1.payouts.create({"amount": 1000, "currency": "gbp"})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.balance_transactions.list({"payout": second.id})
    sim.control("time", advance=3 * DAY)
    back = client.v1.payouts.reverse(second.id)
    assert (back.amount, back.original_payout) == (-1000, second.id)
    assert balances(client)[1] == 2500 - 101
    assert client.v1.payouts.list({"status": "canceled"}).data[0].id == first.id
