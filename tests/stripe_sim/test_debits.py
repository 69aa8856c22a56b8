"""Bacs Direct Debit: days of waiting, a mandate, and money that may be taken back later."""

import pytest
import stripe

from tests.stripe_sim.conftest import Sim, paid, told

DAY = 86400


def debited(client: stripe.StripeClient, account: str, **more: object) -> stripe.PaymentIntent:
    """£25 from a bank account."""
    method = client.v1.payment_methods.create(
        {
            "type": "bacs_debit",
            "bacs_debit": {"account_number": account, "sort_code": "108800"},
            "billing_details": {"name": "Amina", "email": "amina@example.org"},
        }
    )
    return paid(client, method.id, expand=["latest_charge"], **more)


def mandate_of(client: stripe.StripeClient, intent: stripe.PaymentIntent) -> stripe.Mandate:
    """The mandate behind a debit, as it is now."""
    debit = intent.latest_charge.payment_method_details.bacs_debit  # type: ignore[union-attr]
    assert debit is not None
    return client.v1.mandates.retrieve(str(debit.mandate))


def test_a_debit_is_no_money_until_the_bank_has_answered(quiet: Sim) -> None:
    client = quiet.client()
    intent = debited(client, "00012345")
    charge = intent.latest_charge
    assert (intent.status, charge.status) == ("processing", "pending")  # type: ignore[union-attr]
    sent = client.v1.balance_transactions.retrieve(str(charge.balance_transaction))  # type: ignore[union-attr]
    assert (sent.status, sent.type, sent.net) == ("pending", "payment", 2455)
    assert mandate_of(client, intent).status == "pending"
    quiet.control("time", advance=3 * DAY)
    assert mandate_of(client, intent).status == "active"
    assert client.v1.payment_intents.retrieve(intent.id).status == "processing"
    quiet.control("time", advance=3 * DAY)
    after = client.v1.payment_intents.retrieve(
        intent.id, {"expand": ["latest_charge.balance_transaction"]}
    )
    money = after.latest_charge.balance_transaction  # type: ignore[union-attr]
    assert (after.status, money.type, money.amount, money.fee) == ("succeeded", "payment", 2500, 45)  # type: ignore[union-attr]
    assert money.id == sent.id  # type: ignore[union-attr]
    assert told(client, intent.id)[-2:] == ["payment_intent.processing", "payment_intent.succeeded"]


@pytest.mark.parametrize(
    ("account", "reason", "mandate"),
    [
        ("33333335", "debit_not_authorized", "inactive"),
        ("22222227", "insufficient_funds", "active"),
    ],
)
def test_a_refused_debit_moves_no_money_in_all(
    quiet: Sim, account: str, reason: str, mandate: str
) -> None:
    client = quiet.client()
    intent = debited(client, account)
    quiet.control("time", advance=6 * DAY)
    after = client.v1.payment_intents.retrieve(intent.id)
    assert (after.status, after.amount_received) == ("requires_payment_method", 0)
    assert mandate_of(client, intent).status == mandate
    charge = client.v1.charges.retrieve(intent.latest_charge.id)  # type: ignore[union-attr]
    assert (charge.status, charge.failure_code) == ("failed", reason)
    out, noted = client.v1.balance_transactions.list({"source": charge.id}).data
    assert (noted.type, noted.net) == ("payment", -out.net)
    assert (out.id, out.type) == (charge.failure_balance_transaction, "payment_failure_refund")
    assert out.available_on == noted.available_on


def test_a_late_bank_failure_is_a_dispute_that_cannot_be_won(quiet: Sim) -> None:
    client = quiet.client()
    intent = debited(client, "55555559")
    quiet.control(f"payment_intents/{intent.id}/settle")
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    dispute = client.v1.disputes.list({"payment_intent": intent.id}).data[0]
    assert (dispute.status, dispute.amount) == ("lost", 2500)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "No"}})


def test_a_control_fails_a_debit_with_a_reason_of_its_own(quiet: Sim) -> None:
    client = quiet.client()
    intent = debited(client, "00012345")
    quiet.control(f"payment_intents/{intent.id}/settle", failure="account_closed")
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    revoked = quiet.control(
        f"mandates/{mandate_of(client, intent).id}", status="inactive", reason="account_closed"
    )
    details = revoked["payment_method_details"]["bacs_debit"]
    assert (details["network_status"], details["revocation_reason"]) == (
        "revoked",
        "account_closed",
    )


def test_a_bank_account_kept_for_later_pays_in_pounds_only(quiet: Sim) -> None:
    client = quiet.client()
    customer = client.v1.customers.create({"name": "Amina"})
    setup = client.v1.setup_intents.create(
        {"customer": customer.id, "payment_method": "pm_bacsDebit_success", "confirm": True}
    )
    assert (setup.status, bool(setup.mandate)) == ("succeeded", True)
    kept = client.v1.customers.payment_methods.list(customer.id).data[0]
    assert (kept.id, kept.type) == (setup.payment_method, "bacs_debit")
    with pytest.raises(stripe.InvalidRequestError):
        paid(client, kept.id, currency="eur", customer=customer.id)
