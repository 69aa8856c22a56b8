"""Invoices of monthly plans: each paid one is a donation, each failed one a donation that failed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from api.clock import from_unix
from api.errors import StripeRefused
from api.models import Donation, DonationKind, DonationStatus, Payment, Subscription
from api.services import jobs
from api.services.donations import Advance, donations_advance, donations_settle
from api.services.gateways import stripe
from api.services.payments import Settlement
from api.services.recoveries import recoveries_open, recoveries_win
from api.services.rows import rows_update
from api.services.subscriptions import subscriptions_find

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


@dataclass(frozen=True)
class InvoiceNews:
    """What an event tells of an invoice, when, and the event's id."""

    facts: InvoiceFacts
    at: datetime
    why: str


def invoice_settle(facts: InvoiceFacts, *, at: datetime, why: str) -> bool:
    """Record the money of an invoice: see invoices_settle."""
    return invoices_settle([InvoiceNews(facts, at, why)])[0]


def invoice_fail(facts: InvoiceFacts, *, at: datetime, why: str) -> bool:
    """Record that an invoice could not be collected: see invoices_fail."""
    return invoices_fail([InvoiceNews(facts, at, why)])[0]


def invoices_settle(news: Sequence[InvoiceNews]) -> list[bool]:
    """Record the money of invoices, each told once, in the caller's transaction and a fixed number of queries.

    False: no money in it, or not a plan of ours.
    """
    due = _ours(news, lambda facts: facts.amount_paid_minor)
    gifts = _donations([(plan, one.facts, one.facts.amount_paid_minor) for plan, one in due])
    paid_at = {one.facts.id: one.facts.paid_at or one.at for _, one in due}
    recoveries_win(paid_at)
    donations_settle(
        [
            Settlement(
                donation_id=gifts[one.facts.id].pk,
                amount_minor=one.facts.amount_paid_minor,
                currency=one.facts.currency,
                payment_intent_id=one.facts.payment_intent_id,
                received_at=paid_at[one.facts.id],
                why=one.why,
            )
            for _, one in due
        ]
    )
    return [one.facts.id in gifts for one in news]


def invoices_fail(news: Sequence[InvoiceNews]) -> list[bool]:
    """Record that invoices could not be collected, as invoices_settle does; they may still be paid later."""
    due = _ours(news, lambda facts: facts.amount_due_minor)
    gifts = _donations([(plan, one.facts, one.facts.amount_due_minor) for plan, one in due])
    failed = [(gifts[one.facts.id], one) for _, one in due]
    donations_advance(
        [
            Advance(
                donation_id=donation.pk,
                status=DonationStatus.FAILED,
                at=one.at,
                why=one.why,
                failure_code=donation.failure_code or NOT_TOLD,
            )
            for donation, one in failed
        ]
    )
    recoveries_open(
        [
            (donation, "" if donation.failure_code == NOT_TOLD else donation.failure_code, one.at)
            for donation, one in failed
            if not one.facts.is_first
        ]
    )
    untold = [donation for donation, _ in failed if not donation.failure_code]
    jobs.defer_all("failure_describe", [{"donation_id": donation.pk} for donation in untold])
    return [one.facts.id in gifts for one in news]


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


def _ours(
    news: Sequence[InvoiceNews], amount: Callable[[InvoiceFacts], int]
) -> list[tuple[Subscription, InvoiceNews]]:
    """What is of plans of ours, and about money."""
    plans = subscriptions_find(
        [(one.facts.subscription_id, one.facts.subscription_reference) for one in news]
    )
    both = zip(plans, news, strict=True)
    return [(plan, one) for plan, one in both if plan is not None and amount(one.facts) > 0]


def _donations(
    wanted: Sequence[tuple[Subscription, InvoiceFacts, int]],
) -> dict[str, Donation]:
    """The donations of invoices, by invoice: known by it, the plan's first that still waits for its id, or a
    new month. The amounts are what the invoices ask for.
    """
    gifts = _donations_known([facts.id for _, facts, _ in wanted])
    gifts |= _donations_waiting(
        {plan.pk: facts.id for plan, facts, _ in wanted if facts.is_first and facts.id not in gifts}
    )
    new = [one for one in wanted if one[1].id not in gifts]
    if new:
        Donation.objects.bulk_create(_months(new), ignore_conflicts=True)
        # Another worker may have been first.
        gifts |= _donations_known([facts.id for _, facts, _ in new])
    for plan, facts, _ in wanted:
        gifts[facts.id].subscription = plan
    return gifts


def _donations_known(invoice_ids: Sequence[str]) -> dict[str, Donation]:
    found = Donation.objects.filter(stripe_invoice_id__in=invoice_ids)
    return {one.stripe_invoice_id or "": one for one in found}


def _donations_waiting(invoices: Mapping[int, str]) -> dict[str, Donation]:
    """The first gifts of plans that don't know their invoices yet, which `invoices` tells by plan."""
    if not invoices:
        return {}
    found = Donation.objects.filter(subscription__in=invoices, stripe_invoice_id=None)
    by_plan = {one.subscription_id: one for one in found.order_by("-id")}
    gifts = {invoices[plan_id]: one for plan_id, one in by_plan.items() if plan_id is not None}
    for invoice_id, one in gifts.items():
        one.stripe_invoice_id = invoice_id
    rows_update(Donation, list(gifts.values()), ["stripe_invoice_id"])
    return gifts


def _months(new: Sequence[tuple[Subscription, InvoiceFacts, int]]) -> Iterator[Donation]:
    """New gifts of plans, with what a plan's first gift said of them all."""
    gifts = Donation.objects.filter(subscription__in=[plan for plan, _, _ in new])
    firsts = {
        one.subscription_id: one
        for one in gifts.order_by("subscription_id", "id").distinct("subscription_id")
    }
    for plan, facts, amount_minor in new:
        first = firsts.get(plan.pk)
        cover = plan.fee_cover_minor if amount_minor == plan.total_minor else 0
        yield Donation(
            stripe_invoice_id=facts.id,
            kind=DonationKind.MONTHLY,
            donor_id=plan.donor_id,
            fund_id=plan.fund_id,
            subscription=plan,
            tribute_id=plan.tribute_id,
            amount_minor=amount_minor - cover,
            fee_cover_minor=cover,
            currency=facts.currency,
            campaign_id=first.campaign_id if first else None,
            is_anonymous=first.is_anonymous if first else False,
        )
