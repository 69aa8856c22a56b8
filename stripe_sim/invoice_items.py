"""Invoice items: what waits for the customer's next invoice."""

from stripe_sim.catalog import price_inline, product_create
from stripe_sim.forms import text
from stripe_sim.invoice_shapes import pricing
from stripe_sim.state import State, Thing, metadata_merge


def item_create(state: State, params: Thing) -> Thing:
    """POST /v1/invoiceitems."""
    customer = state.get("customer", text(params, "customer"))
    product = {"id": state.new_id("prod"), "name": params.get("description") or "Item"}
    price = params.get("price_data") or {
        "currency": params.get("currency", "gbp"),
        "product": product_create(state, product)["id"],
        "unit_amount": params.get("amount"),
    }
    kept = price_inline(state, price)
    now = state.now(customer)
    item: Thing = {
        "id": state.new_id("ii"),
        "object": "invoiceitem",
        "amount": kept["unit_amount"],
        "currency": kept["currency"],
        "customer": customer["id"],
        "customer_account": None,
        "date": now,
        "description": params.get("description"),
        "discountable": True,
        "discounts": [],
        "invoice": params.get("invoice"),
        "livemode": False,
        "metadata": {},
        "parent": None,
        "period": {"end": now, "start": now},
        "pricing": pricing(state, kept["id"]),
        "proration": False,
        "quantity": 1,
        "quantity_decimal": "1",
        "tax_rates": [],
        "test_clock": customer["test_clock"],
        "_price": kept["id"],
    }
    metadata_merge(item, params)
    state.save("invoiceitem", item)
    state.emit("invoiceitem.created", item)
    return item


def items_waiting(state: State, customer_id: str) -> list[Thing]:
    """What is not on an invoice yet."""
    mine = state.where("invoiceitem", "customer", customer_id)
    return [item for item in mine if not item["invoice"]]
