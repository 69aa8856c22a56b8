"""A plan as Stripe tells it, and our copy of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.clock import charity_date, from_unix
from api.models import PlanInterval, Subscription, SubscriptionMove, SubscriptionStatus
from api.services.gateways.stripe import id_of
from api.services.plan_calendar import DRAFT

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
# How Stripe says how often.
RHYTHMS = {
    PlanInterval.WEEK: ("week", 1),
    PlanInterval.MONTH: ("month", 1),
    PlanInterval.QUARTER: ("month", 3),
    PlanInterval.YEAR: ("year", 1),
}
INTERVALS = {rhythm: interval for interval, rhythm in RHYTHMS.items()}
# Our note on a pause at Stripe that leaves out one gift only.
SKIP_NOTE = "skip"


@dataclass(frozen=True)
class SubscriptionFacts:
    """A Stripe subscription as an event or an answer tells it; times aware UTC, amount in minor units.

    What an old or short form does not tell is empty, 0 or None.
    """

    id: str
    status: str
    reference: str
    period_end: datetime | None
    item_id: str = ""
    amount_minor: int = 0
    interval: PlanInterval | None = None
    anchor_at: datetime | None = None
    anchor_day: int | None = None
    cancel_at: datetime | None = None
    is_paused: bool = False
    is_skipping: bool = False
    resumes_at: datetime | None = None
    method_id: str = ""

    @property
    def our_status(self) -> SubscriptionStatus | None:
        """In our spelling; a pause that Stripe keeps beside the status is a status of ours."""
        status = STATUSES.get(self.status)
        runs = status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING)
        return SubscriptionStatus.PAUSED if runs and self._rests else status

    @property
    def _rests(self) -> bool:
        return self.is_paused and not self.is_skipping


def facts_from_payload(subscription: dict[str, Any]) -> SubscriptionFacts:
    """From a subscription of any API version: the period moved to the items in 2025-03-31.basil."""
    items = subscription.get("items")
    data = items.get("data") if isinstance(items, dict) else None
    first: dict[str, Any] = data[0] if data else {}
    metadata = subscription.get("metadata")
    noted: dict[str, Any] = metadata if isinstance(metadata, dict) else {}
    pause = subscription.get("pause_collection") or {}
    config = subscription.get("billing_cycle_anchor_config") or {}
    return SubscriptionFacts(
        id=str(subscription["id"]),
        status=str(subscription.get("status", "")),
        reference=str(noted.get("subscription_reference", "")),
        period_end=_moment(
            first.get("current_period_end") or subscription.get("current_period_end")
        ),
        item_id=str(first.get("id") or ""),
        amount_minor=_amount(data or []),
        interval=_interval(first),
        anchor_at=_moment(subscription.get("billing_cycle_anchor")),
        anchor_day=config.get("day_of_month"),
        cancel_at=_moment(subscription.get("cancel_at")),
        is_paused=bool(pause),
        is_skipping=bool(pause) and noted.get("pause_kind") == SKIP_NOTE,
        resumes_at=_moment(pause.get("resumes_at")),
        method_id=id_of(subscription.get("default_payment_method")),
    )


def plan_mirror(plan: Subscription, facts: SubscriptionFacts, *, at: datetime) -> None:
    """Copy onto a plan what Stripe holds, its status apart. The caller saves it."""
    if facts.anchor_at is None:
        # An old form, too short to tell more than when the period ends.
        _next_bill(plan, facts.period_end, at)
        return
    before = plan.monthly_minor
    plan.stripe_item_id = facts.item_id
    plan.interval = facts.interval or plan.interval
    plan.anchor_at, plan.anchor_day = facts.anchor_at, _hidden_day(facts)
    plan.cancel_at = facts.cancel_at
    _next_bill(plan, facts.period_end, at)
    plan.is_paused, plan.is_skipping = facts.is_paused, facts.is_skipping
    plan.resumes_at = facts.resumes_at
    if facts.amount_minor and facts.amount_minor != plan.total_minor:
        cover = plan.fee_cover_minor if facts.amount_minor > plan.fee_cover_minor else 0
        _amount_copy(plan, facts.amount_minor - cover, cover)
    _month_keep(plan, before, at)


def plan_amount_set(
    plan: Subscription, *, amount_minor: int, cover_minor: int, at: datetime
) -> None:
    """Another amount from the next bill on, and what that changes in a month. The caller saves the plan."""
    before = plan.monthly_minor
    _amount_copy(plan, amount_minor, cover_minor)
    _month_keep(plan, before, at)


def _amount_copy(plan: Subscription, amount_minor: int, cover_minor: int) -> None:
    was = plan.total_minor
    plan.amount_minor, plan.fee_cover_minor = amount_minor, cover_minor
    if plan.total_minor == was:
        return
    plan.changed_from_minor = was if plan.changed_from_minor is None else plan.changed_from_minor
    if plan.changed_from_minor == plan.total_minor:
        plan.changed_from_minor = None


def _month_keep(plan: Subscription, before: int, at: datetime) -> None:
    """Another amount or another rhythm: what the plan gives more or less in a month from now on."""
    if plan.monthly_minor == before:
        return
    SubscriptionMove.objects.create(
        subscription=plan,
        from_status=plan.status,
        to_status=plan.status,
        amount_minor=plan.monthly_minor - before,
        currency=plan.currency,
        why="another amount or rhythm",
        at=at,
    )


def _next_bill(plan: Subscription, period_end: datetime | None, at: datetime) -> None:
    if period_end is None:
        return
    if plan.next_bill_at and plan.next_bill_at <= at and not plan.is_paused:
        # It was billed meanwhile, at what the plan gives now.
        plan.changed_from_minor = None
    plan.next_bill_at = period_end
    is_last = plan.cancel_at is not None and period_end >= plan.cancel_at
    plan.next_collection_on = None if is_last else charity_date(period_end + DRAFT)


def _hidden_day(facts: SubscriptionFacts) -> int | None:
    """The day of the month that the anchor's own, shorter month hides."""
    day, anchor = facts.anchor_day, facts.anchor_at
    return day if day and anchor and day > max(28, anchor.day) else None


def _moment(seconds: Any) -> datetime | None:
    return from_unix(seconds) if isinstance(seconds, int) else None


def _amount(items: list[dict[str, Any]]) -> int:
    """What all items ask for; 0 when a price is not fixed in whole minor units."""
    total = 0
    for item in items:
        price = (item.get("price") or {}).get("unit_amount")
        if price is None:
            return 0
        total += int(price) * int(item.get("quantity") or 0)
    return total


def _interval(item: dict[str, Any]) -> PlanInterval | None:
    recurring = (item.get("price") or {}).get("recurring") or {}
    return INTERVALS.get((recurring.get("interval", ""), int(recurring.get("interval_count") or 1)))
