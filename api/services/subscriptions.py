"""Monthly giving: started by a donor, followed as Stripe moves it, stopped at a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db import transaction

from api.clock import charity_date, collection_moment, collection_next, from_unix, now
from api.errors import NotFound
from api.models import (
    SUBSCRIPTION_ENDED,
    SUBSCRIPTION_MOVES,
    Donation,
    DonationKind,
    Fund,
    Subscription,
    SubscriptionMove,
    SubscriptionStatus,
)
from api.services.audit import audit_record
from api.services.donations import GiftRequest, GiftStarted, donation_apply, donation_record
from api.services.donors import donor_customer, donor_record
from api.services.gateways import stripe

LAST_COLLECTION_DAY = 28
_STOP_SALT = "giving-stop"
STATUSES = {
    "incomplete": SubscriptionStatus.INCOMPLETE,
    "incomplete_expired": SubscriptionStatus.EXPIRED,
    "trialing": SubscriptionStatus.TRIALING,
    "active": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "unpaid": SubscriptionStatus.UNPAID,
    "paused": SubscriptionStatus.PAUSED,
    "canceled": SubscriptionStatus.CANCELLED,
}


@dataclass(frozen=True)
class SubscriptionFacts:
    """A Stripe subscription as an event tells it; times aware UTC."""

    id: str
    status: str
    reference: str
    period_end: datetime | None


def subscription_start(gift: GiftRequest) -> GiftStarted:
    """Start a monthly gift: the first today, then each month on the collection day.

    The same key and details give the same plan, however often they are sent.
    """
    with transaction.atomic():
        known = Donation.objects.filter(idempotency_key=gift.idempotency_key).first()
        plan = known.subscription if known else _plan_record(gift)
        donation, is_new = donation_record(gift, DonationKind.MONTHLY, subscription=plan)
        if plan is not None and donation.subscription_id != plan.pk:
            # Another request with this key was first: its plan stands, ours goes.
            plan.delete()
    if donation.stripe_payment_intent_id:
        intent = stripe.payment_intent_retrieve(donation.stripe_payment_intent_id)
        donation_apply(donation_id=donation.pk, intent=intent, at=now(), why="asked Stripe")
        secret = intent.client_secret
    else:
        secret = _subscription_open(donation)
    donation = Donation.objects.select_related("fund", "subscription").get(pk=donation.pk)
    return GiftStarted(donation, secret, is_new)


def subscription_follow(facts: SubscriptionFacts, *, at: datetime, why: str = "") -> bool:
    """Bring our plan to what Stripe says it is; older news changes nothing. False: not a plan of ours."""
    plan = subscription_find(facts.id, facts.reference)
    if plan is None:
        return False
    with transaction.atomic():
        plan = Subscription.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        plan.stripe_subscription_id = facts.id
        if plan.stripe_event_at is None or at >= plan.stripe_event_at:
            plan.stripe_event_at = at
            _follow(plan, facts, at, why)
        plan.save()
    return True


def subscription_find(stripe_id: str, reference: str = "") -> Subscription | None:
    """Our plan by Stripe's id, or by the reference that we left in Stripe's metadata."""
    found = (
        Subscription.objects.filter(stripe_subscription_id=stripe_id).first() if stripe_id else None
    )
    if found is None and reference:
        found = Subscription.objects.filter(reference=reference).first()
    return found


def subscription_stop(plan: Subscription) -> Subscription:
    """Stop a plan for good, at Stripe first, then here. Safe to call again."""
    if plan.status in SUBSCRIPTION_ENDED:
        return plan
    if plan.stripe_subscription_id:
        stripe.subscription_cancel(plan.stripe_subscription_id)
    with transaction.atomic():
        plan = Subscription.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        if plan.status not in SUBSCRIPTION_ENDED:
            _move(plan, SubscriptionStatus.CANCELLED, now(), "stopped here")
            plan.save()
    return plan


def stop_token(plan: Subscription) -> str:
    """The signed part of the link that stops this plan. It does not age: receipts are kept for years."""
    return signing.dumps(plan.reference, salt=_STOP_SALT)


def stop_token_read(token: str) -> Subscription:
    """The plan of a stop link. Raises NotFound for a link that is not ours."""
    try:
        reference = signing.loads(token, salt=_STOP_SALT)
    except signing.BadSignature as error:
        raise NotFound(
            "This link is not complete. Please use the link in your receipt e-mail."
        ) from error
    plan = Subscription.objects.select_related("fund", "donor").filter(reference=reference).first()
    if plan is None:
        raise NotFound
    return plan


def facts_from_payload(subscription: dict[str, object]) -> SubscriptionFacts:
    """From a subscription of any API version: the period moved to the items in 2025-03-31.basil."""
    items = subscription.get("items")
    first: dict[str, object] = {}
    if isinstance(items, dict) and items.get("data"):
        first = items["data"][0]
    end = first.get("current_period_end") or subscription.get("current_period_end")
    metadata = subscription.get("metadata")
    return SubscriptionFacts(
        id=str(subscription["id"]),
        status=str(subscription.get("status", "")),
        reference=str(metadata.get("subscription_reference", ""))
        if isinstance(metadata, dict)
        else "",
        period_end=from_unix(int(end)) if isinstance(end, int) else None,
    )


def subscription_moves_recall(plans: Sequence[Subscription]) -> None:
    """The moves of plans that were brought in as they are: begun when they were made, then what they are."""
    active = SubscriptionStatus.ACTIVE
    steps = [
        (plan, SubscriptionStatus.INCOMPLETE, active, plan.created_at, "history") for plan in plans
    ]
    steps += [
        (plan, active, SubscriptionStatus(plan.status), plan.cancelled_at or now(), "history")
        for plan in plans
        if plan.status != active
    ]
    SubscriptionMove.objects.bulk_create(_move_row(*step) for step in steps)


def _follow(plan: Subscription, facts: SubscriptionFacts, at: datetime, why: str) -> None:
    status = STATUSES.get(facts.status)
    if status is not None and status in SUBSCRIPTION_MOVES[SubscriptionStatus(plan.status)]:
        _move(plan, status, at, why)
    if plan.status not in SUBSCRIPTION_ENDED and facts.period_end:
        plan.next_collection_on = charity_date(facts.period_end)


def _move(plan: Subscription, status: SubscriptionStatus, at: datetime, why: str) -> None:
    """The only function that moves a plan's status; the caller holds its lock and saves it."""
    _move_row(plan, SubscriptionStatus(plan.status), status, at, why).save()
    plan.status = status
    if status in SUBSCRIPTION_ENDED:
        plan.cancelled_at, plan.next_collection_on = at, None
        subject = f"subscription:{plan.reference}"
        audit_record(action=f"subscription.{status.value}", subject=subject)


def _move_row(
    plan: Subscription,
    before: SubscriptionStatus,
    after: SubscriptionStatus,
    at: datetime,
    why: str,
) -> SubscriptionMove:
    return SubscriptionMove(
        subscription=plan,
        from_status=before,
        to_status=after,
        amount_minor=plan.total_minor,
        currency=plan.currency,
        why=why[:120],
        at=at,
    )


def _plan_record(gift: GiftRequest) -> Subscription | None:
    fund = Fund.objects.filter(code=gift.fund_code, is_active=True).first()
    if fund is None:
        return None
    today = charity_date(now())
    day = gift.collection_day or min(today.day, LAST_COLLECTION_DAY)
    return Subscription.objects.create(
        donor=donor_record(gift.donor),
        fund=fund,
        amount_minor=gift.amount_minor,
        fee_cover_minor=gift.fee_cover_minor,
        currency=gift.currency,
        collection_day=day,
        next_collection_on=collection_next(today, day),
    )


def _subscription_open(donation: Donation) -> str:
    """Make the subscription at Stripe and keep its ids; returns the client secret of the first payment."""
    plan = donation.subscription
    if plan is None:
        raise RuntimeError(f"monthly donation {donation.pk} has no plan")
    today = charity_date(donation.created_at)
    anchor = None
    if plan.collection_day != today.day:
        anchor = int(collection_moment(collection_next(today, plan.collection_day)).timestamp())
    started = stripe.subscription_create(
        reference=plan.reference,
        donation_reference=donation.reference,
        customer_id=donor_customer(donation.donor),
        fund_code=donation.fund.code,
        fund_name=donation.fund.name,
        amount_minor=plan.total_minor,
        currency=plan.currency,
        anchor_unix=anchor,
    )
    with transaction.atomic():
        Subscription.objects.filter(pk=plan.pk).update(stripe_subscription_id=started.id)
        Donation.objects.filter(pk=donation.pk).update(
            stripe_payment_intent_id=started.payment_intent_id, stripe_invoice_id=started.invoice_id
        )
    return started.client_secret
