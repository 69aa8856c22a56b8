"""The customer portal, and the session that an Element uses to show saved cards."""

import secrets

from stripe_sim.forms import text
from stripe_sim.state import State, Thing, metadata_merge

CUSTOMER_SESSION_SECONDS = 1800
_COMPONENTS = ("active_entitlements", "buy_button", "customer_portal", "pricing_table")
_WITH_FEATURES = ("customer_sheet", "mobile_payment_element", "payment_element")


def session_create(state: State, params: Thing) -> Thing:
    """POST /v1/billing_portal/sessions."""
    customer = state.get("customer", text(params, "customer"))
    given = params.get("configuration")
    configuration = state.get("billing_portal.configuration", given) if given else _default(state)
    session_id = state.new_id("bps")
    session = state.save(
        "billing_portal.session",
        {
            "id": session_id,
            "object": "billing_portal.session",
            "configuration": configuration["id"],
            "created": state.now(customer),
            "customer": customer["id"],
            "customer_account": None,
            "flow": None,
            "livemode": False,
            "locale": params.get("locale"),
            "on_behalf_of": None,
            "return_url": params.get("return_url") or configuration["default_return_url"],
            "url": f"{state.base_url}/portal/{session_id}",
        },
    )
    state.emit("billing_portal.session.created", session)
    return session


def _default(state: State) -> Thing:
    found = next(
        (kept for kept in state.of("billing_portal.configuration") if kept["is_default"]), None
    )
    return found or _configuration(state, {}, is_default=True)


def configuration_create(state: State, params: Thing) -> Thing:
    """POST /v1/billing_portal/configurations."""
    made = _configuration(state, params, is_default=False)
    state.emit("billing_portal.configuration.created", made)
    return made


def configuration_update(state: State, params: Thing, configuration_id: str) -> Thing:
    """POST /v1/billing_portal/configurations/:id."""
    kept = state.get("billing_portal.configuration", configuration_id)
    before = {"metadata": kept["metadata"]}
    metadata_merge(kept, params)
    if isinstance(params.get("business_profile"), dict):
        before["business_profile"] = dict(kept["business_profile"])
        kept["business_profile"] |= params["business_profile"]
    kept["updated"] = state.now()
    state.save("billing_portal.configuration", kept)
    state.emit("billing_portal.configuration.updated", kept, before)
    return kept


def _configuration(state: State, params: Thing, *, is_default: bool) -> Thing:
    profile = {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None}
    made: Thing = {
        "id": state.new_id("bpc"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": profile | (params.get("business_profile") or {}),
        "created": state.now(),
        "default_return_url": params.get("default_return_url"),
        "features": _features(),
        "is_default": is_default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": params.get("name"),
        "updated": state.now(),
    }
    metadata_merge(made, params)
    return state.save("billing_portal.configuration", made)


def _features() -> Thing:
    """The stand-in's portal shows the plans and stops them."""
    return {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": False, "payment_method_configuration": None},
        "subscription_cancel": {
            "cancellation_reason": {"enabled": False, "feedback_options": None, "options": []},
            "enabled": True,
            "mode": "immediately",
            "proration_behavior": "none",
        },
        "subscription_pause": {
            "duration": {"interval_options": [], "type": "indefinite"},
            "enabled": False,
        },
        "subscription_update": {
            "billing_cycle_anchor": None,
            "default_allowed_updates": [],
            "enabled": False,
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "end_trial",
        },
    }


def customer_session_create(state: State, params: Thing) -> Thing:
    """POST /v1/customer_sessions: nothing of it is kept but the customer it was made for."""
    customer = state.get("customer", text(params, "customer"))
    asked = params.get("components") or {}
    components: Thing = {}
    for name in (*_COMPONENTS, *_WITH_FEATURES):
        wanted = asked.get(name) or {}
        components[name] = {"enabled": str(wanted.get("enabled", "")).lower() == "true"}
    for name in _WITH_FEATURES:
        components[name]["features"] = None
    now = state.now(customer)
    return {
        "object": "customer_session",
        "client_secret": f"cuss_secret_{secrets.token_hex(24)}",
        "components": components,
        "created": now,
        "customer": customer["id"],
        "customer_account": None,
        "expires_at": now + CUSTOMER_SESSION_SECONDS,
        "livemode": False,
    }
