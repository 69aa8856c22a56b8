"""Winning back payments of plans that failed, step by step as the policy says.

Stripe does not try by itself: a failed bill is held at Stripe first, then only we try it, so that
the policy is the only schedule. A bill is paid once, whoever tries, so nothing is taken twice
(docs/adr/0012-we-retry-stripe-does-not.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from api.clock import now
from api.errors import DomaapError, StripeRefused
from api.models import (
    DONATION_PAID,
    SUBSCRIPTION_ENDED,
    Donation,
    RecoveredBy,
    Recovery,
    RecoveryDeed,
    RecoveryState,
    RecoveryStep,
)
from api.services import jobs
from api.services.audit import audit_record_all
from api.services.dunning_policies import (
    STOP,
    DunningPolicy,
    PolicyGroup,
    policy_current,
    policy_group,
    policy_next,
    policy_schedule,
)
from api.services.gateways import stripe, stripe_plans
from api.services.gateways.stripe import InvoiceTried
from api.services.rows import rows_update
from api.services.subscriptions import subscription_stop

log = structlog.get_logger()
# A worker that died over a step is given up after this long; the step's key keeps it from happening twice.
CLAIM = timedelta(minutes=10)
# When a step can't be carried out (Stripe is away), it is tried again after this long.
AGAIN = timedelta(minutes=15)
# Claimed together, carried out one by one.
_BATCH = 20
TAKEN = "taken"
_WRITES = (RecoveryDeed.WRITE, RecoveryDeed.FINAL)


@dataclass(frozen=True)
class Outlook:
    """What is still to come of a recovery, if the donor does nothing."""

    retries_at: datetime | None
    ends_at: datetime | None
    ends_plan: bool


def recoveries_open(failed: Sequence[tuple[Donation, str, datetime]]) -> None:
    """Gifts of plans failed: begin to win them back, in the caller's transaction, which holds their locks.

    Each with Stripe's code, empty when it is not told, and when it failed. Nothing for a gift of no plan,
    or of one that has ended. Safe to call again: what is known stands.
    """
    gifts = [donation.pk for donation, _, _ in failed]
    known = set(Recovery.objects.filter(donation__in=gifts).values_list("donation_id", flat=True))
    new = [_new(*one) for one in failed if one[0].pk not in known]
    made = Recovery.objects.bulk_create([one for one in new if one is not None])
    jobs.defer_all("recovery_step", [{"recovery_id": one.pk} for one in made])


def recoveries_win(paid_at: Mapping[str, datetime]) -> None:
    """The money of bills has come, each at its time: what was done about them is over. In the caller's
    transaction.
    """
    found = _locked().filter(
        stripe_invoice_id__in=paid_at, state__in=(RecoveryState.OPEN, RecoveryState.LOST)
    )
    won = list(found.order_by("pk").prefetch_related("steps"))
    for recovery in won:
        recovery.recovered_by = _by(recovery)
    _close([(one, RecoveryState.RECOVERED, paid_at[one.stripe_invoice_id]) for one in won])


def recoveries_run(*, limit: int = 1000) -> int:
    """Carry out every step that is due; one that fails does not stop the others. Returns how many."""
    done = 0
    while done < limit and (taken := _claim(_due()[: min(_BATCH, limit - done)])):
        _carry_out_all(taken)
        done += len(taken)
    return done


def recovery_step(recovery_id: int) -> None:
    """Carry out what is due of one recovery now. Nothing when nothing is, or another worker is at it."""
    _carry_out_all(_claim(_due().filter(pk=recovery_id)))


def recovery_outlook(recovery: Recovery, *, after: datetime) -> Outlook:
    """What comes if the donor does nothing; `after` is the step that was done last."""
    policy = policy_current()
    group = policy.groups.get(recovery.group) or policy_group(policy, recovery.reason)
    coming = [one for one in policy_schedule(policy, group, recovery.opened_at) if one.at > after]
    retries = [one.at for one in coming if one.deed == RecoveryDeed.RETRY]
    ends = [one.at for one in coming if one.deed == RecoveryDeed.END]
    return Outlook(
        min(retries, default=None), min(ends, default=None), _ends_plan(recovery, policy, group)
    )


def _new(donation: Donation, reason: str, at: datetime) -> Recovery | None:
    plan, bill = donation.subscription, donation.stripe_invoice_id
    if plan is None or not bill or plan.status in SUBSCRIPTION_ENDED:
        return None
    return Recovery(
        donation=donation,
        subscription=plan,
        stripe_invoice_id=bill,
        amount_minor=donation.total_minor,
        currency=donation.currency,
        reason=reason,
        policy=policy_current().name,
        next_step_at=at,
        opened_at=at,
    )


def _due() -> QuerySet[Recovery]:
    """What waits for a step, and no worker is at."""
    moment = now()
    due = Recovery.objects.filter(state=RecoveryState.OPEN, next_step_at__lte=moment)
    free = due.filter(Q(claimed_at=None) | Q(claimed_at__lt=moment - CLAIM))
    return free.order_by("next_step_at", "id")


def _locked() -> QuerySet[Recovery]:
    """Recoveries with their plans, locked until the commit."""
    return Recovery.objects.select_related("subscription").select_for_update(of=("self",))


@transaction.atomic
def _claim(due: QuerySet[Recovery]) -> list[Recovery]:
    """Take what is due, one of each plan: what is done for one gift may end the plan, and with it all others
    of its gifts. One taker wins; what others are at is passed by.
    """
    rows = due.select_related("subscription", "donation")
    by_plan: dict[int, Recovery] = {}
    for row in rows.select_for_update(skip_locked=True, of=("self",)):
        by_plan.setdefault(row.subscription_id, row)
    taken = list(by_plan.values())
    Recovery.objects.filter(pk__in=[one.pk for one in taken]).update(claimed_at=now())
    return taken


def _carry_out_all(taken: Sequence[Recovery]) -> None:
    left, released = list(taken), []
    try:
        while left:
            recovery = left.pop(0)
            if _carry_out_safely(recovery):
                released.append(recovery.pk)
    finally:
        # Should one of them break, those that were not begun are free again.
        Recovery.objects.filter(pk__in=[one.pk for one in left]).update(claimed_at=None)
        _wake_ended(released)


def _carry_out_safely(recovery: Recovery) -> bool:
    try:
        _carry_out(recovery)
    except DomaapError as error:  # Stripe is away or refuses: later, and staff see it in the log
        log.warning("recovery_step_failed", recovery=recovery.reference, error=str(error))
        Recovery.objects.filter(pk=recovery.pk).update(claimed_at=None, next_step_at=now() + AGAIN)
        return False
    return True


def _carry_out(recovery: Recovery) -> None:
    plan, donation = recovery.subscription, recovery.donation
    if donation.status in DONATION_PAID:
        with transaction.atomic():
            recoveries_win({recovery.stripe_invoice_id: now()})
        return
    if plan.status in SUBSCRIPTION_ENDED:
        _end(recovery, stops=False)
        return
    if not recovery.is_held:
        _hold(recovery)
    policy = policy_current()
    group = policy_group(policy, recovery.reason)
    if recovery.group != group.name or not recovery.next_deed:
        _plan_next(recovery, policy, group)
    if recovery.next_step_at and recovery.next_step_at <= now():
        _step(recovery, policy, group)
    _release(recovery)


def _hold(recovery: Recovery) -> None:
    """From now on only we try this bill; and why it failed is asked when no event has told."""
    why = stripe_plans.bill_hold(
        recovery.stripe_invoice_id, key=f"recovery-{recovery.reference}-hold"
    )
    recovery.is_held = True
    recovery.reason = recovery.reason or why[:64]


def _plan_next(recovery: Recovery, policy: DunningPolicy, group: PolicyGroup) -> None:
    """What comes next and when; the caller saves it."""
    recovery.group, recovery.policy = group.name, policy.name
    coming = policy_next(policy, group, recovery.opened_at, after=recovery.last_step_at)
    recovery.next_step_at = coming.at if coming else None
    recovery.next_deed = coming.deed if coming else ""


def _step(recovery: Recovery, policy: DunningPolicy, group: PolicyGroup) -> None:
    """One step, written down before it is done."""
    deed, due = RecoveryDeed(recovery.next_deed), recovery.next_step_at
    with transaction.atomic():
        step, is_new = RecoveryStep.objects.get_or_create(
            recovery=recovery,
            number=recovery.steps_done + 1,
            defaults={"deed": deed, "at": now()},
        )
        if is_new and step.deed in _WRITES:
            jobs.defer("payment_failed_email", recovery_step_id=step.pk)
    if step.deed == RecoveryDeed.RETRY:
        _retry(recovery, step)
    elif step.deed == RecoveryDeed.END:
        _end(recovery, stops=_ends_plan(recovery, policy, group))
    recovery.steps_done, recovery.last_step_at = step.number, due
    _plan_next(recovery, policy, policy_group(policy, recovery.reason))


def _retry(recovery: Recovery, step: RecoveryStep) -> None:
    tried = _pay(recovery, step)
    step.outcome = TAKEN if tried.is_taken else tried.code[:64]
    step.save(update_fields=["outcome"])
    if not tried.is_taken:
        recovery.reason = tried.code[:64]


def _pay(recovery: Recovery, step: RecoveryStep) -> InvoiceTried:
    try:
        return stripe.invoice_pay(
            invoice_id=recovery.stripe_invoice_id,
            key=f"recovery-{recovery.reference}-{step.number}",
        )
    except StripeRefused:
        # Stripe takes no bill twice: it was paid before we came.
        if stripe_plans.bill_read(recovery.stripe_invoice_id).status == "paid":
            return InvoiceTried(is_taken=True)
        raise


def _end(recovery: Recovery, *, stops: bool) -> None:
    """Nobody asks for this gift any more; the plan goes on, or is stopped."""
    is_void = stripe_plans.bill_void(
        recovery.stripe_invoice_id, key=f"recovery-{recovery.reference}-end"
    )
    if not is_void and stripe_plans.bill_read(recovery.stripe_invoice_id).status == "paid":
        return  # It was paid in this minute: its event closes the recovery.
    if stops:
        subscription_stop(recovery.subscription, why="gifts missed")
    with transaction.atomic():
        locked = _locked().get(pk=recovery.pk)
        if locked.state == RecoveryState.OPEN:
            _close([(locked, RecoveryState.LOST, now())])
    recovery.state = RecoveryState.LOST


def _ends_plan(recovery: Recovery, policy: DunningPolicy, group: PolicyGroup) -> bool:
    """Whether the end of this one stops the plan: as the group says, or for gifts missed in a row."""
    if group.at_end == STOP:
        return True
    gifts = recovery.subscription.donations.filter(pk__lte=recovery.donation_id)
    states = list(
        gifts.order_by("-id").values_list("recovery__state", flat=True)[: policy.stop_after_missed]
    )
    missed = (RecoveryState.LOST, RecoveryState.OPEN)
    return len(states) == policy.stop_after_missed and all(one in missed for one in states)


def _release(recovery: Recovery) -> None:
    """Keep where it stands, unless it was closed meanwhile."""
    names = ("is_held", "reason", "group", "policy", "next_step_at", "next_deed", "steps_done")
    kept = {name: getattr(recovery, name) for name in (*names, "last_step_at")}
    Recovery.objects.filter(pk=recovery.pk, state=RecoveryState.OPEN).update(
        claimed_at=None, **kept
    )


def _wake_ended(released: Sequence[int]) -> None:
    """Plans may have ended while Stripe was asked: then nothing is waited for."""
    waiting = Recovery.objects.filter(
        pk__in=released, state=RecoveryState.OPEN, next_step_at__isnull=False
    )
    waiting.filter(subscription__status__in=SUBSCRIPTION_ENDED).update(next_step_at=now())


def _by(recovery: Recovery) -> RecoveredBy:
    """What brought the money: a try of ours that Stripe took, or the donor after an e-mail."""
    steps = list(recovery.steps.all())
    tries = [step for step in steps if step.deed == RecoveryDeed.RETRY]
    if tries and tries[-1].outcome in (TAKEN, ""):
        return RecoveredBy.RETRY
    is_told = any(step.deed in _WRITES for step in steps)
    return RecoveredBy.DONOR if is_told else RecoveredBy.OTHER


def _close(closed: Sequence[tuple[Recovery, RecoveryState, datetime]]) -> None:
    for recovery, state, at in closed:
        recovery.state, recovery.closed_at = state, at
        recovery.next_step_at, recovery.claimed_at = None, None
    rows_update(
        Recovery,
        [recovery for recovery, _, _ in closed],
        ["state", "closed_at", "next_step_at", "claimed_at", "recovered_by"],
    )
    audit_record_all(
        (
            f"recovery.{state}",
            f"subscription:{recovery.subscription.reference}",
            {"recovery": recovery.reference, "amount_minor": recovery.amount_minor},
        )
        for recovery, state, _ in closed
    )
