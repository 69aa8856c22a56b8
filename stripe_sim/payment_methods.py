"""Customers and their cards."""

from typing import Any

from stripe_sim.cards import BY_NUMBER, TOKENS, card_of
from stripe_sim.errors import SimError, invalid
from stripe_sim.forms import integer, text
from stripe_sim.state import State, Thing, metadata_merge


def customer_create(state: State, params: Thing) -> Thing:
    """POST /v1/customers."""
    clock = params.get("test_clock")
    if clock:
        state.get("test_clock", clock)
    customer: Thing = {
        "id": state.new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": state.now({"test_clock": clock}),
        "currency": None,
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
    _customer_set(customer, params)
    state.save("customer", customer)
    state.emit("customer.created", customer)
    if token := params.get("payment_method"):
        method_attach(state, {"customer": customer["id"]}, token)
    return customer


def customer_update(state: State, params: Thing, customer_id: str) -> Thing:
    """POST /v1/customers/:id."""
    customer = state.get("customer", customer_id)
    before = {name: customer.get(name) for name in params if name in customer}
    _customer_set(customer, params)
    state.save("customer", customer)
    state.emit("customer.updated", customer, before)
    return customer


def customer_delete(state: State, params: Thing, customer_id: str) -> Thing:
    """DELETE /v1/customers/:id."""
    customer = state.get("customer", customer_id)
    state.emit("customer.deleted", customer)
    state.forget("customer", customer_id)
    return {"id": customer_id, "object": "customer", "deleted": True}


def _customer_set(customer: Thing, params: Thing) -> None:
    for name in ("email", "name", "phone", "description"):
        if name in params:
            customer[name] = params[name] or None
    if "address" in params:
        customer["address"] = _address(params["address"]) if params["address"] else None
    if "shipping" in params:
        given = params["shipping"]
        customer["shipping"] = {**given, "address": _address(given["address"])} if given else None
    if isinstance(params.get("invoice_settings"), dict):
        customer["invoice_settings"] |= params["invoice_settings"]
    metadata_merge(customer, params)


def _address(given: Thing) -> Thing:
    """Stripe tells every line of an address, also the empty ones."""
    lines = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: given.get(name) or None for name in lines}


def method_create(state: State, params: Thing) -> Thing:
    """POST /v1/payment_methods, with a test card's number or token."""
    card: Any = params.get("card") or {}
    number = (
        BY_NUMBER[TOKENS[f"pm_card_{card['token'][4:]}"]].number
        if card.get("token")
        else text(card, "number")
    )
    return _method(state, number, params)


def method_get(state: State, token: str) -> Thing:
    """A PaymentMethod by its id, or a fresh one of a documented test token."""
    if token in TOKENS:
        return _method(state, TOKENS[token], {})
    return state.get("payment_method", token)


def method_retrieve(state: State, params: Thing, method_id: str) -> Thing:
    """GET /v1/payment_methods/:id."""
    return method_get(state, method_id)


def method_attach(state: State, params: Thing, method_id: str) -> Thing:
    """POST /v1/payment_methods/:id/attach."""
    method = method_get(state, method_id)
    customer = state.get("customer", text(params, "customer"))
    method["customer"] = customer["id"]
    state.save("payment_method", method)
    state.emit("payment_method.attached", method)
    return method


def _method(state: State, number: str, params: Thing) -> Thing:
    card = card_of(number)
    if card is None:
        raise SimError(
            402,
            "card_error",
            "Your card number is incorrect.",
            code="incorrect_number",
            param="number",
        )
    given = params.get("card") or {}
    month, year = integer(given, "exp_month", 12), integer(given, "exp_year", 2034)
    if not 1 <= month <= 12:
        raise invalid(
            "Your card's expiration month is invalid.",
            code="invalid_expiry_month",
            param="exp_month",
        )
    billing = params.get("billing_details") or {}
    return state.save(
        "payment_method",
        {
            "id": state.new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": {
                "address": _address(billing.get("address") or {}),
                "email": billing.get("email"),
                "name": billing.get("name"),
                "phone": billing.get("phone"),
                "tax_id": None,
            },
            "card": {
                "brand": card.brand,
                "checks": {
                    "address_line1_check": None,
                    "address_postal_code_check": None,
                    "cvc_check": "pass",
                },
                "country": "GB",
                "display_brand": card.brand,
                "exp_month": month,
                "exp_year": year,
                "fingerprint": f"fp{card.number[-8:]}",
                "funding": card.funding,
                "generated_from": None,
                "last4": card.number[-4:],
                "networks": {"available": [card.brand], "preferred": None},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": True},
                "wallet": None,
            },
            "created": state.now(),
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": "card",
            "_number": card.number,
        },
    )
