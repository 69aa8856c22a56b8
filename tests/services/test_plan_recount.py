"""Monthly giving, recounted plan by plan from what happened to each: in any order of plans, on edge days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api.clock import charity_date
from api.models import Fund, Right, Subscription
from api.services.funds import funds_seed
from api.services.plan_facts import SubscriptionFacts
from api.services.plan_figures import PlanMonth, plans_by_month, plans_moved
from api.services.reports.catalogue import REPORTS
from api.services.reports.engine import report_make
from api.services.reports.parameters import parameters_read
from api.services.subscriptions import subscription_follow
from api.services.summaries import summaries_fold
from tests.giving_history import donor
from tests.services.test_summaries import undone

FAILING, STANDS = {"past_due", "unpaid"}, {"active", "trialing", "past_due", "unpaid", "paused"}
ALL_NAMES = ("new", "lost", "failing", "recovered", "active", "failing_now", "paused")


@dataclass(frozen=True)
class Step:
    """What Stripe tells of one plan, so many hours after what it told before."""

    which: int
    status: str
    amount_minor: int
    is_paused: bool
    hours: int


# Month's ends of both changes of the clock, a leap day, a year's end: hours are put on these.
BEGAN = datetime(2024, 2, 29, 22, 30, tzinfo=UTC)
STEPS = st.builds(
    Step,
    which=st.integers(0, 3),
    status=st.sampled_from(["active", "active", "past_due", "unpaid", "trialing", "canceled"]),
    amount_minor=st.sampled_from([1000, 1000, 1500, 333]),
    is_paused=st.booleans(),
    hours=st.sampled_from([0, 1, 2, 23, 24 * 29, 24 * 30 + 1, 24 * 31, 24 * 62]),
)


@dataclass
class Told:
    """A plan by the moments at which it changed: what it was from then on, and what it gave in a month."""

    currency: str
    stays: list[tuple[datetime, str, int]]

    def at_end(self, day: date) -> tuple[str, int]:
        """How it stood when the charity's day was over."""
        known = [stay for stay in self.stays if charity_date(stay[0]) <= day]
        return known[-1][1:] if known else ("incomplete", 0)

    def moves(self, first: date, last: date) -> Iterator[tuple[str, str, int]]:
        """Its moves in these days, with what it gave then."""
        before = "incomplete"
        for at, status, monthly in self.stays:
            if status != before and first <= charity_date(at) <= last:
                yield before, status, monthly
            before = status


def happen(steps: list[Step]) -> list[Told]:
    """Through the real services; every second plan is in euros and weekly."""
    funds_seed()
    amina = donor("Amina Yusuf", "amina@example.org")
    plans, told, at = [], [], BEGAN
    for number in range(4):
        euros = number % 2
        plans.append(
            Subscription.objects.create(
                donor=amina,
                fund=Fund.objects.get(code="general"),
                amount_minor=1000,
                fee_cover_minor=50 if number == 2 else 0,
                currency="EUR" if euros else "GBP",
                interval="week" if euros else "month",
                collection_day=1,
            )
        )
        told.append(Told(plans[-1].currency, []))
    for step in steps:
        at += timedelta(hours=step.hours)
        plan, story = plans[step.which], told[step.which]
        subscription_follow(
            SubscriptionFacts(
                f"sub_{plan.pk}",
                step.status,
                plan.reference,
                None,
                amount_minor=step.amount_minor,
                anchor_at=BEGAN,
                is_paused=step.is_paused,
            ),
            at=at,
        )
        before = story.stays[-1][1] if story.stays else "incomplete"
        if before != "cancelled":
            rests = step.is_paused and step.status in ("active", "trialing")
            status = "paused" if rests else step.status.replace("canceled", "cancelled")
            monthly = step.amount_minor
            if plan.currency == "EUR":
                monthly = (step.amount_minor * 52 + 6) // 12
            story.stays.append((at, status, monthly))
    return told


def recount(told: list[Told], currency: str, first: date, last: date) -> dict[str, tuple[int, int]]:
    """Each figure as how many, and what they give in a month."""
    moves = [move for plan in told if plan.currency == currency for move in plan.moves(first, last)]
    stands = [plan.at_end(last) for plan in told if plan.currency == currency]
    of: dict[str, list[int]] = {
        "new": [a for b, s, a in moves if b == "incomplete" and s in STANDS],
        "lost": [a for b, s, a in moves if b in STANDS and s == "cancelled"],
        "failing": [a for b, s, a in moves if b not in FAILING and s in FAILING],
        "recovered": [a for b, s, a in moves if b in FAILING and s in STANDS - FAILING],
        "active": [a for s, a in stands if s in ("active", "trialing")],
        "failing_now": [a for s, a in stands if s in FAILING],
        "paused": [a for s, a in stands if s == "paused"],
    }
    return {name: (len(amounts), sum(amounts)) for name, amounts in of.items()}


def figures(row: PlanMonth) -> dict[str, tuple[int, int]]:
    return {name: (getattr(row, name).plans, getattr(row, name).amount_minor) for name in ALL_NAMES}


BEGUN_AND_ENDED = [Step(0, "active", 1000, False, 0), Step(0, "canceled", 1000, False, 2)]
SUMMER = [Step(0, "active", 1000, False, 0), Step(0, "past_due", 1000, False, 24 * 31 - 1)]


@pytest.mark.django_db
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=16))
@example(steps=BEGUN_AND_ENDED)
@example(steps=SUMMER)
@example(steps=[Step(1, "active", 1000, True, 23), Step(1, "active", 333, False, 24 * 31)])
def test_every_month_of_monthly_giving_is_what_happened_to_its_plans(
    no_jobs: None, steps: list[Step]
) -> None:
    with undone():
        told = happen(steps)
        last = max([charity_date(stay[0]) for plan in told for stay in plan.stays])
        for _ in range(2):
            rows = plans_by_month(date(2024, 1, 15), last)
            assert rows
            for row in rows:
                over = (row.begins_on + timedelta(days=32)).replace(day=1) - timedelta(days=1)
                counted = recount(told, row.currency, row.begins_on, min(over, last))
                assert figures(row) == counted, (row.begins_on, row.currency)
            for row in plans_moved(last - timedelta(days=1), last):
                days = (last - timedelta(days=1), last)
                assert figures(row) == recount(told, row.currency, *days)
            as_the_report_has_it(rows, last)
            as_the_plans_stand(rows)
            summaries_fold()


def as_the_report_has_it(months: list[PlanMonth], last: date) -> None:
    asked = {"period": "own", "from": "2024-01-15", "to": last.isoformat()}
    parameters = parameters_read(REPORTS["monthly"], asked, today=last, rights=frozenset(Right))
    counts, amounts = report_make(REPORTS["monthly"], parameters, made_by="Dora").body.tables
    assert [row[2:] for row in counts.rows] == [
        tuple(count for count, _ in figures(month).values()) for month in months
    ]
    given = [[amount for _, amount in figures(month).values()] for month in months]
    assert [row[2:] for row in amounts.rows] == [(*one[:2], *one[4:]) for one in given]


def as_the_plans_stand(months: list[PlanMonth]) -> None:
    """The last month, against the plans' own rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT currency, status, count(*),
                      sum(floor((amount_minor + fee_cover_minor)
                                * CASE interval WHEN 'week' THEN 52 ELSE 12 END / 12.0 + 0.5))::bigint
                 FROM api_subscription GROUP BY 1, 2"""
        )
        rows = cursor.fetchall()
    for month in {one.currency: one for one in months}.values():
        for name, statuses in (
            ("active", ("active", "trialing")),
            ("failing_now", FAILING),
            ("paused", ("paused",)),
        ):
            own = [row[2:] for row in rows if row[0] == month.currency and row[1] in statuses]
            count, amount = (sum(column) for column in zip(*own, strict=True)) if own else (0, 0)
            assert figures(month)[name] == (count, amount)
