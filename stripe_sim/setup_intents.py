"""SetupIntents: a card kept for later."""

import secrets

from stripe_sim.cards import BY_NUMBER
from stripe_sim.errors import SimError, invalid
from stripe_sim.payment_methods import method_create, method_get
from stripe_sim.state import State, Thing, metadata_merge


def setup_create(state: State, params: Thing) -> Thing:
    """POST /v1/setup_intents."""
    setup_id = state.new_id("seti")
    setup: Thing = {
        "id": setup_id,
        "object": "setup_intent",
        "allowed_payment_method_types": None,
        "application": None,
        "automatic_payment_methods": {"enabled": True},
        "cancellation_reason": None,
        "client_secret": f"{setup_id}_secret_{secrets.token_hex(12)}",
        "created": state.now(),
        "customer": params.get("customer"),
        "description": params.get("description"),
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": params.get("payment_method"),
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": "off_session",
    }
    metadata_merge(setup, params)
    state.save("setup_intent", setup)
    state.emit("setup_intent.created", setup)
    return setup


def setup_confirm(state: State, params: Thing, setup_id: str) -> Thing:
    """POST /v1/setup_intents/:id/confirm."""
    setup = state.get("setup_intent", setup_id)
    if setup["status"] in ("succeeded", "canceled"):
        raise invalid(
            f"This SetupIntent's status is {setup['status']}.", code="setup_intent_unexpected_state"
        )
    token = params.get("payment_method") or setup["payment_method"]
    data = params.get("payment_method_data")
    method = method_create(state, data) if data else method_get(state, token or "")
    card = BY_NUMBER[method["_number"]]
    # 0341 can be saved; it fails only when charged.
    if card.outcome == "decline" and card.number != "4000000000000341":
        state.emit("setup_intent.setup_failed", setup)
        raise SimError(
            402,
            "card_error",
            "Your card was declined.",
            code=card.code,
            decline_code=card.decline_code,
        )
    setup |= {"status": "succeeded", "payment_method": method["id"]}
    if setup["customer"]:
        method["customer"] = setup["customer"]
        state.save("payment_method", method)
    state.save("setup_intent", setup)
    state.emit("setup_intent.succeeded", setup)
    return setup


def setup_cancel(state: State, params: Thing, setup_id: str) -> Thing:
    """POST /v1/setup_intents/:id/cancel."""
    setup = state.get("setup_intent", setup_id)
    setup["status"] = "canceled"
    state.save("setup_intent", setup)
    state.emit("setup_intent.canceled", setup)
    return setup
