"""What we listen to: the two tables below are the whole list."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from api.services.stripe_events import (
    charges,
    disputes,
    invoices,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    subscriptions,
)
from api.services.stripe_events.event import Event

# Takes the event's object and its time; False means: nothing of ours is in it.
Handler = Callable[[dict[str, Any], datetime, str], bool]
# The same for many events at once, in a fixed number of queries.
BatchHandler = Callable[[Sequence[Event]], list[bool]]

TOGETHER: dict[str, BatchHandler] = dict.fromkeys(charges.FACTS, charges.on_money)
HANDLERS: dict[str, Handler] = {
    "payment_intent.payment_failed": payment_intents.on_change,
    "payment_intent.processing": payment_intents.on_change,
    "payment_intent.canceled": payment_intents.on_change,
    "payment_intent.requires_action": payment_intents.on_change,
    "invoice.paid": invoices.on_paid,
    "invoice.payment_failed": invoices.on_payment_failed,
    "invoice.payment_action_required": invoices.on_action_required,
    "mandate.updated": payment_methods.on_mandate,
    "payment_method.updated": payment_methods.on_change,
    "payment_method.automatically_updated": payment_methods.on_change,
    "invoice_payment.paid": invoices.on_invoice_payment_paid,
    "customer.subscription.created": subscriptions.on_change,
    "customer.subscription.updated": subscriptions.on_change,
    "customer.subscription.deleted": subscriptions.on_change,
    "customer.subscription.paused": subscriptions.on_change,
    "customer.subscription.resumed": subscriptions.on_change,
    "charge.refunded": refunds.on_charge_refunded,
    "charge.refund.updated": refunds.on_change,
    "refund.created": refunds.on_change,
    "refund.updated": refunds.on_change,
    "refund.failed": refunds.on_change,
    "charge.dispute.created": disputes.on_change,
    "charge.dispute.updated": disputes.on_change,
    "charge.dispute.closed": disputes.on_change,
    "charge.dispute.funds_withdrawn": disputes.on_change,
    "charge.dispute.funds_reinstated": disputes.on_change,
    "payout.created": payouts.on_change,
    "payout.updated": payouts.on_change,
    "payout.paid": payouts.on_change,
    "payout.failed": payouts.on_change,
    "payout.canceled": payouts.on_change,
    "payout.reconciliation_completed": payouts.on_change,
}
__all__ = ["HANDLERS", "TOGETHER", "BatchHandler", "Event", "Handler"]
