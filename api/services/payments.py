"""Payments: what came and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from api.models import BalanceTransaction, Donation, Payment
from api.services.gateways import stripe
from api.services.rows import rows_insert, rows_update


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
    fees = _fees_known([donation for donation, money in due if money.fee_minor is None])
    rows_insert(
        Payment,
        {
            "donation_id": [gift.pk for gift, _ in due],
            "amount_minor": [money.amount_minor for _, money in due],
            "currency": [money.currency for _, money in due],
            "fee_minor": [fees.get(gift.pk, money.fee_minor) for gift, money in due],
            "stripe_payment_intent_id": [gift.stripe_payment_intent_id or None for gift, _ in due],
            "stripe_charge_id": [money.charge_id or None for _, money in due],
            "method": [money.method for _, money in due],
            "method_kind": [money.method_kind for _, money in due],
            "received_at": [money.received_at for _, money in due],
        },
    )


def _fees_known(gifts: Sequence[Donation]) -> dict[int, int]:
    """Stripe's fees that are known before the money: the line of a bank debit comes days before its answer."""
    if not gifts:
        return {}
    charged = BalanceTransaction.objects.filter(donation__in=gifts, type__in=("charge", "payment"))
    return dict(charged.order_by().values_list("donation_id", "fee_minor"))


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
