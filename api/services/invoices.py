"""Invoices of monthly plans: each paid one is a donation, each failed one a donation that failed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from api.clock import from_unix
from api.errors import StripeRefused
from api.models import Donation, DonationKind, DonationStatus, Payment, Subscription
from api.services import jobs
from api.services.donations import donation_advance, donation_settle
from api.services.gateways import stripe
from api.services.payments import Settlement
from api.services.recoveries import recovery_open, recovery_win
from api.services.subscriptions import subscription_find

# An invoice's event does not tell why it failed: Stripe is asked for it.
NOT_TOLD = "payment_failed"


@dataclass(frozen=True)
class InvoiceFacts:
    """A Stripe invoice as an event tells it. Amounts in minor units, times aware UTC."""

    id: str
    subscription_id: str
    subscription_reference: str
    is_first: bool
    amount_due_minor: int
    amount_paid_minor: int
    currency: str
    paid_at: datetime | None
    payment_intent_id: str


def invoice_settle(facts: InvoiceFacts, *, at: datetime, why: str) -> bool:
    """Record the money of an invoice. False: no money in it, or not a plan of ours."""
    plan = subscription_find(facts.subscription_id, facts.subscription_reference)
    if plan is None or facts.amount_paid_minor <= 0:
        return False
    donation = _donation(plan, facts, facts.amount_paid_minor)
    recovery_win(invoice_id=facts.id, at=facts.paid_at or at)
    donation_settle(
        Settlement(
            donation_id=donation.pk,
            amount_minor=facts.amount_paid_minor,
            currency=facts.currency,
            payment_intent_id=facts.payment_intent_id,
            received_at=facts.paid_at or at,
            why=why,
        )
    )
    return True


def invoice_fail(facts: InvoiceFacts, *, at: datetime, why: str) -> bool:
    """Record that an invoice could not be collected; it may still be paid later. False: not ours."""
    plan = subscription_find(facts.subscription_id, facts.subscription_reference)
    if plan is None or facts.amount_due_minor <= 0:
        return False
    donation = _donation(plan, facts, facts.amount_due_minor)
    donation_advance(
        donation_id=donation.pk,
        status=DonationStatus.FAILED,
        at=at,
        why=why,
        failure_code=donation.failure_code or NOT_TOLD,
    )
    if not facts.is_first:
        reason = "" if donation.failure_code == NOT_TOLD else donation.failure_code
        recovery_open(donation=donation, reason=reason, at=at)
    if not donation.failure_code:
        jobs.defer("failure_describe", donation_id=donation.pk)
    return True


def failure_describe(donation_id: int) -> None:
    """Keep why a month failed, and the PaymentIntent that did. Called outside transactions.

    Safe to call again; what came meanwhile stands.
    """
    donation = Donation.objects.get(pk=donation_id)
    if donation.status != DonationStatus.FAILED or donation.failure_code != NOT_TOLD:
        return
    try:
        intent_id = stripe.invoice_payment_intent(donation.stripe_invoice_id or "")
        code = stripe.payment_intent_retrieve(intent_id).failure_code if intent_id else ""
    except StripeRefused:
        # Stripe does not know it (any more): the reason stays untold.
        return
    with transaction.atomic():
        failed = Donation.objects.filter(pk=donation_id, status=DonationStatus.FAILED)
        if code:
            failed.filter(failure_code=NOT_TOLD).update(failure_code=code[:64])
        if intent_id:
            failed.filter(stripe_payment_intent_id=None).update(stripe_payment_intent_id=intent_id)


def invoice_link(*, invoice_id: str, payment_intent_id: str) -> bool:
    """Keep which PaymentIntent paid an invoice. False: the invoice is not known (yet); its receipt asks again."""
    donation = Donation.objects.filter(stripe_invoice_id=invoice_id).first()
    if donation is None:
        return False
    with transaction.atomic():
        Donation.objects.filter(pk=donation.pk, stripe_payment_intent_id=None).update(
            stripe_payment_intent_id=payment_intent_id
        )
        Payment.objects.filter(donation=donation, stripe_payment_intent_id=None).update(
            stripe_payment_intent_id=payment_intent_id
        )
    return True


def facts_from_payload(invoice: dict[str, Any]) -> InvoiceFacts:
    """From an invoice of any API version (2025-03-31.basil moved the subscription under `parent`)."""
    details = (
        (invoice.get("parent") or {}).get("subscription_details")
        or invoice.get("subscription_details")
        or {}
    )
    subscription = details.get("subscription") or invoice.get("subscription") or ""
    intent = invoice.get("payment_intent") or ""
    paid_at = (invoice.get("status_transitions") or {}).get("paid_at")
    return InvoiceFacts(
        id=invoice["id"],
        subscription_id=subscription if isinstance(subscription, str) else subscription["id"],
        subscription_reference=(details.get("metadata") or {}).get("subscription_reference", ""),
        is_first=invoice.get("billing_reason") == "subscription_create",
        amount_due_minor=int(invoice.get("amount_due") or 0),
        amount_paid_minor=int(invoice.get("amount_paid") or 0),
        currency=str(invoice.get("currency", "")).upper(),
        paid_at=from_unix(paid_at) if paid_at else None,
        payment_intent_id=intent if isinstance(intent, str) else intent["id"],
    )


def _donation(plan: Subscription, facts: InvoiceFacts, amount_minor: int) -> Donation:
    """The donation of an invoice: known by it, the plan's first that still waits for its id, or a new month."""
    known = Donation.objects.filter(stripe_invoice_id=facts.id).first()
    if known is None and facts.is_first:
        known = plan.donations.filter(stripe_invoice_id=None).order_by("id").first()
        if known is not None:
            Donation.objects.filter(pk=known.pk).update(stripe_invoice_id=facts.id)
    if known is not None:
        return known
    first = plan.donations.order_by("id").first()
    cover = plan.fee_cover_minor if amount_minor == plan.total_minor else 0
    return Donation.objects.get_or_create(
        stripe_invoice_id=facts.id,
        defaults={
            "kind": DonationKind.MONTHLY,
            "donor_id": plan.donor_id,
            "fund_id": plan.fund_id,
            "subscription": plan,
            "tribute_id": plan.tribute_id,
            "amount_minor": amount_minor - cover,
            "fee_cover_minor": cover,
            "currency": facts.currency,
            "campaign_id": first.campaign_id if first else None,
            "is_anonymous": first.is_anonymous if first else False,
        },
    )[0]
