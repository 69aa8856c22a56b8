"""Money that Stripe took, and how: told by a charge, and by the PaymentIntent that it paid."""

from collections.abc import Callable, Sequence
from typing import Any

from api.services.donations import donations_named, donations_settle
from api.services.gateways.stripe import ChargeFacts, charge_facts, intent_charge_facts
from api.services.payments import Settlement, payments_follow
from api.services.stripe_events.event import Event

FACTS: dict[str, Callable[[dict[str, Any]], ChargeFacts]] = {
    "charge.succeeded": charge_facts,
    "charge.updated": charge_facts,
    "payment_intent.succeeded": intent_charge_facts,
}


def on_money(events: Sequence[Event]) -> list[bool]:
    """Settle the gifts of all these charges and keep how they were paid."""
    charges = [FACTS[event.type](event.thing) for event in events]
    gifts = donations_named(
        [(charge.payment_intent_id, charge.donation_reference) for charge in charges]
    )
    paid = [
        _settlement(gift, charge, event)
        for event, charge, gift in zip(events, charges, gifts, strict=True)
        if gift and charge.is_paid
    ]
    # A gift is settled by what was told of it first; of the same second, by what tells the method.
    paid.sort(key=lambda one: (one.received_at, not one.method))
    donations_settle(paid)
    payments_follow([one for one in paid if one.method])
    return [gift is not None for gift in gifts]


def _settlement(donation_id: int, charge: ChargeFacts, event: Event) -> Settlement:
    return Settlement(
        donation_id=donation_id,
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        received_at=event.at,
        why=event.id,
        payment_intent_id=charge.payment_intent_id,
        charge_id=charge.charge_id,
        method=charge.method,
        method_kind=charge.method_kind,
    )
