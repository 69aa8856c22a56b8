"""How a change to a plan is carried out: written down, asked of Stripe, copied from its answer.

A repeat of the same reference asks Stripe the very same under the same key, so that nothing is done twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from api.clock import now
from api.errors import EditConflict, MoveRefused, NotFound, StripeRefused
from api.models import (
    SUBSCRIPTION_ENDED,
    Fund,
    PlanChange,
    PlanChangeKind,
    PlanChangeState,
    Subscription,
    SubscriptionStatus,
    User,
)
from api.models.fields import reference_new
from api.services import jobs
from api.services.audit import audit_record
from api.services.gateways import stripe_plans
from api.services.plan_calendar import PlanState, plan_state
from api.services.plan_facts import facts_from_payload, plan_amount_set
from api.services.subscriptions import plan_follow

# A change that Stripe has not answered keeps others away for so long.
UNDER_WAY = timedelta(minutes=2)
_USED = "This form was used for something else. Open the page again."
_S = SubscriptionStatus
_RUNNING = frozenset({_S.ACTIVE, _S.PAUSED, _S.TRIALING, _S.PAST_DUE})


@dataclass(frozen=True)
class Wish:
    """A change before it is written down: what Stripe is asked, and what it says in our books."""

    kind: PlanChangeKind
    stripe_params: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]


def change_stripe(plan: Subscription, change: PlanChange) -> dict[str, Any]:
    """Ask Stripe for a change that is written down; a refusal is kept on it. Raises StripeRefused."""
    try:
        return stripe_plans.plan_update(
            plan.stripe_subscription_id or "",
            key=f"plan-change-{change.reference}",
            params=change.stripe_params,
        )
    except StripeRefused as error:
        # Not of one that a repeat has carried out meanwhile.
        PlanChange.objects.filter(pk=change.pk, state=PlanChangeState.ASKED).update(
            state=PlanChangeState.REFUSED, error=error.reason[:300]
        )
        raise MoveRefused(
            "The payment service did not accept this. Nothing was changed."
        ) from error


def change_apply(plan: Subscription, change: PlanChange, told: dict[str, Any]) -> PlanChange:
    """Copy Stripe's answer and what was wished in one transaction."""
    with transaction.atomic():
        plan = plan_lock(plan)
        change = PlanChange.objects.select_for_update().get(pk=change.pk)
        if change.state == PlanChangeState.DONE:
            return change
        moment = now().replace(microsecond=0)
        _wished(plan, change, moment)
        if plan.stripe_event_at is None or moment >= plan.stripe_event_at:
            plan.stripe_event_at = moment
        plan_follow(plan, facts_from_payload(told), at=moment, why=f"change {change.reference}")
        plan.save()
        return change_done(plan, change)


def change_carry_out(
    plan: Subscription,
    kind: PlanChangeKind,
    make: Callable[[Subscription, PlanState], Wish],
    *,
    by: User | None,
    reference: str,
) -> PlanChange:
    """The change of this reference, made by `make` when new and carried to its end."""
    plan = seen = plan_fresh(plan)
    wish = None
    if not (reference and PlanChange.objects.filter(reference=reference).exists()):
        wish = make(plan, plan_state_running(plan))
    with transaction.atomic():
        plan = plan_lock(plan)
        change = change_known(plan, kind, reference)
        if change and change.state == PlanChangeState.REFUSED:
            raise MoveRefused("The payment service did not accept this. Nothing was changed.")
        if change is None and wish is not None:
            _alone_check(plan, seen)
            change = change_write(plan, wish, by, reference)
    if change is None:
        raise NotFound
    if change.state == PlanChangeState.DONE:
        return change
    return change_apply(plan, change, change_stripe(plan, change))


def _alone_check(plan: Subscription, seen: Subscription) -> None:
    """What is asked of Stripe follows from the plan as it was seen: nothing else may be under way."""
    names = (
        "amount_minor",
        "fee_cover_minor",
        "fund_id",
        "next_bill_at",
        "resumes_at",
        "cancel_at",
    )
    is_same = all(getattr(plan, name) == getattr(seen, name) for name in (*names, "status"))
    recent = plan.changes.filter(state=PlanChangeState.ASKED, at__gt=timezone.now() - UNDER_WAY)
    if not is_same or recent.exclude(kind=PlanChangeKind.RETRY).exists():
        raise EditConflict("Another change of this plan is under way. Please look at it again.")


def plan_fresh(plan: Subscription) -> Subscription:
    """The plan as it is now; Stripe is asked when our copy may be behind. Called outside transactions."""
    asked_at = now().replace(microsecond=0)
    plan = Subscription.objects.select_related("fund", "donor").get(pk=plan.pk)
    is_behind = plan.next_bill_at is None or plan.next_bill_at <= now() or not plan.stripe_item_id
    if plan.status in SUBSCRIPTION_ENDED or not plan.stripe_subscription_id or not is_behind:
        return plan
    facts = facts_from_payload(stripe_plans.plan_read(plan.stripe_subscription_id))
    with transaction.atomic():
        plan = plan_lock(plan)
        # What came while Stripe was asked is younger than its answer.
        if plan.stripe_event_at is None or plan.stripe_event_at <= asked_at:
            plan_follow(plan, facts, at=now().replace(microsecond=0), why="asked Stripe")
            plan.save()
    return plan


def plan_state_running(plan: Subscription) -> PlanState:
    """The state of a plan that may be changed. Raises MoveRefused."""
    state = plan_state(plan)
    if plan.status in SUBSCRIPTION_ENDED:
        raise MoveRefused("This plan has ended. You can start a new one.")
    if plan.status not in _RUNNING or state is None:
        raise MoveRefused("This plan has not begun: its first gift was not paid.")
    return state


def change_write(plan: Subscription, wish: Wish, by: User | None, reference: str) -> PlanChange:
    """Write a change down, in the caller's transaction."""
    try:
        with transaction.atomic():
            change = PlanChange.objects.create(
                reference=reference or reference_new(),
                subscription=plan,
                kind=wish.kind,
                before=wish.before,
                after=wish.after,
                stripe_params=wish.stripe_params,
                by=by,
            )
    except IntegrityError as error:  # Sent for two plans at once.
        raise MoveRefused(_USED) from error
    # jsonb keeps another order: as it is read now is how a repeat reads it, and asks Stripe letter for letter.
    change.refresh_from_db(fields=["stripe_params"])
    return change


def change_known(plan: Subscription, kind: PlanChangeKind, reference: str) -> PlanChange | None:
    """The change of this reference. Raises MoveRefused when it is another plan's or of another kind."""
    known = PlanChange.objects.filter(reference=reference).first() if reference else None
    if known and (known.subscription_id, known.kind) != (plan.pk, kind):
        raise MoveRefused(_USED)
    return known


def _wished(plan: Subscription, change: PlanChange, moment: datetime) -> None:
    """What only we know: Stripe holds neither the fund's row nor which part covers the fee."""
    after = change.after
    if change.kind == PlanChangeKind.AMOUNT:
        plan_amount_set(
            plan,
            amount_minor=after["amount_minor"],
            cover_minor=after["fee_cover_minor"],
            at=moment,
        )
    elif change.kind == PlanChangeKind.FUND:
        plan.fund = Fund.objects.get(code=after["fund"])
    elif change.kind == PlanChangeKind.DAY:
        plan.collection_day = after["day"]


def change_done(plan: Subscription, change: PlanChange) -> PlanChange:
    """Close a change, with its audit line and the e-mail to the donor, in the caller's transaction.

    Safe to call again: whoever closes it first tells of it.
    """
    change.state = PlanChangeState.DONE
    open_yet = PlanChange.objects.filter(pk=change.pk).exclude(state=PlanChangeState.DONE)
    if not open_yet.update(state=PlanChangeState.DONE):
        return change
    audit_record(
        action=f"subscription.{change.kind}",
        subject=f"subscription:{plan.reference}",
        actor=change.by,
        change=change.reference,
        before=change.before,
        after=change.after,
        asked_by="staff" if change.by else "donor",
    )
    jobs.defer("plan_change_email", plan_change_id=change.pk)
    return change


def plan_lock(plan: Subscription) -> Subscription:
    """The plan's row, locked until the commit."""
    found = Subscription.objects.select_for_update(of=("self",)).select_related("fund", "donor")
    return found.get(pk=plan.pk)
