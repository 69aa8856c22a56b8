"""The rehearsed year: Stripe's stand-in bills and fails, and our real services do what the policy says.

A day is one look, at noon: Stripe does what was due, its events are told, steps that are due are carried
out, and donors act on the e-mails that reached them. Gifts that come at the first try are only counted.
"""

import gc
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from api.clock import clock_at, from_unix
from api.models import (
    Donor,
    Fund,
    Recovery,
    RecoveryState,
    RecoveryStep,
    Subscription,
    SubscriptionStatus,
)
from api.services.gateways.stripe_rehearsal import KINDS, RehearsedStripe
from api.services.invoices import (
    InvoiceNews,
    facts_from_payload,
    invoices_fail,
    invoices_settle,
)
from api.services.jobs import Noted, jobs_noted
from api.services.plan_facts import RHYTHMS
from api.services.plan_methods import plan_failed_gift, plan_pay_failed, plan_retry_payment
from api.services.recoveries import recoveries_run
from api.services.rehearsal.scenario import BEGINS_AT, DAY, NEVER, ScenarioPlan, Trouble
from api.services.rehearsal.scratch import scratch_tidy
from api.services.stripe_events import HANDLERS

type Progress = Callable[[int], None]
_ENDED, _FAILED, _PAID = KINDS
_BATCH = 1000
_ALL_STEPS = 10**9


@dataclass
class MonthTold:
    """What happened in a month: bills and money in minor units of GBP."""

    taken: int = 0
    taken_minor: int = 0
    failed: int = 0
    failed_minor: int = 0
    mails: int = 0


@dataclass
class Year:
    """The year while it goes on."""

    stripe: RehearsedStripe
    plans: dict[str, ScenarioPlan]
    months: dict[str, MonthTold] = field(default_factory=lambda: defaultdict(MonthTold))
    # By Stripe's id of the plan: who it is, and what it is paid with.
    references: dict[str, str] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    # Plans whose next gift tells whether they missed several in a row.
    at_risk: set[str] = field(default_factory=set)
    at_risk_bills: set[str] = field(default_factory=set)
    mails: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    acts: dict[datetime, list[str]] = field(default_factory=lambda: defaultdict(list))
    over: dict[str, set[Trouble]] = field(default_factory=lambda: defaultdict(set))
    now: datetime = BEGINS_AT


def year_run(
    scenario: Sequence[ScenarioPlan], *, stripe: RehearsedStripe, days: int, progress: Progress
) -> Year:
    """Live through that many days. The scratch books hold what became of each failed gift."""
    year = Year(stripe, {plan.reference: plan for plan in scenario})
    with clock_at(BEGINS_AT):
        _begin(year, scenario)
    scratch_tidy()
    gc.freeze()  # thousands of plans stay for the year: they are not looked through for what is left over
    for day in range(1, days + 1):
        year.now = BEGINS_AT + day * DAY
        year.stripe.advance(year.now)
        with clock_at(year.now), jobs_noted() as noted, transaction.atomic():
            _day(year, noted)
        if day % 30 == 0:
            scratch_tidy()
        progress(day * 100 // days)
    return year


def _begin(year: Year, scenario: Sequence[ScenarioPlan]) -> None:
    """Plans that run already, in our books and at Stripe."""
    fund = Fund.objects.get()
    for start in range(0, len(scenario), _BATCH):
        batch = scenario[start : start + _BATCH]
        made = {
            one["reference"]: one for one in year.stripe.plans_make([_wish(plan) for plan in batch])
        }
        donors = Donor.objects.bulk_create(_donor(plan, made[plan.reference]) for plan in batch)
        Subscription.objects.bulk_create(
            _subscription(plan, donor, fund, made[plan.reference])
            for plan, donor in zip(batch, donors, strict=True)
        )
        for plan in batch:
            one = made[plan.reference]
            year.references[one["subscription"]] = plan.reference
            year.methods[plan.reference] = one["method"]
            if plan.troubles:
                year.stripe.refuse(one["method"], _spans(plan, set(), NEVER))


def _day(year: Year, noted: Noted) -> None:
    _told(year)
    recoveries_run(limit=_ALL_STEPS)
    _told(year)
    _jobs(year, noted)
    _act(year)
    _told(year)
    _jobs(year, noted)


def _told(year: Year) -> None:
    """Stripe's events, until none is left: what is about failed gifts goes through our handlers."""
    while events := year.stripe.events():
        news: dict[str, list[InvoiceNews]] = defaultdict(list)
        for event in events:
            thing, at = event["data"]["object"], from_unix(event["created"])
            if event["type"] == _ENDED:
                HANDLERS[_ENDED](thing, at, event["id"])
            elif _is_followed(year, event, at):
                told = InvoiceNews(facts_from_payload(thing), at, event["id"])
                news[event["type"]].append(told)
        # A plan has one new bill a day at most: no order between what failed and what came is lost.
        if news[_FAILED]:
            invoices_fail(news[_FAILED])
        if news[_PAID]:
            invoices_settle(news[_PAID])


def _is_followed(year: Year, event: dict[str, Any], at: datetime) -> bool:
    kind, thing = event["type"], event["data"]["object"]
    plan = thing["parent"]["subscription_details"]["subscription"]
    month = year.months[f"{at:%Y-%m}"]
    if kind == _PAID:
        month.taken += 1
        month.taken_minor += thing["amount_paid"]
        is_followed = thing["id"] in year.at_risk_bills or plan in year.at_risk
        if thing["id"] not in year.at_risk_bills:
            year.at_risk.discard(plan)
        return is_followed
    if thing["id"] in year.at_risk_bills:
        return False  # A try of ours: its answer told already.
    month.failed += 1
    month.failed_minor += thing["amount_due"]
    year.at_risk_bills.add(thing["id"])
    year.at_risk.add(plan)
    return True


def _jobs(year: Year, noted: Noted) -> None:
    """E-mails are counted and read by their donors; what is to be tried from a new card is tried."""
    steps = [job["recovery_step_id"] for name, job in noted if name == "payment_failed_email"]
    pays = [job for name, job in noted if name == "plan_pay_failed"]
    noted.clear()
    for job in pays:
        plan_pay_failed(**job)
    rows = RecoveryStep.objects.filter(pk__in=steps).exclude(
        recovery__state=RecoveryState.RECOVERED
    )
    for reference in rows.order_by("id").values_list(
        "recovery__subscription__reference", flat=True
    ):
        _read(year, reference)


def _read(year: Year, reference: str) -> None:
    """A donor reads an e-mail; some days later they act, if this is the one that moves them."""
    year.months[f"{year.now:%Y-%m}"].mails += 1
    trouble = _trouble_now(year, reference)
    if trouble is None or not trouble.acts_on_mail:
        return
    year.mails[reference] += 1
    if year.mails[reference] == trouble.acts_on_mail:
        year.acts[year.now + trouble.days_to_act * DAY].append(reference)


def _trouble_now(year: Year, reference: str) -> Trouble | None:
    """The trouble that a plan is in, or None."""
    troubles = (
        one
        for one in year.plans[reference].troubles
        if one.begins_at <= year.now and one not in year.over[reference]
    )
    return max(troubles, key=lambda one: one.begins_at, default=None)


def _act(year: Year) -> None:
    """Donors put it right with their banks, and pay what failed by the link of the e-mail, gift by gift."""
    paying = [plan for one in year.acts.pop(year.now, []) if (plan := _mend(year, one))]
    while paying:
        paying = [
            plan
            for plan in paying
            if plan_failed_gift(plan) and plan_retry_payment(plan=plan).is_taken
        ]
        _told(year)


def _mend(year: Year, reference: str) -> Subscription | None:
    """From now on the bank lets a plan's gifts through. None when nothing is wrong, or the plan has ended."""
    trouble = _trouble_now(year, reference)
    if trouble is None:
        return None
    year.over[reference].add(trouble)
    year.mails[reference] = 0
    plan = Subscription.objects.select_related("donor", "fund").get(reference=reference)
    if plan.status == SubscriptionStatus.CANCELLED:
        return None
    year.stripe.refuse(
        year.methods[reference], _spans(year.plans[reference], year.over[reference], year.now)
    )
    return plan


def _spans(plan: ScenarioPlan, over: set[Trouble], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "from": int(one.begins_at.timestamp()),
            "until": int((now if one in over else one.ends_at).timestamp()),
            "code": one.code,
        }
        for one in plan.troubles
    ]


def _wish(plan: ScenarioPlan) -> dict[str, Any]:
    interval, count = RHYTHMS[plan.interval]
    return {
        "reference": plan.reference,
        "amount": plan.amount_minor,
        "interval": interval,
        "interval_count": count,
        "first": int(plan.first_bill_at.timestamp()),
    }


def _donor(plan: ScenarioPlan, made: dict[str, str]) -> Donor:
    email = f"{plan.reference}@example.org"
    return Donor(
        reference=plan.reference,
        name="A rehearsed donor",
        email=email,
        name_key=plan.reference,
        email_key=email,
        stripe_customer_id=made["customer"],
    )


def _subscription(
    plan: ScenarioPlan, donor: Donor, fund: Fund, made: dict[str, str]
) -> Subscription:
    return Subscription(
        reference=plan.reference,
        donor=donor,
        fund=fund,
        amount_minor=plan.amount_minor,
        currency="GBP",
        interval=plan.interval,
        collection_day=plan.first_bill_at.day,
        status=SubscriptionStatus.ACTIVE,
        stripe_subscription_id=made["subscription"],
        stripe_item_id=made["item"],
        stripe_payment_method_id=made["method"],
        method_kind="card",
        anchor_at=plan.first_bill_at,
        next_bill_at=plan.first_bill_at,
        next_collection_on=plan.first_bill_at.date(),
        created_at=BEGINS_AT - timedelta(days=400),
    )


def recoveries_of_year() -> list[dict[str, Any]]:
    """What became of each failed gift, from the scratch books."""
    names = ("state", "group", "recovered_by", "amount_minor", "opened_at", "closed_at")
    return [dict(row) for row in Recovery.objects.order_by("id").values(*names)]


def plans_stopped() -> int:
    """How many plans were stopped in the year."""
    return Subscription.objects.filter(status=SubscriptionStatus.CANCELLED).count()
