"""Payments: what came and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from api.models import Donation, Payment
from api.services.gateways import stripe
from api.services.rows import rows_update


@dataclass(frozen=True)
class Settlement:
    """Money that Stripe has for a donation (0: for one that is written down with it): what came, how we know.

    Amounts are in minor units.
    `is_history`: another system took it and thanked for it; no receipt and no e-mail of ours, and it
    was settled when it was received.
    """

    donation_id: int
    amount_minor: int
    currency: str
    received_at: datetime
    why: str
    payment_intent_id: str = ""
    charge_id: str = ""
    method: str = ""
    method_kind: str = ""
    fee_minor: int | None = None
    is_history: bool = False


def payments_record(due: Sequence[tuple[Donation, Settlement]]) -> None:
    """Write down the money of donations, in the caller's transaction."""
    Payment.objects.bulk_create(
        Payment(
            donation=donation,
            amount_minor=money.amount_minor,
            currency=money.currency,
            fee_minor=money.fee_minor,
            stripe_payment_intent_id=donation.stripe_payment_intent_id or None,
            stripe_charge_id=money.charge_id or None,
            method=money.method,
            method_kind=money.method_kind,
            received_at=money.received_at,
        )
        for donation, money in due
    )


def payment_describe(donation: Donation) -> None:
    """Ask Stripe how the gift was paid, unless an event told it. Called outside transactions."""
    payment = donation.payment
    if payment.method:
        return
    intent_id = payment.stripe_payment_intent_id or stripe.invoice_payment_intent(
        donation.stripe_invoice_id or ""
    )
    if not intent_id:
        return
    charge = stripe.payment_charge(intent_id)
    with transaction.atomic():
        # The gift before its payment, as everywhere: the sums of both are counted under these locks.
        Donation.objects.select_for_update(of=("self",)).get(pk=donation.pk)
        Payment.objects.filter(pk=payment.pk).update(
            stripe_payment_intent_id=intent_id,
            stripe_charge_id=charge.charge_id or None,
            method=charge.method,
            method_kind=charge.method_kind,
        )
        Donation.objects.filter(pk=donation.pk, stripe_payment_intent_id=None).update(
            stripe_payment_intent_id=intent_id
        )


def payments_follow(settlements: Sequence[Settlement]) -> None:
    """Keep how gifts were paid, where it was not known yet."""
    if not settlements:
        return
    by_donation = {one.donation_id: one for one in settlements}
    payments = Payment.objects.select_for_update().filter(donation_id__in=by_donation, method="")
    unknown = list(payments.order_by("pk"))
    for payment in unknown:
        told = by_donation[payment.donation_id]
        payment.method, payment.method_kind = told.method, told.method_kind
        payment.stripe_charge_id = payment.stripe_charge_id or told.charge_id or None
    rows_update(Payment, unknown, ["method", "method_kind", "stripe_charge_id"])
