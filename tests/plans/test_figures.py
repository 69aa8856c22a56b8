"""What reports say of plans is what happened to them: through the real services, on the simulator's clock."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from api.clock import charity_date, clock_at
from api.models import (
    Donation,
    DonationStatus,
    PlanInterval,
    Recovery,
    Right,
    Role,
    SubscriptionStatus,
)
from api.services.follow_ups import follow_up_undo, follow_up_write_off
from api.services.plan_facts import facts_from_payload
from api.services.plan_figures import plans_by_month
from api.services.recovery_figures import recoveries_by_month, recoveries_funnel
from api.services.reports.catalogue import REPORTS
from api.services.reports.engine import report_make
from api.services.reports.parameters import parameters_read
from api.services.subscriptions import subscription_follow
from tests.people import staff
from tests.plans.world import World

SEVENTH = datetime(2026, 1, 7, 8, 30, tzinfo=UTC)
YEAR = {"period": "own", "from": "2026-01-01", "to": "2026-12-31"}


def table(world: World, report: str, name: str, **asked: str) -> list[dict[str, Any]]:
    """A report's table at the world's time."""
    today = charity_date(world.now)
    parameters = parameters_read(
        REPORTS[report], YEAR | asked, today=today, rights=frozenset(Right)
    )
    with clock_at(world.now):
        made = report_make(REPORTS[report], parameters, made_by="Dora")
    found = next(one for one in made.body.tables if one.name == name)
    columns = [column.name for column in found.columns]
    return [dict(zip(columns, row, strict=True)) for row in found.rows]


def became(world: World) -> list[tuple[Any, ...]]:
    """What became of gifts that failed at first, month by month."""
    names = ("first_on", "failed", "recovered", "given_up", "open")
    return [
        tuple(row[name] for name in names)
        for row in table(world, "recovery", "steps", step="month")
    ]


def until_refused(world: World, code: str, **refused: Any) -> None:
    """Amina's second gift is refused."""
    world.start(SEVENTH)
    plan = world.fresh()
    assert plan.next_bill_at
    world.live(plan.next_bill_at - timedelta(minutes=30))
    world.refuse(code, **refused)


def test_a_gift_that_was_let_go_is_given_up_in_the_report_too_and_not_still_open(
    world: World,
) -> None:
    until_refused(world, "lost_card", days=400)
    world.live(datetime(2026, 3, 6, 12, tzinfo=UTC), step=timedelta(hours=12))
    assert world.fresh().status == SubscriptionStatus.ACTIVE
    assert became(world) == [(date(2026, 2, 1), 1, 0, 1, 0)]
    [funnel] = recoveries_funnel(since=None)
    assert (funnel.failed.count, funnel.lost.count, funnel.open.count) == (1, 1, 0)
    assert [row["reason"] for row in table(world, "recovery", "reasons")] == ["Lost card"]


def test_a_gift_that_staff_wrote_off_is_given_up_until_they_wait_for_it_again(
    world: World,
) -> None:
    until_refused(world, "insufficient_funds", days=400)
    world.live(datetime(2026, 2, 8, tzinfo=UTC))
    assert became(world) == [(date(2026, 2, 1), 1, 0, 0, 1)]
    gift = world.plan.donations.get(status=DonationStatus.FAILED)
    dora = staff(Role.FINANCE)
    follow_up_write_off(donation_reference=gift.reference, reference="off", actor=dora)
    assert became(world) == [(date(2026, 2, 1), 1, 0, 1, 0)]
    follow_up_undo(donation_reference=gift.reference, actor=dora)
    assert became(world) == [(date(2026, 2, 1), 1, 0, 0, 1)]


def test_a_failure_that_we_are_told_of_late_counts_in_the_month_of_its_try(world: World) -> None:
    world.start(datetime(2026, 1, 31, 12, tzinfo=UTC))
    plan = world.fresh()
    assert plan.next_bill_at
    world.live(plan.next_bill_at - timedelta(minutes=30))
    world.refuse("insufficient_funds", days=400)
    tried_on = charity_date(plan.next_bill_at)
    world.advance(datetime(2026, 3, 3, tzinfo=UTC), is_told=False)
    world.tell()
    assert tried_on.month == 2 and became(world) == [(date(2026, 2, 1), 1, 0, 0, 1)]
    assert [one.label for one in recoveries_by_month(since=None)] == ["Feb 2026"]


def test_the_page_of_failed_payments_has_the_charitys_months(world: World) -> None:
    until_refused(world, "insufficient_funds", days=400)
    world.live(datetime(2026, 2, 8, tzinfo=UTC))
    # Half past eleven at night in UTC on 30 June is July in London.
    Recovery.objects.update(opened_at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    assert [one.label for one in recoveries_by_month(since=None)] == ["Jul 2026"]


def test_the_first_gift_that_we_know_of_a_plan_from_before_is_counted_when_it_fails(
    world: World,
) -> None:
    until_refused(world, "insufficient_funds", days=400)
    # What it gave before was never brought in: its first gift stands for none.
    first = world.plan.donations.get()
    Donation.objects.filter(pk=first.pk).update(kind="one_off", subscription=None)
    world.live(datetime(2026, 2, 8, tzinfo=UTC))
    assert became(world) == [(date(2026, 2, 1), 1, 0, 0, 1)]


def test_a_gift_that_failed_twice_and_came_is_recovered_once(world: World) -> None:
    until_refused(world, "insufficient_funds", until=datetime(2026, 2, 20, tzinfo=UTC))
    world.live(datetime(2026, 3, 3, tzinfo=UTC), step=timedelta(hours=12))
    assert became(world) == [(date(2026, 2, 1), 1, 1, 0, 0)]
    months = plans_by_month(date(2026, 1, 1), date(2026, 3, 3))
    assert [(one.new.plans, one.failing.plans, one.recovered.plans) for one in months] == [
        (1, 0, 0),
        (0, 1, 1),
        (0, 0, 0),
    ]
    retries = Recovery.objects.get().steps.filter(deed="retry")
    assert [step.outcome for step in retries] == ["insufficient_funds", "taken"]


def test_another_rhythm_at_stripe_changes_what_plans_give_each_month(world: World) -> None:
    plan = world.start(SEVENTH)
    told = dict(world.near.state.get("subscription", plan.stripe_subscription_id or ""))
    item = dict(told["items"]["data"][0])
    for amount, interval, monthly in (
        (1000, "year", 83),
        (2400, "year", 200),
        (1000, "month", 1000),
    ):
        price = item["price"] | {"unit_amount": amount, "recurring": {"interval": interval}}
        told["items"] = {"data": [item | {"price": price}]}
        world.now += timedelta(hours=1)
        assert subscription_follow(facts_from_payload(told), at=world.now)
        assert world.fresh().monthly_minor == monthly
        [month] = plans_by_month(date(2026, 1, 1), date(2026, 1, 31))
        assert (month.active.plans, month.active.amount_minor) == (1, monthly), interval
    assert world.plan.interval == PlanInterval.MONTH
