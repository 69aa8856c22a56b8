"""Products and prices."""

from typing import Any

from stripe_sim.errors import invalid
from stripe_sim.forms import integer, text
from stripe_sim.state import State, Thing, metadata_merge


def product_create(state: State, params: Thing) -> Thing:
    """POST /v1/products; an id may be chosen, once."""
    product_id = params.get("id") or state.new_id("prod")
    if state.find("product", product_id):
        raise invalid("Product already exists.", code="resource_already_exists", param="id")
    now = state.now()
    product: Thing = {
        "id": product_id,
        "object": "product",
        "active": True,
        "created": now,
        "default_price": None,
        "description": params.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": text(params, "name"),
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "tax_details": None,
        "type": "service",
        "unit_label": None,
        "updated": now,
        "url": None,
    }
    metadata_merge(product, params)
    state.save("product", product)
    state.emit("product.created", product)
    return product


def price_create(state: State, params: Thing) -> Thing:
    """POST /v1/prices."""
    given: Any = params.get("product_data")
    product = product_create(state, given)["id"] if given else text(params, "product")
    return price_inline(state, {**params, "product": product})


def price_inline(state: State, data: Thing) -> Thing:
    """The price of a `price_data`."""
    product = state.get("product", text(data, "product"))
    amount = integer(data, "unit_amount")
    recurring = data.get("recurring")
    price: Thing = {
        "id": state.new_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": state.now(),
        "currency": text(data, "currency").lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": data.get("nickname"),
        "product": product["id"],
        "recurring": {
            "interval": text(recurring, "interval"),
            "interval_count": integer(recurring, "interval_count", 1),
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        }
        if recurring
        else None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
    metadata_merge(price, data)
    state.save("price", price)
    state.emit("price.created", price)
    return price
