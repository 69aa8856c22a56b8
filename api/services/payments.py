"""Payments: what came, how, and what it cost."""

from datetime import datetime

from api.models import Donation, Payment
from api.services.gateways import stripe


def payment_record(
    *,
    donation: Donation,
    amount_minor: int,
    currency: str,
    payment_intent_id: str,
    received_at: datetime,
) -> Payment:
    """Write down the money of a donation, in the caller's transaction. Amount in minor units."""
    return Payment.objects.create(
        donation=donation,
        amount_minor=amount_minor,
        currency=currency,
        stripe_payment_intent_id=payment_intent_id or None,
        received_at=received_at,
    )


def payment_describe(donation: Donation) -> None:
    """Ask Stripe how the gift was paid and what it cost, once. Called outside transactions."""
    payment = donation.payment
    if payment.method:
        return
    intent_id = payment.stripe_payment_intent_id or stripe.invoice_payment_intent(
        donation.stripe_invoice_id or ""
    )
    if not intent_id:
        return
    charge = stripe.payment_charge(intent_id)
    Payment.objects.filter(pk=payment.pk).update(
        stripe_payment_intent_id=intent_id,
        stripe_charge_id=charge.charge_id or None,
        method=charge.method,
        fee_minor=charge.fee_minor,
    )
    Donation.objects.filter(pk=donation.pk, stripe_payment_intent_id=None).update(
        stripe_payment_intent_id=intent_id
    )
