"""SetupIntents: a card or a bank account kept for later."""

import secrets

from stripe_sim.cards import FAILS_WHEN_CHARGED, card_behind
from stripe_sim.debits import mandate_create
from stripe_sim.errors import SimError, invalid
from stripe_sim.forms import truth
from stripe_sim.payment_methods import card_error, method_create, method_get, method_keep
from stripe_sim.payment_outcomes import ASK_THE_BANK
from stripe_sim.state import State, Thing, metadata_merge, public

ENDED = ("succeeded", "canceled")


def setup_create(state: State, params: Thing) -> Thing:
    """POST /v1/setup_intents."""
    setup_id = state.new_id("seti")
    customer = state.get("customer", params["customer"]) if params.get("customer") else None
    token = params.get("payment_method")
    types = params.get("payment_method_types") or params.get("allowed_payment_method_types")
    setup: Thing = {
        "id": setup_id,
        "object": "setup_intent",
        "allowed_payment_method_types": params.get("allowed_payment_method_types") or None,
        "application": None,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "cancellation_reason": None,
        "client_secret": f"{setup_id}_secret_{secrets.token_hex(12)}",
        "created": state.now(customer),
        "customer": customer["id"] if customer else None,
        "customer_account": None,
        "description": params.get("description"),
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "managed_payments": None,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": method_get(state, token)["id"] if token else None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": types or ["card"],
        "single_use_mandate": None,
        "status": "requires_confirmation" if token else "requires_payment_method",
        "usage": params.get("usage") or "off_session",
        "_clock": (customer or {}).get("test_clock"),
    }
    metadata_merge(setup, params)
    state.save("setup_intent", setup)
    state.emit("setup_intent.created", setup)
    return setup_confirm(state, {}, setup_id) if truth(params, "confirm") else setup


def setup_update(state: State, params: Thing, setup_id: str) -> Thing:
    """POST /v1/setup_intents/:id."""
    setup = state.get("setup_intent", setup_id)
    if params.get("customer"):
        setup["customer"] = state.get("customer", params["customer"])["id"]
    if "description" in params:
        setup["description"] = params["description"] or None
    metadata_merge(setup, params)
    return state.save("setup_intent", setup)


def setup_confirm(state: State, params: Thing, setup_id: str) -> Thing:
    """POST /v1/setup_intents/:id/confirm."""
    setup = _waiting(state, setup_id)
    token = params.get("payment_method") or setup["payment_method"]
    data = params.get("payment_method_data")
    if not (token or data):
        raise invalid("A payment method is needed to confirm this.", param="payment_method")
    method = method_create(state, data) if data else method_get(state, token)
    card = card_behind(method)
    if card and card.outcome == "decline" and card.number != FAILS_WHEN_CHARGED:
        error = card_error(card, payment_method=public(method))
        _fail(state, setup, error)
        raise error
    setup["payment_method"] = method["id"]
    if card and card.outcome == "authenticate":
        setup |= {"status": "requires_action", "next_action": dict(ASK_THE_BANK)}
        state.save("setup_intent", setup)
        state.emit("setup_intent.requires_action", setup)
        return setup
    if card is None:
        setup["mandate"] = mandate_create(state, method, setup["_clock"])["id"]
    return _succeed(state, setup, method)


def setup_authenticate(state: State, params: Thing, setup_id: str) -> Thing:
    """The stand-in's own: the donor answered the bank's 3-D Secure question."""
    setup = _waiting(state, setup_id)
    if setup["status"] != "requires_action":
        raise invalid("Nothing was asked.", code="setup_intent_unexpected_state")
    method = state.get("payment_method", setup["payment_method"])
    if truth(params, "success"):
        method["_is_authenticated"] = True
        state.save("payment_method", method)
        return _succeed(state, setup, method)
    error = SimError(
        400,
        "invalid_request_error",
        "We could not authenticate your payment method.",
        code="setup_intent_authentication_failure",
        payment_method=public(method),
    )
    return _fail(state, setup, error)


def setup_cancel(state: State, params: Thing, setup_id: str) -> Thing:
    """POST /v1/setup_intents/:id/cancel."""
    setup = _waiting(state, setup_id)
    setup |= {
        "status": "canceled",
        "cancellation_reason": params.get("cancellation_reason"),
        "next_action": None,
    }
    state.save("setup_intent", setup)
    state.emit("setup_intent.canceled", setup)
    return setup


def _waiting(state: State, setup_id: str) -> Thing:
    setup = state.get("setup_intent", setup_id)
    if setup["status"] in ENDED:
        raise invalid(
            f"This SetupIntent's status is {setup['status']}.", code="setup_intent_unexpected_state"
        )
    return setup


def _succeed(state: State, setup: Thing, method: Thing) -> Thing:
    setup |= {"status": "succeeded", "next_action": None, "last_setup_error": None}
    if setup["customer"]:
        method_keep(state, method, setup["customer"])
    state.save("setup_intent", setup)
    state.emit("setup_intent.succeeded", setup)
    return setup


def _fail(state: State, setup: Thing, error: SimError) -> Thing:
    setup |= {
        "status": "requires_payment_method",
        "last_setup_error": error.body["error"],
        "next_action": None,
        "payment_method": None,
    }
    state.save("setup_intent", setup)
    state.emit("setup_intent.setup_failed", setup)
    return setup
