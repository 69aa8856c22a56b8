"""Disputes: out with the money, and perhaps back in."""

import pytest
import stripe

from tests.stripe_sim.conftest import Sim, paid, told

DUE = 9 * 86400


def disputed(client: stripe.StripeClient, card: str = "pm_card_createDispute") -> stripe.Dispute:
    """A payment by a card whose owner disputes it, and the dispute."""
    intent = paid(client, card)
    return client.v1.disputes.list({"payment_intent": intent.id}).data[0]


def nets(client: stripe.StripeClient, dispute: stripe.Dispute) -> list[tuple[str, int, int]]:
    """What a dispute did to the balance, oldest first."""
    rows = client.v1.balance_transactions.list({"source": dispute.id, "type": "adjustment"}).data
    return [(row.reporting_category, row.amount, row.fee) for row in rows][::-1]


@pytest.mark.parametrize(
    ("words", "status", "last", "moves"),
    [
        ("winning_evidence", "won", "funds_reinstated", [("dispute_reversal", 2500, 0)]),
        ("losing_evidence", "lost", "closed", []),
    ],
)
def test_evidence_decides(
    quiet: Sim, words: str, status: str, last: str, moves: list[tuple[str, int, int]]
) -> None:
    client = quiet.client()
    dispute = disputed(client)
    assert (dispute.status, dispute.reason) == ("needs_response", "fraudulent")
    assert dispute.evidence_details.due_by == dispute.created + DUE
    assert client.v1.charges.retrieve(str(dispute.charge)).disputed
    given = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}})
    assert (given.status, given.evidence_details.submission_count) == ("under_review", 1)
    assert client.v1.disputes.retrieve(dispute.id).status == status
    assert told(client, dispute.id)[-1] == f"charge.dispute.{last}"
    assert nets(client, dispute) == [("dispute", -2500, 2000), *moves]


def test_evidence_that_is_only_kept_decides_nothing(quiet: Sim) -> None:
    client = quiet.client()
    dispute = disputed(client)
    kept = client.v1.disputes.update(
        dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}, "submit": False}
    )
    assert (kept.status, kept.evidence_details.has_evidence) == ("needs_response", True)


def test_a_dispute_that_nobody_answers_is_lost_on_its_day(quiet: Sim) -> None:
    client = quiet.client()
    dispute = disputed(client, "pm_card_createDisputeProductNotReceived")
    quiet.control("time", advance=DUE)
    after = client.v1.disputes.retrieve(dispute.id)
    assert (after.status, after.evidence_details.past_due) == ("lost", True)


def test_an_accepted_dispute_is_lost_and_its_charge_cannot_be_refunded(quiet: Sim) -> None:
    client = quiet.client()
    dispute = disputed(client)
    assert client.v1.disputes.close(dispute.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"charge": str(dispute.charge)})
    assert caught.value.code == "charge_disputed"


def test_an_inquiry_takes_money_only_when_it_becomes_a_chargeback(quiet: Sim) -> None:
    client = quiet.client()
    dispute = disputed(client, "pm_card_createDisputeInquiry")
    assert (dispute.status, nets(client, dispute)) == ("warning_needs_response", [])
    client.v1.disputes.update(
        dispute.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}}
    )
    assert client.v1.disputes.retrieve(dispute.id).status == "needs_response"
    assert nets(client, dispute) == [("dispute", -2500, 2000)]


def test_a_control_disputes_a_part_of_what_a_refund_left(quiet: Sim) -> None:
    client = quiet.client()
    intent = paid(client, "pm_card_visa")
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
    charge = str(intent.latest_charge)
    opened = quiet.control(f"charges/{charge}/dispute", amount=600, reason="duplicate")
    assert (opened["amount"], opened["reason"]) == (600, "duplicate")
    won = quiet.control(f"disputes/{opened['id']}/decide", won=True)
    assert won["status"] == "won"
    moved = client.v1.balance_transactions.list({"source": opened["id"]}).data
    assert sum(row.amount for row in moved) == 0
