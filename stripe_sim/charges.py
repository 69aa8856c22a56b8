"""Charges, refunds and what Stripe's balance says of them."""

from stripe_sim.errors import invalid
from stripe_sim.forms import integer
from stripe_sim.state import State, Thing, metadata_merge

# Stripe's UK price for standard cards.
FEE_BASIS_POINTS = 150
FEE_FIXED = 20


def charge_create(
    state: State,
    intent: Thing,
    failure: tuple[str, str] | None = None,
    *,
    is_held: bool = False,
) -> Thing:
    """A charge of an intent, and its balance transaction when it succeeded."""
    method = state.get("payment_method", intent["payment_method"])
    card = method["card"]
    code, message = failure or (None, None)
    charge: Thing = {
        "id": state.new_id("ch"),
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
        "outcome": _outcome(code, message),
        "paid": not failure,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(card, intent["amount"]),
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "failed" if failure else "succeeded",
        "transfer_data": None,
        "transfer_group": None,
        "_clock": intent["_clock"],
    }
    if failure or is_held:
        return state.save("charge", charge)
    return charge_capture(state, charge, charge["amount"])


def charge_capture(state: State, charge: Thing, amount: int) -> Thing:
    """Take the money: all or a part of the charge, less Stripe's fee."""
    fee = (amount * FEE_BASIS_POINTS + 5000) // 10_000 + FEE_FIXED
    charge |= {"amount_captured": amount, "captured": True}
    charge["balance_transaction"] = balance_create(state, charge, "charge", amount, fee)["id"]
    return state.save("charge", charge)


def balance_create(state: State, source: Thing, kind: str, amount: int, fee: int) -> Thing:
    """A balance transaction: net = amount - fee."""
    created = state.now(source)
    details = (
        [
            {
                "amount": fee,
                "application": None,
                "currency": source["currency"],
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        ]
        if fee
        else []
    )
    return state.save(
        "balance_transaction",
        {
            "id": state.new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": created + 172800,
            "balance_type": "payments",
            "created": created,
            "currency": source["currency"],
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": details,
            "net": amount - fee,
            "reporting_category": kind,
            "source": source["id"],
            "status": "pending",
            "type": kind,
        },
    )


def refund_create(state: State, params: Thing) -> Thing:
    """POST /v1/refunds, never more than what is left of the charge."""
    intent = (
        state.get("payment_intent", params["payment_intent"])
        if params.get("payment_intent")
        else None
    )
    charge = state.get("charge", params.get("charge") or (intent or {}).get("latest_charge") or "")
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = integer(params, "amount", left)
    if not 0 < amount <= left:
        raise invalid(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            code="charge_already_refunded" if left == 0 else "amount_too_large",
            param="amount",
        )
    refund: Thing = {
        "id": state.new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": state.now(charge),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        "_clock": charge["_clock"],
    }
    metadata_merge(refund, params)
    refund["balance_transaction"] = balance_create(state, refund, "refund", -amount, 0)["id"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    state.save("refund", refund)
    state.save("charge", charge)
    state.emit("charge.refunded", charge)
    state.emit("refund.created", refund)
    return refund


def _outcome(code: str | None, message: str | None) -> Thing:
    """What the bank said."""
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if code else "approved_by_network",
        "reason": code,
        "risk_level": "normal",
        "seller_message": message or "Payment complete.",
        "type": "issuer_declined" if code else "authorized",
    }


def _details(card: Thing, amount: int) -> Thing:
    """The card of a charge, as Stripe tells it."""
    same = (
        "brand",
        "checks",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
    )
    return {
        "type": "card",
        "card": {
            **{name: card[name] for name in same},
            "amount_authorized": amount,
            "authorization_code": "123456",
            "electronic_commerce_indicator": None,
            "installments": None,
            "mandate": None,
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": "1234567890",
            "regulated_status": "unregulated",
            "three_d_secure": None,
            "transaction_link_id": None,
            "wallet": None,
        },
    }
