"""Charges: one attempt to take the money of an intent."""

from stripe_sim.balance import AVAILABLE_SECONDS, balance_create, balance_tell
from stripe_sim.cards import card_behind
from stripe_sim.fees import fee_name, fee_of
from stripe_sim.state import State, Thing


def charge_create(
    state: State,
    intent: Thing,
    failure: tuple[str, str] | None = None,
    *,
    is_held: bool = False,
    is_pending: bool = False,
) -> Thing:
    """A charge of an intent, and its balance transaction when it succeeded."""
    method = state.get("payment_method", intent["payment_method"])
    charge = charge_new(state, intent, method, failure)
    if is_pending:
        charge |= {"status": "pending", "paid": False}
    if failure or is_held or is_pending:
        return state.save("charge", charge)
    return charge_capture(state, charge, charge["amount"])


def charge_new(
    state: State, intent: Thing, method: Thing, failure: tuple[str, str] | None = None
) -> Thing:
    """A charge, not yet kept."""
    code, message = failure or (None, None)
    return {
        "id": state.new_id("ch" if method["type"] == "card" else "py"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "DOMAAP SIMULATOR",
        "captured": False,
        "created": state.now(intent),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": code,
        "failure_message": message,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(code, message, method["type"]),
        "paid": not failure,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(method, intent),
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "failed" if failure else "succeeded",
        "transfer_data": None,
        "transfer_group": None,
        "_clock": intent["_clock"],
    }


def charge_capture(state: State, charge: Thing, amount: int) -> Thing:
    """Take the money: all or a part of the charge, less Stripe's fee."""
    card = card_behind(state.get("payment_method", charge["payment_method"]))
    charge |= {"amount_captured": amount, "captured": True, "status": "succeeded", "paid": True}
    is_now = bool(card and card.later == "bypass_pending")
    if not charge["balance_transaction"]:
        charge_book(state, charge, amount, wait_seconds=0 if is_now else AVAILABLE_SECONDS)
    state.save("charge", charge)
    if is_now:
        balance_tell(state)
    if card and card.later.startswith(("dispute", "inquiry")):
        state.plan(0, "dispute", charge)
    return charge


def charge_book(state: State, charge: Thing, amount: int, *, wait_seconds: int) -> None:
    """Note the money of a charge, less Stripe's fee, in the balance; it can be paid out after a while."""
    method = state.get("payment_method", charge["payment_method"])
    transaction = balance_create(
        state,
        charge,
        "charge" if card_behind(method) else "payment",
        amount,
        _fee(state, charge, amount),
        category="charge",
        is_available=not wait_seconds,
        wait_seconds=wait_seconds,
    )
    charge["balance_transaction"] = transaction["id"]
    state.save("charge", charge)


def _fee(state: State, charge: Thing, amount: int) -> int:
    method = state.get("payment_method", charge["payment_method"])
    return fee_of(state, fee_name(method), amount, charge["currency"])


def charge_fail(state: State, charge: Thing, code: str, message: str) -> Thing:
    """A pending charge was refused by the bank: what was noted of it in the balance goes out again."""
    noted = state.get("balance_transaction", charge["balance_transaction"])
    back = balance_create(
        state,
        charge,
        "payment_failure_refund",
        -charge["amount"],
        -_fee(state, charge, charge["amount"]),
        is_available=False,
        wait_seconds=max(noted["available_on"] - state.now(charge), 0),
    )
    charge |= {
        "status": "failed",
        "failure_balance_transaction": back["id"],
        "failure_code": code,
        "failure_message": message,
        "outcome": _outcome(code, message, charge["payment_method_details"]["type"]),
    }
    state.save("charge", charge)
    state.emit("charge.failed", charge)
    return charge


def _outcome(code: str | None, message: str | None, kind: str) -> Thing:
    """What the bank said."""
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if code else "approved_by_network",
        "reason": code,
        "risk_level": "normal" if kind == "card" else "not_assessed",
        "seller_message": message or "Payment complete.",
        "type": "issuer_declined" if code else "authorized",
    }


def _details(method: Thing, intent: Thing) -> Thing:
    """How it was paid, as Stripe tells it of a charge."""
    kind = method["type"]
    own = method[kind]
    if kind != "card":
        kept = {name: value for name, value in own.items() if name != "generated_from"}
        return {"type": kind, kind: {**kept, "mandate": intent.get("_mandate")}}
    return {
        "type": "card",
        "card": {
            **{name: own[name] for name in _SAME},
            "amount_authorized": intent["amount"],
            "authorization_code": "123456",
            "electronic_commerce_indicator": None,
            "installments": None,
            "mandate": None,
            "network": own["brand"],
            "network_token": {"used": False},
            "network_transaction_id": "1234567890",
            "regulated_status": "unregulated",
            "three_d_secure": None,
            "transaction_link_id": None,
            "wallet": None,
        },
    }


_SAME = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
