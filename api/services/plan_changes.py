"""What may be asked of a plan that runs, by its donor or by staff: each counts from the next gift on.

Every change is written down first, asked of Stripe under a key of its own, and then copied from
Stripe's answer in one transaction with its audit line, its move and the job for the donor's e-mail.
The same `reference` is the same change, however often it is sent. `by` is the member of staff who
asks; None is the donor. Raises Invalid, MoveRefused, StripeUnavailable (nothing is lost: ask again).
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from api.clock import charity_date, now
from api.errors import Invalid, MoveRefused
from api.models import (
    Fund,
    PlanChange,
    PlanChangeKind,
    PlanChangeState,
    PlanInterval,
    Subscription,
    SubscriptionStatus,
    User,
)
from api.money import money_text
from api.services.donations import fee_cover_of
from api.services.gateways import stripe_plans
from api.services.plan_calendar import (
    DRAFT,
    PlanState,
    charges_left,
    day_next,
    end_for,
    local_moment,
)
from api.services.plan_deeds import (
    Wish,
    change_carry_out,
    change_done,
    change_known,
    change_write,
    plan_lock,
)
from api.services.plan_facts import RHYTHMS, SKIP_NOTE
from api.services.subscriptions import subscription_stop

# A Direct Debit's payer is told two working days before; with a weekend between that is four days.
DEBIT_NOTICE = timedelta(days=4)
LONGEST_PAUSE = timedelta(days=366)
# A skipped bill's pause lasts this much longer than the bill: well before the next one, also of a week.
_SKIP_TAIL = timedelta(hours=12)


def plan_change_amount(
    *,
    plan: Subscription,
    amount_minor: int,
    covers_fee: bool | None = None,
    by: User | None = None,
    reference: str = "",
) -> PlanChange:
    """Another amount, in minor units of the plan's currency, without the fee cover.

    `covers_fee` None: the donor covers the fee if they did before.
    """

    def wish(plan: Subscription, state: PlanState) -> Wish:
        _amount_check(plan, amount_minor)
        covers = plan.fee_cover_minor > 0 if covers_fee is None else covers_fee
        cover = fee_cover_of(amount_minor, plan.currency) if covers else 0
        _notice_check(plan, state)
        return Wish(
            PlanChangeKind.AMOUNT,
            {"items": [_item(plan, plan.fund, amount_minor + cover)]},
            {"amount_minor": plan.amount_minor, "fee_cover_minor": plan.fee_cover_minor},
            {"amount_minor": amount_minor, "fee_cover_minor": cover},
        )

    return change_carry_out(plan, PlanChangeKind.AMOUNT, wish, by=by, reference=reference)


def plan_change_fund(
    *, plan: Subscription, fund_code: str, by: User | None = None, reference: str = ""
) -> PlanChange:
    """Another fund, by its code."""

    def wish(plan: Subscription, state: PlanState) -> Wish:
        fund = Fund.objects.filter(code=fund_code, is_active=True).first()
        if fund is None:
            raise Invalid(fund="Choose a fund that is open for gifts.")
        return Wish(
            PlanChangeKind.FUND,
            {"items": [_item(plan, fund, plan.total_minor)]},
            {"fund": plan.fund.code},
            {"fund": fund.code},
        )

    return change_carry_out(plan, PlanChangeKind.FUND, wish, by=by, reference=reference)


def plan_change_day(
    *, plan: Subscription, day: int, by: User | None = None, reference: str = ""
) -> PlanChange:
    """Another day: of the month (1 to 31), or of the week for a weekly plan (1 is Monday).

    The next gift is taken on it, in the month (or week) in which it was due, or in the one after
    when that day is over. The 29th to 31st are taken where that month has them.
    """

    def wish(plan: Subscription, state: PlanState) -> Wish:
        moment = _day_moment(plan, state, day)
        params: dict[str, Any] = {"trial_end": _unix(moment)}
        if plan.is_skipping:
            params |= _pause(moment + _SKIP_TAIL, SKIP_NOTE)
        moved = replace(state, anchor_at=moment, next_bill_at=moment, anchor_day=None)
        _aim_again(plan, state, moved, params)
        return Wish(
            PlanChangeKind.DAY,
            params,
            {"day": plan.collection_day, "next_on": _on(state.next_bill_at)},
            {"day": day, "next_on": _on(moment)},
        )

    return change_carry_out(plan, PlanChangeKind.DAY, wish, by=by, reference=reference)


def plan_skip_next(
    *, plan: Subscription, by: User | None = None, reference: str = ""
) -> PlanChange:
    """Leave out the next gift; the one after is taken as usual."""

    def wish(plan: Subscription, state: PlanState) -> Wish:
        if plan.is_paused:
            word = "left out already" if plan.is_skipping else "paused already"
            raise MoveRefused(f"The next gift is {word}.")
        resumes = state.next_bill_at + _SKIP_TAIL
        params = _pause(resumes, SKIP_NOTE)
        rests = replace(state, is_paused=True, is_skipping=True, resumes_at=resumes)
        _aim_again(plan, state, rests, params)
        return Wish(PlanChangeKind.SKIP, params, {}, {"skipped_on": _on(state.next_bill_at)})

    return change_carry_out(plan, PlanChangeKind.SKIP, wish, by=by, reference=reference)


def plan_pause(
    *, plan: Subscription, until: date, by: User | None = None, reference: str = ""
) -> PlanChange:
    """Take nothing before a day; from that day on gifts are taken again on their usual day."""

    def wish(plan: Subscription, state: PlanState) -> Wish:
        next_on = charity_date(state.next_bill_at + DRAFT)
        latest = charity_date(now() + LONGEST_PAUSE)
        if not next_on < until <= latest:
            span = f"after {next_on:%-d %B %Y}, when the next gift is due, and up to {latest:%-d %B %Y}"
            raise Invalid(until=f"Choose a date {span}.")
        resumes = local_moment(until)
        params = _pause(resumes, "pause")
        rests = replace(state, is_paused=True, is_skipping=False, resumes_at=resumes)
        _aim_again(plan, state, rests, params)
        before = {"until": _on(plan.resumes_at) if plan.resumes_at else None}
        return Wish(PlanChangeKind.PAUSE, params, before, {"until": until.isoformat()})

    return change_carry_out(plan, PlanChangeKind.PAUSE, wish, by=by, reference=reference)


def plan_resume(*, plan: Subscription, by: User | None = None, reference: str = "") -> PlanChange:
    """End a pause now, or take a gift that was to be left out; what was left out before stays so."""

    def wish(plan: Subscription, state: PlanState) -> Wish:
        if not plan.is_paused:
            raise MoveRefused("This plan is not paused.")
        params: dict[str, Any] = {"pause_collection": "", "metadata": {"pause_kind": ""}}
        goes_on = replace(state, is_paused=False, is_skipping=False, resumes_at=None)
        _aim_again(plan, state, goes_on, params)
        before = {"until": _on(plan.resumes_at) if plan.resumes_at else None}
        return Wish(PlanChangeKind.RESUME, params, before, {"next_on": _on(state.next_bill_at)})

    return change_carry_out(plan, PlanChangeKind.RESUME, wish, by=by, reference=reference)


def plan_cancel(
    *, plan: Subscription, why: str = "", by: User | None = None, reference: str = ""
) -> PlanChange:
    """Stop a plan for good, at once. Safe to call again: an ended plan stays as it is. No gift is given back."""
    with transaction.atomic():
        plan = plan_lock(plan)
        known = change_known(plan, PlanChangeKind.CANCEL, reference)
        # Asked for from two places it is one: the first, which may be under way.
        known = known or plan.changes.filter(kind=PlanChangeKind.CANCEL).first()
        wish = Wish(PlanChangeKind.CANCEL, {}, {"status": plan.status}, {"why": why[:200]})
        change = known or change_write(plan, wish, by, reference)
    if change.state != PlanChangeState.DONE:
        subscription_stop(plan, why=f"asked by {'staff' if by else 'the donor'}")
        with transaction.atomic():
            change_done(plan_lock(plan), change)
    return change


def _item(plan: Subscription, fund: Fund, total_minor: int) -> dict[str, Any]:
    price = stripe_plans.price_data(
        amount_minor=total_minor,
        currency=plan.currency,
        fund_code=fund.code,
        fund_name=fund.name,
        every=RHYTHMS[PlanInterval(plan.interval)],
    )
    return {"id": plan.stripe_item_id, "price_data": price}


def _amount_check(plan: Subscription, amount_minor: int) -> None:
    least, most = settings.GIFT_MINIMUM_MINOR, settings.GIFT_MAXIMUM_MINOR
    if not least <= amount_minor <= most:
        span = f"{money_text(least, plan.currency)} to {money_text(most, plan.currency)}"
        raise Invalid(amount_minor=f"Enter an amount from {span}.")


def _notice_check(plan: Subscription, state: PlanState) -> None:
    if plan.is_debit and state.next_bill_at - now() < DEBIT_NOTICE:
        free = charity_date(state.next_bill_at + DRAFT) + timedelta(days=1)
        raise MoveRefused(
            "Your bank must be told before a Direct Debit changes, and the next one is too near. "
            f"You can change it from {free:%-d %B %Y} on, or leave out the next gift."
        )


def _day_moment(plan: Subscription, state: PlanState, day: int) -> datetime:
    most = 7 if plan.interval == PlanInterval.WEEK else 31
    if not 1 <= day <= most:
        raise Invalid(day=f"Choose a day from 1 to {most}.")
    if plan.status == SubscriptionStatus.PAST_DUE:
        raise MoveRefused(
            "A gift of this plan was not paid. Pay it first, then choose another day."
        )
    if day == plan.collection_day:
        raise Invalid(day="The gift is taken on this day already.")
    _notice_check(plan, state)
    try:
        moment = day_next(state, day=day, after=now())
    except ValueError as error:
        raise Invalid(day=f"{error} has no such day. Choose one up to 28.") from error
    if state.cancel_at and moment >= state.cancel_at and plan.gifts_limit is None:
        raise Invalid(day="The plan ends before that day comes.")
    return moment


def _pause(resumes: datetime, kind: str) -> dict[str, Any]:
    return {
        "pause_collection": {"behavior": "void", "resumes_at": _unix(resumes)},
        "metadata": {"pause_kind": kind},
    }


def _aim_again(
    plan: Subscription, state: PlanState, changed: PlanState, params: dict[str, Any]
) -> None:
    """A plan of so many gifts still gives so many: its end moves with what is left out or moved."""
    left = charges_left(state, after=now()) if plan.gifts_limit else None
    if left is not None:
        ends = end_for(replace(changed, cancel_at=None), gifts=left, after=now())
        params["cancel_at"] = _unix(ends)


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())


def _on(moment: datetime) -> str:
    return charity_date(moment + DRAFT).isoformat()
