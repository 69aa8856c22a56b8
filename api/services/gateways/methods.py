"""How Stripe's ways of paying are called, for donors and staff."""

from typing import Any

# Stripe's types of payment methods that a charity meets (docs.stripe.com/api/payment_methods/object).
METHODS = {
    "card": "Card",
    "bacs_debit": "Bacs Direct Debit",
    "sepa_debit": "SEPA Direct Debit",
    "us_bank_account": "US bank account",
    "pay_by_bank": "Pay by bank",
    "link": "Link",
    "paypal": "PayPal",
    "customer_balance": "Bank transfer",
    "ideal": "iDEAL",
    "bancontact": "Bancontact",
    "klarna": "Klarna",
    "revolut_pay": "Revolut Pay",
}


def method_name(kind: str) -> str:
    """Of one of Stripe's types: "Bacs Direct Debit"; another one as Stripe writes it."""
    return METHODS.get(kind) or kind.replace("_", " ").capitalize()


def method_told(details: dict[str, Any]) -> str:
    """Of a charge's `payment_method_details`: "Visa card ending 4242", "Bacs Direct Debit ending 2345"."""
    kind = details.get("type", "")
    inner = details.get(kind) or {}
    ending = f" ending {inner['last4']}" if inner.get("last4") else ""
    if kind == "card":
        return f"{str(inner.get('brand') or '').title()} card{ending}".strip()
    return f"{method_name(kind)}{ending}"
