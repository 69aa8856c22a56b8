"""PaymentIntents: from a promise, through the bank's questions, to a charge."""

import secrets

from stripe_sim.cards import BY_NUMBER
from stripe_sim.charges import charge_capture, charge_create
from stripe_sim.errors import SimError, invalid
from stripe_sim.forms import integer, text, truth
from stripe_sim.payment_methods import method_create, method_get
from stripe_sim.state import State, Thing, metadata_merge, public

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
MINIMUM = 30


def intent_create(state: State, params: Thing) -> Thing:
    """POST /v1/payment_intents."""
    amount, currency = integer(params, "amount"), text(params, "currency").lower()
    if amount < MINIMUM:
        raise invalid(
            f"Amount must be at least {MINIMUM} minor units.",
            code="amount_too_small",
            param="amount",
        )
    customer = state.get("customer", params["customer"]) if params.get("customer") else None
    intent = intent_new(state, amount, currency, customer)
    intent["description"] = params.get("description")
    intent["capture_method"] = params.get("capture_method") or "automatic_async"
    metadata_merge(intent, params)
    if params.get("payment_method"):
        intent["payment_method"] = method_get(state, params["payment_method"])["id"]
        intent["status"] = "requires_confirmation"
    state.save("payment_intent", intent)
    state.emit("payment_intent.created", intent)
    return intent_confirm(state, {}, intent["id"]) if truth(params, "confirm") else intent


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
    }


def intent_update(state: State, params: Thing, intent_id: str) -> Thing:
    """POST /v1/payment_intents/:id."""
    intent = state.get("payment_intent", intent_id)
    if "amount" in params:
        if intent["status"] not in CONFIRMABLE:
            raise _unexpected(intent, "update")
        intent["amount"] = integer(params, "amount")
    if "description" in params:
        intent["description"] = params["description"]
    metadata_merge(intent, params)
    return state.save("payment_intent", intent)


def intent_confirm(
    state: State, params: Thing, intent_id: str, *, off_session: bool = False
) -> Thing:
    """POST /v1/payment_intents/:id/confirm. Raises Stripe's card error on a decline."""
    intent = state.get("payment_intent", intent_id)
    if intent["status"] not in CONFIRMABLE:
        raise _unexpected(intent, "confirm")
    method = _method(state, params, intent)
    intent["payment_method"] = method["id"]
    if params.get("setup_future_usage"):
        intent["setup_future_usage"] = params["setup_future_usage"]
    card = BY_NUMBER[method["_number"]]
    if card.outcome == "decline":
        return _decline(state, intent, card.code, card.decline_code)
    if card.outcome == "authenticate" and not (off_session or truth(params, "off_session")):
        intent |= {
            "status": "requires_action",
            "last_payment_error": None,
            "next_action": {
                "type": "use_stripe_sdk",
                "use_stripe_sdk": {"type": "three_d_secure_simulated"},
            },
        }
        state.save("payment_intent", intent)
        state.emit("payment_intent.requires_action", intent)
        return intent
    return _succeed(state, intent)


def intent_authenticate(state: State, params: Thing, intent_id: str) -> Thing:
    """The stand-in's own: the donor answered the bank's 3-D Secure question."""
    intent = state.get("payment_intent", intent_id)
    if intent["status"] != "requires_action":
        raise _unexpected(intent, "authenticate")
    if truth(params, "success"):
        return _succeed(state, intent)
    return _decline(state, intent, "payment_intent_authentication_failure", "", raises=False)


def intent_cancel(state: State, params: Thing, intent_id: str) -> Thing:
    """POST /v1/payment_intents/:id/cancel."""
    intent = state.get("payment_intent", intent_id)
    if intent["status"] in ("succeeded", "canceled"):
        raise _unexpected(intent, "cancel")
    intent |= {
        "status": "canceled",
        "canceled_at": state.now(intent),
        "cancellation_reason": params.get("cancellation_reason"),
        "next_action": None,
    }
    state.save("payment_intent", intent)
    state.emit("payment_intent.canceled", intent)
    return intent


def _method(state: State, params: Thing, intent: Thing) -> Thing:
    if isinstance(params.get("payment_method_data"), dict):
        return method_create(state, params["payment_method_data"])
    token = params.get("payment_method") or intent["payment_method"]
    if not token:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    return method_get(state, token)


def intent_capture(state: State, params: Thing, intent_id: str) -> Thing:
    """POST /v1/payment_intents/:id/capture: take all or a part of what was held."""
    intent = state.get("payment_intent", intent_id)
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "capture")
    amount = integer(params, "amount_to_capture", intent["amount_capturable"])
    if not 0 < amount <= intent["amount_capturable"]:
        raise invalid("More than was authorized.", code="amount_too_large", param="amount")
    intent |= {"amount_capturable": 0, "amount_received": amount, "status": "succeeded"}
    charge = charge_capture(state, state.get("charge", intent["latest_charge"]), amount)
    state.save("payment_intent", intent)
    state.emit("charge.captured", charge)
    state.emit("payment_intent.succeeded", intent)
    return intent


def _hold(state: State, intent: Thing) -> Thing:
    """The bank holds the money until it is captured."""
    charge = charge_create(state, intent, is_held=True)
    intent |= {
        "status": "requires_capture",
        "amount_capturable": intent["amount"],
        "latest_charge": charge["id"],
        "next_action": None,
        "last_payment_error": None,
    }
    state.save("payment_intent", intent)
    state.emit("charge.succeeded", charge)
    state.emit("payment_intent.amount_capturable_updated", intent)
    return intent


def _succeed(state: State, intent: Thing) -> Thing:
    if intent["capture_method"] == "manual":
        return _hold(state, intent)
    charge = charge_create(state, intent)
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "next_action": None,
        "last_payment_error": None,
    }
    state.save("payment_intent", intent)
    state.emit("charge.succeeded", charge)
    state.emit("payment_intent.succeeded", intent)
    if intent["_invoice"]:
        from stripe_sim.invoices import invoice_paid

        invoice_paid(state, state.get("invoice", intent["_invoice"]))
    return intent


def _decline(
    state: State, intent: Thing, code: str, decline_code: str, *, raises: bool = True
) -> Thing:
    words = {
        "expired_card": "Your card has expired.",
        "incorrect_cvc": "Your card's security code is incorrect.",
        "payment_intent_authentication_failure": "We could not authenticate your payment method.",
    }
    message = words.get(
        code,
        "Your card has insufficient funds."
        if decline_code == "insufficient_funds"
        else "Your card was declined.",
    )
    kind = "invalid_request_error" if code.endswith("authentication_failure") else "card_error"
    charge = (
        None
        if kind == "invalid_request_error"
        else charge_create(state, intent, failure=(code, message))
    )
    error: Thing = {
        "code": code,
        "message": message,
        "type": kind,
        "payment_method": public(state.get("payment_method", intent["payment_method"])),
    }
    if decline_code:
        error["decline_code"] = decline_code
    if charge:
        error["charge"] = charge["id"]
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": error,
        "next_action": None,
        "latest_charge": charge["id"] if charge else None,
        "payment_method": None,
    }
    state.save("payment_intent", intent)
    if charge:
        state.emit("charge.failed", charge)
    state.emit("payment_intent.payment_failed", intent)
    if intent["_invoice"]:
        from stripe_sim.invoices import invoice_failed

        invoice_failed(state, state.get("invoice", intent["_invoice"]))
    if raises:
        raise SimError(
            402,
            kind,
            message,
            code=code,
            decline_code=decline_code,
            charge=charge["id"] if charge else None,
            payment_intent=public(intent),
            payment_method=error["payment_method"],
        )
    return intent


def _unexpected(intent: Thing, deed: str) -> SimError:
    return SimError(
        400,
        "invalid_request_error",
        f"You cannot {deed} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=public(intent),
    )
