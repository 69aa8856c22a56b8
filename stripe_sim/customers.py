"""Customers."""

from stripe_sim.payment_methods import address, method_attach, method_get, shipping
from stripe_sim.state import State, Thing, metadata_merge


def customer_create(state: State, params: Thing) -> Thing:
    """POST /v1/customers."""
    clock = params.get("test_clock") or None
    if clock:
        state.get("test_clock", clock)
    customer: Thing = {
        "id": state.new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": state.now({"test_clock": clock}),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": "SIM",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": clock,
    }
    _set(customer, {**params, "invoice_settings": None})
    state.save("customer", customer)
    state.emit("customer.created", customer)
    attached = None
    if token := params.get("payment_method"):
        attached = method_attach(state, {"customer": customer["id"]}, token)
    settings = params.get("invoice_settings") or {}
    if chosen := settings.get("default_payment_method"):
        # Named by a test token twice, it is one and the same method.
        same = attached if chosen == token else method_get(state, chosen)
        customer["invoice_settings"]["default_payment_method"] = (same or {"id": chosen})["id"]
        state.save("customer", customer)
    return customer


def customer_update(state: State, params: Thing, customer_id: str) -> Thing:
    """POST /v1/customers/:id."""
    customer = state.get("customer", customer_id)
    before = {
        name: dict(customer[name]) if isinstance(customer[name], dict) else customer[name]
        for name in params
        if name in customer
    }
    _set(customer, params)
    state.save("customer", customer)
    state.emit("customer.updated", customer, before)
    return customer


def customer_delete(state: State, params: Thing, customer_id: str) -> Thing:
    """DELETE /v1/customers/:id: its plans end with it."""
    from stripe_sim.agenda import ENDED
    from stripe_sim.subscriptions import subscription_cancel

    customer = state.get("customer", customer_id)
    for plan in state.where("subscription", "customer", customer_id):
        if plan["status"] not in ENDED:
            subscription_cancel(state, {}, plan["id"])
    state.emit("customer.deleted", customer)
    state.forget("customer", customer_id)
    return {"id": customer_id, "object": "customer", "deleted": True}


def _set(customer: Thing, params: Thing) -> None:
    for name in ("email", "name", "phone", "description"):
        if name in params:
            customer[name] = params[name] or None
    if "address" in params:
        customer["address"] = address(params["address"])
    if "shipping" in params:
        customer["shipping"] = shipping(params["shipping"] or None)
    if isinstance(params.get("preferred_locales"), list):
        customer["preferred_locales"] = params["preferred_locales"]
    settings = params.get("invoice_settings")
    if isinstance(settings, dict):
        customer["invoice_settings"] |= {name: value or None for name, value in settings.items()}
    metadata_merge(customer, params)
