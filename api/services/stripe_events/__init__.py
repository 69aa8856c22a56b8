"""What we listen to: the table below is the whole list."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from api.services.stripe_events import invoices, payment_intents, subscriptions

# Takes the event's object and its time; False means: nothing of ours is in it.
Handler = Callable[[dict[str, Any], datetime, str], bool]

HANDLERS: dict[str, Handler] = {
    "payment_intent.succeeded": payment_intents.on_change,
    "payment_intent.payment_failed": payment_intents.on_change,
    "payment_intent.processing": payment_intents.on_change,
    "payment_intent.canceled": payment_intents.on_change,
    "payment_intent.requires_action": payment_intents.on_change,
    "invoice.paid": invoices.on_paid,
    "invoice.payment_failed": invoices.on_payment_failed,
    "invoice_payment.paid": invoices.on_invoice_payment_paid,
    "customer.subscription.created": subscriptions.on_change,
    "customer.subscription.updated": subscriptions.on_change,
    "customer.subscription.deleted": subscriptions.on_change,
}
