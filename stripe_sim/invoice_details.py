"""What an invoice and its items say beside the money: whom it is for, and what a plain gift leaves empty."""

from stripe_sim.state import Thing


def invoice_details(customer: Thing, total: int) -> Thing:
    """The customer as it is now, and that nothing is taxed, discounted, shipped or revised."""
    return {
        "account_tax_ids": None,
        "application": None,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "custom_fields": None,
        "customer_account": None,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "default_source": None,
        "default_tax_rates": [],
        "footer": None,
        "from_invoice": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "on_behalf_of": None,
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "statement_descriptor": None,
        "subtotal_excluding_tax": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }


def item_details(price: Thing, customer: Thing, now: int) -> Thing:
    """One of something at a price, from a moment to the same moment."""
    return {
        "customer_account": None,
        "discountable": True,
        "discounts": [],
        "parent": None,
        "period": {"end": now, "start": now},
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "proration": False,
        "quantity": 1,
        "quantity_decimal": "1",
        "tax_rates": [],
        "test_clock": customer["test_clock"],
    }
