"""Invoice events: the months of a plan."""

from datetime import datetime
from typing import Any

from api.services.invoices import facts_from_payload, invoice_fail, invoice_link, invoice_settle


def on_paid(invoice: dict[str, Any], at: datetime, event_id: str) -> bool:
    """A month is paid."""
    return invoice_settle(facts_from_payload(invoice), at=at, why=event_id)


def on_payment_failed(invoice: dict[str, Any], at: datetime, event_id: str) -> bool:
    """A month could not be collected."""
    return invoice_fail(facts_from_payload(invoice), at=at, why=event_id)


def on_action_required(invoice: dict[str, Any], at: datetime, event_id: str) -> bool:
    """The donor's bank wants an answer. Of a first gift the donor is at the form; later they are written to."""
    facts = facts_from_payload(invoice)
    if facts.is_first:
        return True
    return invoice_fail(facts, at=at, why=event_id)


def on_invoice_payment_paid(paid: dict[str, Any], at: datetime, event_id: str) -> bool:
    """Which PaymentIntent paid which invoice (2025-03-31.basil and later)."""
    intent = (paid.get("payment") or {}).get("payment_intent")
    if not isinstance(intent, str):
        return False
    return invoice_link(invoice_id=str(paid.get("invoice", "")), payment_intent_id=intent)
