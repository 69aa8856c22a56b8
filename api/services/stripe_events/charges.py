"""Charge events: money that Stripe took, and how."""

from collections.abc import Sequence

from api.services.donations import donations_of_stripe, donations_settle
from api.services.gateways.stripe import charge_facts
from api.services.payments import Settlement, payments_follow
from api.services.stripe_events.event import Event


def on_change(events: Sequence[Event]) -> list[bool]:
    """Settle the gifts of these charges and keep how they were paid."""
    charges = [charge_facts(event.thing) for event in events]
    gifts = donations_of_stripe(
        [(charge.payment_intent_id, charge.donation_reference) for charge in charges]
    )
    paid = [
        Settlement(
            donation_id=gift.pk,
            amount_minor=charge.amount_minor,
            currency=charge.currency,
            received_at=event.at,
            why=event.id,
            payment_intent_id=charge.payment_intent_id,
            charge_id=charge.charge_id,
            method=charge.method,
            method_kind=charge.method_kind,
        )
        for event, charge, gift in zip(events, charges, gifts, strict=True)
        if gift and charge.is_paid
    ]
    donations_settle(paid)
    payments_follow(paid)
    return [gift is not None for gift in gifts]
