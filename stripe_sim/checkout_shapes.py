"""The shape of a Checkout session."""

from typing import Any

from stripe_sim.state import State, Thing, metadata_merge

EXPIRES_SECONDS = 86400
# What the stand-in does not do, and says so by saying nothing.
_UNSET = (
    "adaptive_pricing",
    "after_expiration",
    "allow_promotion_codes",
    "allowed_payment_method_types",
    "billing_address_collection",
    "client_secret",
    "collected_information",
    "consent",
    "consent_collection",
    "currency_conversion",
    "customer_account",
    "customer_details",
    "integration_identifier",
    "invoice",
    "managed_payments",
    "origin_context",
    "payment_intent",
    "payment_link",
    "payment_method_configuration_details",
    "permissions",
    "recovered_from",
    "saved_payment_method_options",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "subscription",
    "wallet_options",
)


def session_new(state: State, params: Thing, items: list[Thing], customer: Thing | None) -> Thing:
    """An open session, not yet kept."""
    session_id = state.new_id("cs_test")
    mode = params["mode"]
    total = sum(item["amount_total"] for item in items)
    is_setup = mode == "setup"
    creation: Any = params.get("customer_creation") or "if_required"
    session: Thing = {
        **dict.fromkeys(_UNSET),
        "id": session_id,
        "object": "checkout.session",
        "amount_subtotal": None if is_setup else total,
        "amount_total": None if is_setup else total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": state.now(customer),
        "currency": items[0]["currency"] if items else params.get("currency"),
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": customer["id"] if customer else None,
        "customer_creation": creation if mode == "payment" and not customer else None,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": state.now(customer) + EXPIRES_SECONDS,
        "invoice_creation": None,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": {},
        "mode": mode,
        "payment_method_collection": "always" if mode == "subscription" else "if_required",
        "payment_method_options": {},
        "payment_method_types": params.get("payment_method_types") or ["card"],
        "payment_status": "no_payment_required" if is_setup else "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "success_url": params.get("success_url"),
        "total_details": None
        if is_setup
        else {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{state.base_url}/checkout/{session_id}",
        "_clock": (customer or {}).get("test_clock"),
        "_items": items,
    }
    for name in ("payment_intent_data", "subscription_data", "setup_intent_data"):
        session[f"_{name}"] = params.get(name) or {}
    metadata_merge(session, params)
    return session


def line_item(state: State, price: Thing, quantity: int) -> Thing:
    """What is paid for."""
    amount = price["unit_amount"] * quantity
    return {
        "id": state.new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": state.get("product", price["product"])["name"],
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }
