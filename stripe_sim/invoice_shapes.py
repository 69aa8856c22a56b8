"""The shapes of an invoice, of its lines and of what pays it."""

from stripe_sim.state import State, Thing

# What is to be paid: the amount, the price that asks for it, and how often.
Line = tuple[int, str, int]


def invoice_new(
    state: State, owner: Thing, lines: list[Line], reason: str, period: tuple[int, int]
) -> Thing:
    """A draft, not yet kept. `owner` is a subscription, or what stands for one."""
    total = sum(amount for amount, _, _ in lines)
    now = state.now(owner)
    invoice_id = state.new_id("in")
    customer = state.find("customer", owner["customer"]) or {}
    return {
        **dict.fromkeys(_UNSET),
        "id": invoice_id,
        "object": "invoice",
        "account_country": "GB",
        "account_name": "Domaap simulator",
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": total,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": bool(owner["id"]),
        "automatic_tax": _NO_TAX,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": owner["currency"],
        "customer": owner["customer"],
        "customer_address": customer.get("address"),
        "customer_email": customer.get("email"),
        "customer_name": customer.get("name"),
        "customer_phone": customer.get("phone"),
        "customer_shipping": customer.get("shipping"),
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": {"type": "self"},
        "lines": {
            "object": "list",
            "data": [_line(state, invoice_id, line, owner, period) for line in lines],
            "has_more": False,
            "url": f"/v1/invoices/{invoice_id}/lines",
        },
        "livemode": False,
        "metadata": {},
        "parent": _parent(owner),
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": now,
        "period_start": now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "test_clock": owner["test_clock"],
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "_subscription": owner["id"],
    }


# What a draft does not have, or never has here.
_UNSET = (
    "account_tax_ids",
    "application",
    "automatically_finalizes_at",
    "custom_fields",
    "customer_account",
    "default_payment_method",
    "default_source",
    "description",
    "due_date",
    "effective_at",
    "ending_balance",
    "footer",
    "from_invoice",
    "hosted_invoice_url",
    "invoice_pdf",
    "last_finalization_error",
    "latest_revision",
    "next_payment_attempt",
    "number",
    "on_behalf_of",
    "receipt_number",
    "rendering",
    "shipping_cost",
    "shipping_details",
    "statement_descriptor",
    "webhooks_delivered_at",
    "_intent",
)
_NO_TAX = {
    "disabled_reason": None,
    "enabled": False,
    "liability": None,
    "provider": None,
    "status": None,
}


def _line(
    state: State, invoice_id: str, line: Line, owner: Thing, period: tuple[int, int]
) -> Thing:
    amount, price, quantity = line
    line_id = state.new_id("il")
    return {
        "id": line_id,
        "object": "line_item",
        "amount": amount,
        "currency": owner["currency"],
        "description": state.get("product", state.get("price", price)["product"])["name"],
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": dict(owner["metadata"]),
        "parent": _line_parent(owner),
        "period": {"start": period[0], "end": period[1]},
        "pretax_credit_amounts": [],
        "pricing": pricing(state, price),
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": owner["id"],
        "subtotal": amount,
        "taxes": [],
    }


def pricing(state: State, price_id: str) -> Thing:
    """Which price asks for it."""
    price = state.get("price", price_id)
    return {
        "price_details": {"price": price_id, "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": str(price["unit_amount"]),
    }


def _parent(owner: Thing) -> Thing | None:
    """What an invoice belongs to: nothing when it was made by hand."""
    if not owner["id"]:
        return None
    return {
        "quote_details": None,
        "type": "subscription_details",
        "subscription_details": {
            "metadata": dict(owner["metadata"]),
            "subscription": owner["id"],
        },
    }


def _line_parent(owner: Thing) -> Thing | None:
    """What a line belongs to."""
    if not owner["id"]:
        return None
    return {
        "invoice_item_details": None,
        "type": "subscription_item_details",
        "subscription_item_details": {
            "invoice_item": None,
            "proration": False,
            "proration_details": {"credited_items": None},
            "subscription": owner["id"],
            "subscription_item": owner["items"]["data"][0]["id"],
        },
    }


def payment_new(state: State, invoice: Thing) -> Thing:
    """What links an invoice to its intent, not yet kept."""
    return {
        "id": state.new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "created": state.now(invoice),
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": invoice["_intent"], "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
        "_clock": invoice["test_clock"],
    }
