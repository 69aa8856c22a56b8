"""Plans: started by a donor, followed as Stripe moves them, stopped at a word."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.core import signing
from django.db import transaction

from api.clock import charity_date, now
from api.errors import Invalid, NotFound
from api.models import (
    SUBSCRIPTION_ENDED,
    SUBSCRIPTION_MOVES,
    Donation,
    DonationKind,
    Fund,
    PlanInterval,
    RecoveryState,
    Subscription,
    SubscriptionMove,
    SubscriptionStatus,
)
from api.services import jobs
from api.services.audit import audit_record
from api.services.donations import GiftRequest, GiftStarted, donation_apply, donation_record
from api.services.donors import donor_customer, donor_record
from api.services.gateways import stripe
from api.services.plan_calendar import DRAFT, First, end_for, first_bill, local_moment
from api.services.plan_facts import (
    RHYTHMS,
    SubscriptionFacts,
    facts_from_payload,
    plan_mirror,
)

_STOP_SALT = "giving-stop"


def subscription_start(gift: GiftRequest) -> GiftStarted:
    """Start a plan: the first gift today, then again and again on its day until it ends.

    The same key and details give the same plan, however often they are sent.
    """
    with transaction.atomic():
        known = Donation.objects.filter(idempotency_key=gift.idempotency_key).first()
        plan = known.subscription if known else _plan_record(gift)
        donation, is_new = donation_record(gift, DonationKind.MONTHLY, subscription=plan)
        if plan is not None and donation.subscription_id != plan.pk:
            # Another request with this key was first: its plan stands, ours goes.
            plan.delete()
        elif is_new and donation.tribute_id and plan is not None:
            Subscription.objects.filter(pk=plan.pk).update(tribute=donation.tribute_id)
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
            plan_follow(plan, facts, at=at, why=why)
        plan.save()
    return True


def subscription_find(stripe_id: str, reference: str = "") -> Subscription | None:
    """Our plan by Stripe's id, or, while it has none, by the reference that we left in Stripe's metadata."""
    return subscriptions_find([(stripe_id, reference)])[0]


def subscriptions_find(names: Sequence[tuple[str, str]]) -> list[Subscription | None]:
    """Our plans by many pairs of Stripe's id and our reference, in their order: two queries at most."""
    ids = {stripe_id for stripe_id, _ in names if stripe_id}
    found = Subscription.objects.filter(stripe_subscription_id__in=ids)
    by_id = {plan.stripe_subscription_id: plan for plan in found}
    left = {reference for stripe_id, reference in names if reference and stripe_id not in by_id}
    by_reference = {}
    if left:
        waiting = Subscription.objects.filter(reference__in=left, stripe_subscription_id=None)
        by_reference = {plan.reference: plan for plan in waiting}
    return [by_id.get(stripe_id) or by_reference.get(reference) for stripe_id, reference in names]


def subscription_stop(plan: Subscription, *, why: str = "stopped here") -> Subscription:
    """Stop a plan for good, at Stripe first, then here. Safe to call again."""
    if plan.status in SUBSCRIPTION_ENDED:
        return plan
    if plan.stripe_subscription_id:
        stripe.subscription_cancel(plan.stripe_subscription_id)
    with transaction.atomic():
        plan = Subscription.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        if plan.status not in SUBSCRIPTION_ENDED:
            _move(plan, SubscriptionStatus.CANCELLED, now(), why)
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


def plan_follow(plan: Subscription, facts: SubscriptionFacts, *, at: datetime, why: str) -> None:
    """Bring a plan to what Stripe says. The caller holds its lock and saves it."""
    status = facts.our_status
    if plan.status not in SUBSCRIPTION_ENDED:
        plan_mirror(plan, facts, at=at)
        if facts.method_id and facts.method_id != plan.stripe_payment_method_id:
            plan.stripe_payment_method_id = facts.method_id
            jobs.defer("plan_method_describe", subscription_id=plan.pk)
    if status is not None and status in SUBSCRIPTION_MOVES[SubscriptionStatus(plan.status)]:
        _move(plan, status, at, why)


def _move(plan: Subscription, status: SubscriptionStatus, at: datetime, why: str) -> None:
    """The only function that moves a plan's status; the caller holds its lock and saves it."""
    _move_row(plan, SubscriptionStatus(plan.status), status, at, why).save()
    plan.status = status
    if status in SUBSCRIPTION_ENDED:
        plan.cancelled_at, plan.next_collection_on, plan.next_bill_at = at, None, None
        plan.is_paused = plan.is_skipping = False
        plan.recoveries.filter(state=RecoveryState.OPEN).update(next_step_at=now())
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
        amount_minor=plan.monthly_minor,
        currency=plan.currency,
        why=why[:120],
        at=at,
    )


def _plan_record(gift: GiftRequest) -> Subscription | None:
    fund = Fund.objects.filter(code=gift.fund_code, is_active=True).first()
    if fund is None:
        return None
    first = _first(gift.interval, gift.collection_day, now())
    ends = plan_end_check(first, ends_on=gift.ends_on, gifts_limit=gift.gifts_limit, at=now())
    return Subscription.objects.create(
        donor=donor_record(gift.donor),
        fund=fund,
        amount_minor=gift.amount_minor,
        fee_cover_minor=gift.fee_cover_minor,
        currency=gift.currency,
        interval=gift.interval,
        collection_day=_day(gift, first),
        ends_on=gift.ends_on,
        gifts_limit=gift.gifts_limit,
        next_bill_at=first.next_bill_at,
        next_collection_on=charity_date(first.next_bill_at + DRAFT),
        cancel_at=ends,
    )


def _day(gift: GiftRequest, first: First) -> int:
    """What the plan calls its day: of the month, or of the week."""
    on = charity_date(first.next_bill_at + DRAFT)
    if gift.interval == PlanInterval.WEEK:
        return on.isoweekday()
    return gift.collection_day or first.anchor_day or charity_date(first.anchor_at + DRAFT).day


def _first(interval: PlanInterval, day: int | None, at: datetime) -> First:
    return first_bill(started_at=at, interval=interval, day=day)


def plan_end_check(
    first: First, *, ends_on: date | None, gifts_limit: int | None, at: datetime
) -> datetime | None:
    """When a plan is to end at Stripe. Raises Invalid for an end before its second gift."""
    if ends_on is not None:
        ends = local_moment(ends_on + timedelta(days=1))
        if ends <= first.next_bill_at + DRAFT:
            soonest = charity_date(first.next_bill_at + DRAFT)
            raise Invalid(ends_on=f"The second gift is on {soonest:%-d %B %Y}: end then, or later.")
        return ends
    if gifts_limit is not None:
        return end_for(first.state, gifts=gifts_limit - 1, after=at)
    return None


def _subscription_open(donation: Donation) -> str:
    """Make the subscription at Stripe and keep its ids; returns the client secret of the first payment."""
    plan = donation.subscription
    if plan is None:
        raise RuntimeError(f"monthly donation {donation.pk} has no plan")
    # From the moment of the request, so that a repeat asks Stripe the very same.
    begun = donation.created_at
    interval = PlanInterval(plan.interval)
    first = _first(interval, None if interval == PlanInterval.WEEK else plan.collection_day, begun)
    ends = plan_end_check(first, ends_on=plan.ends_on, gifts_limit=plan.gifts_limit, at=begun)
    started = stripe.subscription_create(
        reference=plan.reference,
        donation_reference=donation.reference,
        customer_id=donor_customer(donation.donor),
        fund_code=donation.fund.code,
        fund_name=donation.fund.name,
        amount_minor=plan.total_minor,
        currency=plan.currency,
        anchor_unix=int(first.next_bill_at.timestamp()) if first.is_chosen else None,
        anchor_day=first.anchor_day,
        every=RHYTHMS[interval],
        cancel_at_unix=int(ends.timestamp()) if ends else None,
    )
    facts = facts_from_payload(started.told)
    with transaction.atomic():
        plan = Subscription.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        plan.stripe_subscription_id = started.id
        plan_mirror(plan, facts, at=begun)
        plan.save()
        Donation.objects.filter(pk=donation.pk).update(
            stripe_payment_intent_id=started.payment_intent_id, stripe_invoice_id=started.invoice_id
        )
    return started.client_secret
