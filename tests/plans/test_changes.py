"""What is asked of a plan comes true at Stripe, once, and in our books."""

from datetime import date, timedelta

import pytest

from api.clock import clock_at
from api.errors import Invalid, MoveRefused
from api.models import (
    AuditLine,
    MessageKind,
    PlanChange,
    PlanChangeState,
    PlanInterval,
    Role,
    SubscriptionStatus,
)
from api.services.plan_calendar import Why
from api.services.plan_changes import (
    plan_change_amount,
    plan_change_day,
    plan_pause,
    plan_skip_next,
)
from api.services.plan_figures import plans_moved
from tests.people import staff
from tests.plans.world import World


def test_a_plan_begun_on_the_31st_keeps_to_the_last_day_of_each_month(world: World) -> None:
    world.start()
    assert [one.on for one in world.shown(5)] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
        date(2026, 5, 31),
        date(2026, 6, 30),
    ]
    since = world.now
    world.advance(world.now + timedelta(days=160))
    assert [one.on for one in world.bills(since)][:5] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
        date(2026, 5, 31),
        date(2026, 6, 30),
    ]


def test_a_gift_left_out_twice_by_the_same_form_is_left_out_once(world: World) -> None:
    plan = world.start()
    with clock_at(world.now):
        first = plan_skip_next(plan=plan, reference="form-1")
        again = plan_skip_next(plan=plan, reference="form-1")
    assert first.pk == again.pk and PlanChange.objects.count() == 1
    assert [one.is_taken for one in world.shown(2)] == [False, True, True]
    assert plan.interval == PlanInterval.MONTH


def test_another_amount_is_what_the_plans_give_in_a_month_from_then_on(world: World) -> None:
    plan = world.start(interval=PlanInterval.YEAR, amount_minor=12000)
    with clock_at(world.now):
        change = plan_change_amount(plan=plan, amount_minor=24000, by=staff(Role.SUPPORT))
        coming = world.shown(2)
    assert [(one.amount_minor, one.why) for one in coming] == [
        (24000, Why.CHANGED_AMOUNT),
        (24000, None),
    ]
    [gbp] = plans_moved(date(2026, 1, 31), date(2026, 1, 31))
    assert (gbp.active.plans, gbp.active.amount_minor, gbp.new.plans) == (1, 2000, 1)
    line = AuditLine.objects.get(action="subscription.amount")
    assert line.actor == change.by
    world.work()
    mail = plan.donor.messages.get(kind=MessageKind.PLAN_CHANGED)
    assert "We changed this for you" in mail.text and "£240.00" in mail.text


def test_what_stripe_refuses_changes_nothing_here(world: World) -> None:
    plan = world.start()
    world.sdk.v1.subscriptions.cancel(plan.stripe_subscription_id or "")
    world.near.drain()  # No delivery came yet.
    with clock_at(world.now), pytest.raises(MoveRefused):
        plan_skip_next(plan=plan, reference="late")
    assert PlanChange.objects.get().state == PlanChangeState.REFUSED
    assert not world.fresh().is_paused


def test_a_plan_of_so_many_gifts_still_gives_as_many_after_one_was_left_out(world: World) -> None:
    plan = world.start(gifts_limit=4)
    with clock_at(world.now):
        plan_skip_next(plan=plan)
        plan_pause(plan=plan, until=date(2026, 5, 2))
    shown = world.shown()
    assert [one.on for one in shown if one.is_taken] == [
        date(2026, 5, 31),
        date(2026, 6, 30),
        date(2026, 7, 31),
    ]
    world.advance(world.now + timedelta(days=400))
    assert world.fresh().status == SubscriptionStatus.CANCELLED
    assert [amount for _, amount in world.charged()] == [1000] * 4


@pytest.mark.parametrize(
    ("day", "words"), [(0, "from 1 to 31"), (31, "taken on this day"), (30, "February has no")]
)
def test_a_day_that_can_not_be_is_refused_with_the_reason(
    world: World, day: int, words: str
) -> None:
    plan = world.start()
    with clock_at(world.now), pytest.raises(Invalid) as refused:
        plan_change_day(plan=plan, day=day)
    assert words in refused.value.fields["day"][0]
    assert not PlanChange.objects.exists()
