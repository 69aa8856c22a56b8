"""What is asked of a plan comes true at Stripe, once, and in our books."""

from datetime import date, timedelta

from api.clock import clock_at
from api.models import PlanChange, PlanInterval
from api.services.plan_changes import plan_skip_next
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
