"""Our plans against Stripe's, once a day: what differs is mended from Stripe and staff are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from api.clock import charity_date, now
from api.models import SUBSCRIPTION_ENDED, AlertKind, Message, MessageKind, Subscription
from api.services import jobs
from api.services.alerts import alert_open
from api.services.audit import audit_record
from api.services.dunning_policies import policy_current
from api.services.gateways.stripe import list_pages, read_ahead
from api.services.plan_facts import SubscriptionFacts, facts_from_payload
from api.services.plan_methods import cards_expiring
from api.services.subscriptions import plan_follow

# What is compared, and what stands on the finding.
_COMPARED = (
    "status",
    "interval",
    "amount_minor",
    "fee_cover_minor",
    "next_bill_at",
    "anchor_at",
    "cancel_at",
    "is_paused",
    "resumes_at",
    "stripe_payment_method_id",
)


@dataclass
class Mending:
    """What a comparison found. `strange`: live at Stripe and not here; `gone`: live here and not at Stripe."""

    compared: int = 0
    mended: int = 0
    strange: int = 0
    gone: int = 0


def plans_mend(*, is_rehearsal: bool = False) -> Mending:
    """Compare every plan with Stripe's list; with `is_rehearsal` nothing is changed and nobody told.

    A plan that Stripe does not have is found, and left: it takes no money.
    """
    begun, found = now(), Mending()
    live = Subscription.objects.exclude(status__in=SUBSCRIPTION_ENDED)
    waiting = set(live.exclude(stripe_subscription_id=None).values_list("pk", flat=True))
    for page in read_ahead(list_pages("/v1/subscriptions", status="all")):
        _page_mend(page, found, waiting, begun, is_rehearsal)
    found.gone = live.filter(pk__in=waiting, created_at__lt=begun).count()
    if found.mended and not is_rehearsal:
        alert_open(AlertKind.PLANS, f"{charity_date(begun):%Y-%m-%d}")
    return found


def cards_remind() -> int:
    """Write once to each donor whose card expires within the policy's days. Returns how many are asked."""
    until = charity_date(now()) + timedelta(days=policy_current().card_notice_days)
    due = {
        f"card_expires:{plan.reference}:{plan.card_expires_on}": plan
        for plan in cards_expiring(until=until)
    }
    told = set(
        Message.objects.filter(kind=MessageKind.CARD_EXPIRES, key__in=due).values_list(
            "key", flat=True
        )
    )
    fresh = [plan for key, plan in due.items() if key not in told]
    jobs.defer_all(
        "card_expires_email",
        [{"subscription_id": plan.pk, "expires_on": str(plan.card_expires_on)} for plan in fresh],
    )
    return len(fresh)


def _page_mend(
    page: Sequence[dict[str, Any]],
    found: Mending,
    waiting: set[int],
    begun: datetime,
    is_rehearsal: bool,
) -> None:
    told = {facts.id: facts for facts in map(facts_from_payload, page)}
    plans = {
        plan.stripe_subscription_id: plan
        for plan in Subscription.objects.filter(stripe_subscription_id__in=told)
    }
    for key, facts in told.items():
        plan = plans.get(key)
        if plan is None:
            found.strange += facts.status not in ("canceled", "incomplete", "incomplete_expired")
            continue
        waiting.discard(plan.pk)
        found.compared += 1
        found.mended += _mend(plan, facts, begun, is_rehearsal)


def _mend(plan: Subscription, facts: SubscriptionFacts, at: datetime, is_rehearsal: bool) -> bool:
    """Bring a plan to what Stripe says; True when something was different."""
    with transaction.atomic():
        plan = Subscription.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        if plan.stripe_event_at and plan.stripe_event_at > at:
            return False  # News came while the list was read: it is younger than the list.
        before = {name: getattr(plan, name) for name in _COMPARED}
        plan_follow(plan, facts, at=at, why="compared with Stripe")
        differs = {name: old for name, old in before.items() if getattr(plan, name) != old}
        if not differs or is_rehearsal:
            transaction.set_rollback(True)
            return bool(differs)
        plan.save()
        # What we did not know yet is no difference: plans from before these columns.
        is_news = all(old in (None, "") for old in differs.values())
        if not is_news:
            audit_record(
                action="subscription.mended",
                subject=f"subscription:{plan.reference}",
                before={name: _plain(old) for name, old in differs.items()},
                after={name: _plain(getattr(plan, name)) for name in differs},
            )
    return not is_news


def _plain(value: Any) -> str | int | bool | None:
    return value.isoformat() if isinstance(value, datetime) else value
