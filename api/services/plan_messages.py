"""E-mails about plans: what was changed, what a Direct Debit collects, what failed, and a card that expires."""

from datetime import datetime

from django.conf import settings
from django.db.models import Q

from api.clock import charity_date, now
from api.models import (
    SUBSCRIPTION_ENDED,
    DonationStatus,
    MessageKind,
    PlanChange,
    PlanChangeKind,
    Recovery,
    RecoveryDeed,
    RecoveryState,
    RecoveryStep,
    Subscription,
)
from api.money import money_text
from api.services.donor_words import frequency_words, method_words
from api.services.gateways import stripe_plans
from api.services.messages import message_send, message_write
from api.services.plan_calendar import PlanDate, plan_charges
from api.services.plan_links import PlanPurpose, giving_link
from api.services.recoveries import recovery_outlook

# What an e-mail's button does, by the policy's name for what went wrong.
_FIXES = {
    "authentication": PlanPurpose.CONFIRM,
    "funds": PlanPurpose.PAY,
    "unknown": PlanPurpose.PAY,
}
# Changes that a Direct Debit's payer must be told of before money is taken.
_NOTICED = frozenset(
    {
        PlanChangeKind.AMOUNT,
        PlanChangeKind.DAY,
        PlanChangeKind.SKIP,
        PlanChangeKind.PAUSE,
        PlanChangeKind.RESUME,
    }
)


def plan_change_email_send(plan_change_id: int) -> None:
    """Tell the donor what was changed, who asked, and what is taken next. Safe to call again."""
    change = PlanChange.objects.select_related("subscription__donor", "subscription__fund").get(
        pk=plan_change_id
    )
    if change.kind == PlanChangeKind.RETRY:
        return  # A receipt, or the page itself, says what came of it.
    plan = change.subscription
    words = {
        **_plan_words(plan, now()),
        "kind": change.kind,
        "asked_by_staff": change.by_id is not None,
        "after": _said(plan, change),
        "plan_url": giving_link(plan, PlanPurpose.PLAN),
        "is_ended": plan.status in SUBSCRIPTION_ENDED,
        "is_debit_notice": plan.is_debit and change.kind in _NOTICED,
        **(_debit_words(plan) if plan.is_debit else {}),
    }
    message_send(
        message_write(
            kind=MessageKind.PLAN_CHANGED,
            key=f"plan_changed:{change.reference}",
            to=plan.donor.email,
            words=words,
            donor=plan.donor,
        )
    )


def debit_notice_email_send(subscription_id: int, *, why: str) -> None:
    """Confirm a Direct Debit and give notice of what it collects: once per mandate. Safe to call again."""
    plan = Subscription.objects.select_related("donor", "fund").get(pk=subscription_id)
    if plan.status in SUBSCRIPTION_ENDED:
        return
    method = stripe_plans.method_read(plan.stripe_payment_method_id)
    words = {
        **_plan_words(plan, now()),
        **_debit_words(plan),
        "asked_now": _asked_now(plan),
        "account_name": method.holder or plan.donor.name,
        "account_ending": method.last4,
        "sort_code": "-".join(method.sort_code[at : at + 2] for at in (0, 2, 4)),
        "plan_url": giving_link(plan, PlanPurpose.PLAN),
    }
    message_send(
        message_write(
            kind=MessageKind.DEBIT_NOTICE,
            key=f"debit_notice:{plan.reference}:{why}",
            to=plan.donor.email,
            words=words,
            donor=plan.donor,
        )
    )


def payment_failed_email_send(recovery_step_id: int) -> None:
    """Tell a donor that a gift failed, why, and how to put it right. Not when it came meanwhile."""
    step = RecoveryStep.objects.select_related(
        "recovery__subscription__donor", "recovery__subscription__fund", "recovery__donation"
    ).get(pk=recovery_step_id)
    is_over = step.recovery.subscription.status in SUBSCRIPTION_ENDED
    if is_over or step.recovery.state == RecoveryState.RECOVERED:
        return  # Stopped, or paid, meanwhile.
    words = failed_words(step.recovery, step)
    donor = step.recovery.subscription.donor
    message_send(
        message_write(
            kind=MessageKind.PAYMENT_FAILED,
            key=f"payment_failed:{step.recovery.reference}:{step.number}",
            to=donor.email,
            words=words,
            donor=donor,
        )
    )


def card_expires_email_send(subscription_id: int, *, expires_on: str) -> None:
    """Tell a donor that the card of a plan expires before its next gift: once per card and date."""
    plan = Subscription.objects.select_related("donor", "fund").get(pk=subscription_id)
    is_over = plan.status in SUBSCRIPTION_ENDED or plan.card_expires_on is None
    if is_over or f"{plan.card_expires_on:%Y-%m-%d}" != expires_on:
        return  # Stopped, or the bank has sent a newer date meanwhile.
    message_send(
        message_write(
            kind=MessageKind.CARD_EXPIRES,
            key=f"card_expires:{plan.reference}:{expires_on}",
            to=plan.donor.email,
            words={
                **_plan_words(plan, now()),
                "expires_on": plan.card_expires_on,
                "fix_url": giving_link(plan, PlanPurpose.CARD),
            },
            donor=plan.donor,
        )
    )


def failed_words(recovery: Recovery, step: RecoveryStep) -> dict[str, object]:
    """What the e-mail about a failed gift is made of."""
    plan = recovery.subscription
    purpose = _FIXES.get(recovery.group, PlanPurpose.CARD)
    outlook = recovery_outlook(recovery, after=step.at)
    return {
        **_plan_words(plan, step.at),
        "amount": money_text(recovery.amount_minor, recovery.currency),
        "failed_on": charity_date(recovery.opened_at),
        "group": recovery.group,
        "is_final": step.deed == RecoveryDeed.FINAL,
        "tries_again_on": charity_date(outlook.retries_at) if outlook.retries_at else None,
        "ends_on": charity_date(outlook.ends_at) if outlook.ends_at else None,
        "ends_plan": outlook.ends_plan,
        "fix_url": giving_link(plan, purpose),
        "purpose": purpose.value,
        "pause_url": giving_link(plan, PlanPurpose.PAUSE),
        "stop_url": giving_link(plan, PlanPurpose.STOP),
    }


def _plan_words(plan: Subscription, at: datetime) -> dict[str, object]:
    coming = [one for one in plan_charges(plan, after=at, count=3) if one.is_taken]
    return {
        "donor_name": plan.donor.name,
        "amount": money_text(plan.total_minor, plan.currency),
        "frequency": frequency_words(plan.interval, plan.donor.language),
        "fund_name": plan.fund.name,
        "method": method_words(plan.method, plan.donor.language),
        "coming": [_coming(one) for one in coming],
        "next_on": coming[0].on if coming else None,
    }


def _coming(one: PlanDate) -> dict[str, object]:
    return {"on": one.on, "amount": money_text(one.amount_minor, one.currency)}


def _debit_words(plan: Subscription) -> dict[str, object]:
    return {
        "is_debit": True,
        "mandate_reference": plan.mandate_reference,
        "charity_phone": settings.CHARITY_PHONE,
    }


def _asked_now(plan: Subscription) -> str:
    """The gift that a new Direct Debit is asked for at once: the first, or one that failed before."""
    waits = plan.donations.filter(
        Q(status=DonationStatus.PROCESSING) | Q(recovery__state=RecoveryState.OPEN)
    )
    gift = waits.order_by("id").first()
    return money_text(gift.total_minor, gift.currency) if gift else ""


def _said(plan: Subscription, change: PlanChange) -> dict[str, object]:
    """What a change came to, as words."""
    after = dict(change.after)
    if "amount_minor" in after:
        after["amount"] = money_text(
            after["amount_minor"] + after["fee_cover_minor"], plan.currency
        )
    for name in ("next_on", "until", "skipped_on"):
        if after.get(name):
            after[name] = datetime.fromisoformat(str(after[name])).date()
    return after
