"""What becomes of a PaymentIntent when its bank is asked: paid, held, declined, a question, or a wait."""

from stripe_sim.balance import AVAILABLE_SECONDS
from stripe_sim.cards import card_behind
from stripe_sim.charges import charge_book, charge_create
from stripe_sim.debits import DEBIT_SECONDS, MANDATE_SECONDS, mandate_create
from stripe_sim.errors import SimError, invalid
from stripe_sim.forms import truth
from stripe_sim.payment_methods import decline_message, method_create, method_get, method_keep
from stripe_sim.state import State, Thing, public

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
# Reasons that Stripe tells as a code of their own; others are reasons of `card_declined`.
_OWN_CODES = ("expired_card", "incorrect_cvc", "processing_error", "authentication_required")
DEBIT_CURRENCY = {"bacs_debit": "gbp", "sepa_debit": "eur"}
NOT_AUTHENTICATED = "payment_intent_authentication_failure"
ASK_THE_BANK: Thing = {
    "type": "use_stripe_sdk",
    "use_stripe_sdk": {"type": "three_d_secure_simulated"},
}


def intent_confirm(
    state: State, params: Thing, intent_id: str, *, off_session: bool = False
) -> Thing:
    """POST /v1/payment_intents/:id/confirm. Raises Stripe's card error on a decline."""
    intent = state.get("payment_intent", intent_id)
    if intent["status"] not in CONFIRMABLE:
        raise intent_unexpected(intent, "confirm")
    method = _method(state, params, intent)
    intent["payment_method"] = method["id"]
    if params.get("setup_future_usage"):
        intent["setup_future_usage"] = params["setup_future_usage"]
    card = card_behind(method)
    if card is None:
        return _process(state, intent, method)
    is_away = off_session or truth(params, "off_session")
    if refused := refusal_now(state, intent, method):
        if refused == "authentication_required" and intent["_invoice"]:
            return _ask(state, intent, is_away=is_away)
        code = refused if refused in _OWN_CODES else "card_declined"
        return _decline(state, intent, code, refused)
    if card.outcome == "decline":
        return _decline(state, intent, card.code, card.decline_code)
    if card.outcome == "authenticate" and not (is_away and method.get("_is_authenticated")):
        if is_away and not intent["_invoice"]:
            return _decline(state, intent, "authentication_required", "authentication_required")
        return _ask(state, intent, is_away=is_away)
    return _succeed(state, intent)


def refusal_now(state: State, intent: Thing, method: Thing) -> str:
    """Why the bank refuses this card at this time, as it was ordered; nothing when it does not."""
    now = state.now(intent)
    spans = method.get("_refuses") or []
    return next((str(span["code"]) for span in spans if span["from"] <= now < span["until"]), "")


def intent_authenticate(state: State, params: Thing, intent_id: str) -> Thing:
    """The stand-in's own: the donor answered the bank's 3-D Secure question."""
    intent = state.get("payment_intent", intent_id)
    if intent["status"] != "requires_action":
        raise intent_unexpected(intent, "authenticate")
    if not truth(params, "success"):
        return _decline(state, intent, NOT_AUTHENTICATED, "", raises=False)
    method = state.get("payment_method", intent["payment_method"])
    method["_is_authenticated"] = True
    state.save("payment_method", method)
    return _succeed(state, intent)


def intent_unexpected(intent: Thing, deed: str) -> SimError:
    """A deed that the intent's status does not allow."""
    return SimError(
        400,
        "invalid_request_error",
        f"You cannot {deed} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=public(intent),
    )


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


def _ask(state: State, intent: Thing, *, is_away: bool) -> Thing:
    """The bank wants to know whether it is the donor."""
    from stripe_sim.invoices import invoice_action_required

    intent |= {
        "status": "requires_action",
        "last_payment_error": None,
        "next_action": dict(ASK_THE_BANK),
    }
    state.save("payment_intent", intent)
    state.emit("payment_intent.requires_action", intent)
    if intent["_invoice"]:
        invoice_action_required(state, state.get("invoice", intent["_invoice"]), is_away=is_away)
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
    return intent_paid(state, intent, charge_create(state, intent))


def intent_paid(state: State, intent: Thing, charge: Thing) -> Thing:
    """The money of an intent has come."""
    from stripe_sim.invoices import invoice_paid

    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "next_action": None,
        "last_payment_error": None,
        "processing": None,
    }
    state.save("payment_intent", intent)
    _keep(state, intent)
    state.emit("charge.succeeded", charge)
    state.emit("payment_intent.succeeded", intent)
    if intent["_invoice"]:
        invoice_paid(state, state.get("invoice", intent["_invoice"]))
    _tell_checkout(state, intent, is_paid=True)
    return intent


def _tell_checkout(state: State, intent: Thing, *, is_paid: bool) -> None:
    from stripe_sim.checkout import session_outcome

    if intent.get("_session"):
        session_outcome(state, intent["_session"], is_paid=is_paid)


def _process(state: State, intent: Thing, method: Thing) -> Thing:
    """A bank debit: sent, and answered after some days."""
    from stripe_sim.invoices import invoice_processing

    kind = method["type"]
    if intent["currency"] != DEBIT_CURRENCY[kind]:
        raise invalid(
            f"The payment method type {kind} takes {DEBIT_CURRENCY[kind]} only.", param="currency"
        )
    mandate = mandate_create(state, method, intent["_clock"])
    intent["_mandate"] = mandate["id"]
    is_new = mandate["status"] == "pending"
    answer_seconds = DEBIT_SECONDS + (MANDATE_SECONDS if is_new else 0)
    charge = charge_create(state, intent, is_pending=True)
    # As Stripe does since 2024, before the bank has answered (see docs/simulator.md).
    charge_book(state, charge, charge["amount"], wait_seconds=answer_seconds + AVAILABLE_SECONDS)
    intent |= {
        "status": "processing",
        "latest_charge": charge["id"],
        "next_action": None,
        "last_payment_error": None,
    }
    state.save("payment_intent", intent)
    _keep(state, intent)
    state.plan(answer_seconds, "debit_outcome", intent)
    state.emit("charge.pending", charge)
    state.emit("payment_intent.processing", intent)
    if intent["_invoice"]:
        invoice_processing(state, state.get("invoice", intent["_invoice"]))
    return intent


def _keep(state: State, intent: Thing) -> None:
    if intent["customer"] and intent["setup_future_usage"]:
        method = state.get("payment_method", intent["payment_method"])
        method_keep(state, method, intent["customer"])


def intent_debit_failed(state: State, intent: Thing, charge: Thing) -> Thing:
    """The bank refused a debit after days: no one waits for the answer any more."""
    code = "debit_not_authorized" if charge["failure_code"] == "debit_not_authorized" else None
    code = code or "payment_intent_payment_attempt_failed"
    error = _error(state, intent, code, str(charge["failure_code"]), charge["failure_message"])
    return _failed(state, intent, error, charge)


def _decline(
    state: State, intent: Thing, code: str, decline_code: str, *, raises: bool = True
) -> Thing:
    is_unknown = code == NOT_AUTHENTICATED
    message = (
        "We could not authenticate your payment method."
        if is_unknown
        else decline_message(code, decline_code)
    )
    charge = None if is_unknown else charge_create(state, intent, failure=(code, message))
    error = _error(state, intent, code, decline_code, message)
    if is_unknown:
        error["type"] = "invalid_request_error"
    if charge:
        error["charge"] = charge["id"]
        state.emit("charge.failed", charge)
    _failed(state, intent, error, charge)
    if raises:
        more = {name: value for name, value in error.items() if name not in ("type", "message")}
        raise SimError(402, error["type"], message, **more, payment_intent=public(intent))
    return intent


def _error(state: State, intent: Thing, code: str, decline_code: str, message: str) -> Thing:
    method = state.get("payment_method", intent["payment_method"])
    error = {"code": code, "message": message, "type": "card_error"}
    if decline_code:
        error["decline_code"] = decline_code
    return error | {"payment_method": public(method)}


def _failed(state: State, intent: Thing, error: Thing, charge: Thing | None) -> Thing:
    from stripe_sim.invoices import invoice_failed

    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": error,
        "next_action": None,
        "latest_charge": charge["id"] if charge else None,
        "payment_method": None,
        "processing": None,
    }
    state.save("payment_intent", intent)
    state.emit("payment_intent.payment_failed", intent)
    if intent["_invoice"]:
        invoice_failed(state, state.get("invoice", intent["_invoice"]))
    _tell_checkout(state, intent, is_paid=False)
    return intent
