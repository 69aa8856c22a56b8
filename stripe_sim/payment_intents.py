"""PaymentIntents: the promise, before and after the bank was asked (payment_outcomes.py asks it)."""

import secrets

from stripe_sim.charges import charge_capture
from stripe_sim.errors import SimError
from stripe_sim.forms import integer, text, truth
from stripe_sim.money import amount_check
from stripe_sim.payment_methods import method_get, shipping
from stripe_sim.payment_outcomes import CONFIRMABLE, intent_confirm, intent_unexpected
from stripe_sim.state import State, Thing, metadata_merge

CANCELABLE = (*CONFIRMABLE, "requires_capture")
TEXTS = ("description", "receipt_email", "setup_future_usage", "statement_descriptor")


def intent_create(state: State, params: Thing) -> Thing:
    """POST /v1/payment_intents."""
    amount, currency = integer(params, "amount"), text(params, "currency").lower()
    amount_check(amount, currency)
    customer = state.get("customer", params["customer"]) if params.get("customer") else None
    intent = intent_new(state, amount, currency, customer)
    _set(intent, params)
    intent["capture_method"] = params.get("capture_method") or "automatic_async"
    intent["confirmation_method"] = params.get("confirmation_method") or "automatic"
    if params.get("payment_method"):
        intent["payment_method"] = method_get(state, params["payment_method"])["id"]
        intent["status"] = "requires_confirmation"
    state.save("payment_intent", intent)
    state.emit("payment_intent.created", intent)
    if not truth(params, "confirm"):
        return intent
    return intent_confirm(
        state,
        {name: params[name] for name in ("off_session", "payment_method_data") if name in params},
        intent["id"],
    )


def intent_new(state: State, amount: int, currency: str, customer: Thing | None) -> Thing:
    """A PaymentIntent that waits for a card, not yet kept."""
    intent_id = state.new_id("pi")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{secrets.token_hex(12)}",
        "confirmation_method": "automatic",
        "created": state.now(customer),
        "currency": currency,
        "customer": customer["id"] if customer else None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_record": None,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        "_clock": (customer or {}).get("test_clock"),
        "_invoice": None,
        "_mandate": None,
    }


def intent_update(state: State, params: Thing, intent_id: str) -> Thing:
    """POST /v1/payment_intents/:id."""
    intent = state.get("payment_intent", intent_id)
    if "amount" in params:
        if intent["status"] not in CONFIRMABLE:
            raise intent_unexpected(intent, "update")
        amount = integer(params, "amount")
        amount_check(amount, intent["currency"])
        intent["amount"] = amount
    if params.get("customer"):
        intent["customer"] = state.get("customer", params["customer"])["id"]
    if params.get("payment_method"):
        intent["payment_method"] = method_get(state, params["payment_method"])["id"]
        intent["status"] = "requires_confirmation"
    _set(intent, params)
    return state.save("payment_intent", intent)


def intent_cancel(state: State, params: Thing, intent_id: str) -> Thing:
    """POST /v1/payment_intents/:id/cancel."""
    intent = state.get("payment_intent", intent_id)
    if intent["status"] not in CANCELABLE:
        raise intent_unexpected(intent, "cancel")
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": state.now(intent),
        "cancellation_reason": params.get("cancellation_reason"),
        "next_action": None,
    }
    state.save("payment_intent", intent)
    state.emit("payment_intent.canceled", intent)
    return intent


def intent_capture(state: State, params: Thing, intent_id: str) -> Thing:
    """POST /v1/payment_intents/:id/capture: take all or a part of what was held."""
    intent = state.get("payment_intent", intent_id)
    if intent["status"] != "requires_capture":
        raise intent_unexpected(intent, "capture")
    amount = integer(params, "amount_to_capture", intent["amount_capturable"])
    if not 0 < amount <= intent["amount_capturable"]:
        raise SimError(
            400,
            "invalid_request_error",
            "More than was authorized.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    intent |= {"amount_capturable": 0, "amount_received": amount, "status": "succeeded"}
    charge = charge_capture(state, state.get("charge", intent["latest_charge"]), amount)
    state.save("payment_intent", intent)
    state.emit("charge.captured", charge)
    state.emit("payment_intent.succeeded", intent)
    return intent


def _set(intent: Thing, params: Thing) -> None:
    for name in TEXTS:
        if name in params:
            intent[name] = params[name] or None
    if isinstance(params.get("shipping"), dict):
        intent["shipping"] = shipping(params["shipping"])
    if isinstance(params.get("allowed_payment_method_types"), list):
        intent["allowed_payment_method_types"] = params["allowed_payment_method_types"]
        intent["payment_method_types"] = params["allowed_payment_method_types"]
    if isinstance(params.get("payment_method_types"), list):
        intent["payment_method_types"] = params["payment_method_types"]
        intent["automatic_payment_methods"] = None
    metadata_merge(intent, params)
