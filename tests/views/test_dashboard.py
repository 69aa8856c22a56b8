"""The first page of staff: each figure opens the rows that make it, and nobody sees more than their role."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.clock import charity_date, clock_at, day_begin, now
from api.models import (
    Campaign,
    Difference,
    Dispute,
    DisputeStatus,
    Donation,
    Fund,
    Payout,
    PayoutStatus,
    Reconciliation,
    ReconciliationStage,
    Role,
    Subscription,
    SubscriptionStatus,
    WebhookEvent,
    WebhookStatus,
)
from api.services.dashboard import dashboard_read, span_year_before, spans_of
from api.services.donations import donation_settle
from api.services.giving_figures import Span
from api.services.payments import Settlement
from api.services.subscriptions import SubscriptionFacts, subscription_follow
from api.services.summaries import summaries_fold
from tests.clients import Client
from tests.people import staff
from tests.services.conftest import make_donation

__all__ = ["make_donation"]
pytestmark = pytest.mark.django_db
Make = Callable[..., Donation]


def paid(gift: Donation, on: date) -> Donation:
    """The money of a gift came in the first minute of a day."""
    return settle(gift, day_begin(on) + timedelta(minutes=1))


def settle(gift: Donation, at: datetime) -> Donation:
    """The money of a gift came at a moment."""
    donation_settle(
        Settlement(
            donation_id=gift.pk,
            amount_minor=gift.total_minor,
            currency=gift.currency,
            received_at=at,
            why="test",
            is_history=True,
        )
    )
    return gift


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(staff(role))
    return client


def told(role: Role = Role.ADMINISTRATOR) -> Any:
    """What a program of this role is told."""
    answer = signed_in(role).get("/api/staff/dashboard/")
    assert answer.status_code == 200
    return answer.json()


def page(role: Role = Role.ADMINISTRATOR) -> str:
    answer = signed_in(role).get("/admin/")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


@pytest.fixture
def today() -> date:
    return charity_date(now())


@pytest.fixture
def charity(make_donation: Make, today: date) -> None:
    """Gifts today, this month and the same days a year before, two funds, an appeal, a second currency."""
    winter = Campaign.objects.create(code="winter", name="Winter coats")
    general, other = Fund.objects.all()[:2]
    before = span_year_before(Span(today, today)).begins_on
    paid(make_donation(campaign=winter), today)
    paid(make_donation(amount_minor=1500, fund=other, fee_cover_minor=60), today)
    paid(make_donation(amount_minor=9900, fund=general), before)
    paid(make_donation(amount_minor=700, currency="EUR"), today)
    paid(make_donation(amount_minor=12345), before - timedelta(days=800))


def test_figures_are_held_against_the_same_days_a_year_before(charity: None, today: date) -> None:
    (gbp, eur) = told()["purses"]
    assert (gbp["currency"], eur["currency"]) == ("GBP", "EUR")
    by_name = {one["name"]: one for one in gbp["received"]}
    for name, span in spans_of(today).items():
        one, before = by_name[name], span_year_before(span)
        assert (one["now"]["gifts"], one["now"]["given_minor"]) == (2, 2500 + 1560)
        assert one["now"]["average_one_off_minor"] == 2030
        assert (one["before"]["gifts"], one["before"]["given_minor"]) == (1, 9900)
        assert one["before"]["span"]["begins_on"] == before.begins_on.isoformat()
    assert [one["now"]["given_minor"] for one in eur["received"]] == [700] * 3
    shown = page()
    assert "£40.60" in shown and "€7.00" in shown
    assert "£58.40 (59 %) less than" in shown and "(£99.00)" in shown
    assert "€7.00 more than" in shown


EDGES = (
    "2028-02-29T12:00:00+00:00",
    "2029-02-28T12:00:00+00:00",
    "2027-04-05T22:59:59+00:00",  # still the 5th in London
    "2027-04-05T23:00:00+00:00",  # the 6th: a new tax year
    "2027-10-31T00:30:00+00:00",  # the day of 25 hours
    "2027-01-01T00:00:00+00:00",
)


@pytest.mark.parametrize("moment", EDGES)
def test_figures_equal_a_recount_by_hand_at_the_edges_of_days_months_and_years(
    make_donation: Make, moment: str
) -> None:
    london, at = ZoneInfo("Europe/London"), datetime.fromisoformat(moment)
    today = at.astimezone(london).date()
    tax = date(today.year - ((today.month, today.day) < (4, 6)), 4, 6)
    begins = {"today": today, "month": today.replace(day=1), "tax_year": tax}

    def year_before(day: date) -> date:
        is_leap_day = (day.month, day.day) == (2, 29)
        return date(day.year - 1, day.month, 28 if is_leap_day else day.day)

    spans = {name: (first, today) for name, first in begins.items()}
    before = {name: tuple(map(year_before, span)) for name, span in spans.items()}
    gifts = []
    for number, day in enumerate(
        sorted({day for span in (spans | before).values() for day in span})
    ):
        for edge in (day, day + timedelta(days=1)):
            for seconds in (-1, 0):
                came = datetime.combine(edge, time(), london) + timedelta(seconds=seconds)
                currency = "EUR" if (number + seconds) % 2 else "GBP"
                gift = make_donation(amount_minor=1009 + 7 * len(gifts), currency=currency)
                settle(gift, came)
                gifts.append((came.astimezone(london).date(), currency, gift.amount_minor))

    def recount(currency: str, first: date, last: date) -> tuple[int, int]:
        minors = [minor for day, of, minor in gifts if of == currency and first <= day <= last]
        return len(minors), sum(minors)

    for is_folded in (False, True):
        with clock_at(at):
            found = dashboard_read(lambda right: True)
        assert [purse.currency for purse in found.purses] == ["GBP", "EUR"]
        for purse in found.purses:
            for one in purse.received:
                now_is = recount(purse.currency, *spans[one.name])
                then_was = recount(purse.currency, *before[one.name])
                assert (one.now.gifts, one.now.given_minor) == now_is
                assert (one.before.gifts, one.before.given_minor) == then_was
        if not is_folded:
            summaries_fold()


def test_every_figure_of_gifts_opens_the_rows_that_sum_to_it(charity: None) -> None:
    client, shown = signed_in(Role.ADMINISTRATOR), page()
    figures = re.findall(
        r'href="/admin/donations/\?([^"]+)"><span class="label">[^<]+</span>'
        r'<strong class="money">([£€])([\d.,]+)</strong><small>(?:Of )?(\d+) gift',
        shown,
    )
    assert len(figures) == 8
    for query, _, amount, gifts in figures:
        rows = client.get(f"/api/staff/donations/?{query}").json()["results"]
        assert len(rows) == int(gifts)
        total, minor = sum(row["total_minor"] for row in rows), round(float(amount) * 100)
        assert minor == (total // len(rows) if "kind=one_off" in query else total)
        assert client.get(f"/admin/donations/?{query}").status_code == 200


def test_funds_appeals_and_months_are_there_with_their_rows(charity: None, today: date) -> None:
    gbp = told()["purses"][0]
    assert [(one["code"], one["given_minor"]) for one in gbp["campaigns"]] == [("winter", 2500)]
    assert [one["given_minor"] for one in gbp["funds"]] == [2500, 1560]
    assert len(gbp["months"]) == 13
    assert gbp["months"][-1] == {
        "first": today.replace(day=1).isoformat(),
        "one_off_minor": 4060,
        "monthly_minor": 0,
    }
    assert gbp["months"][0]["one_off_minor"] == 9900
    shown = page()
    assert "campaign=winter" in shown and "Winter coats" in shown
    assert (
        shown.count("<svg") == 2 * 3 and "<script>" not in shown.split('class="staff dashboard"')[1]
    )


def test_monthly_giving_says_how_it_stands_and_each_move_opens_its_plans(
    make_donation: Make, today: date
) -> None:
    gift = make_donation()
    for name, statuses in {
        "a": ["active"],
        "b": ["active", "past_due"],
        "c": ["active", "canceled"],
        "d": ["active", "past_due", "active"],
        "e": [],
    }.items():
        plan = Subscription.objects.create(
            donor=gift.donor,
            fund=gift.fund,
            amount_minor=1000,
            currency="GBP",
            collection_day=1,
        )
        for minute, status in enumerate(statuses):
            facts = SubscriptionFacts(f"sub_{name}", status, plan.reference, None)
            subscription_follow(facts, at=now() + timedelta(seconds=minute), why="test")
    month = told()["purses"][0]["plans"][-1]
    counts = {name: month[name]["plans"] for name in month if isinstance(month[name], dict)}
    assert counts == {
        "new": 4,
        "lost": 1,
        "failing": 2,
        "recovered": 1,
        "active": 2,
        "failing_now": 1,
        "paused": 0,
    }
    shown, client = page(), signed_in(Role.SUPPORT)
    opened = re.findall(
        r'/admin/plans/\?([^"]+)"><span class="label">([^<]+)</span><strong class="money">(\d+)<',
        shown,
    )
    assert [label for _, label, _ in opened] == [
        "Active now",
        "New this month",
        "Lost this month",
        "Failing now",
        "Recovered this month",
    ]
    for query, _, plans in opened:
        rows = client.get(f"/api/staff/plans/?{query}").json()["results"]
        assert len(rows) == int(plans)
    [month_of_chart] = re.findall(
        rf'href="/admin/plans/\?([^"]+)">{charity_date(now()):%b %Y}</a>', shown
    )
    moved = client.get(f"/api/staff/plans/?{month_of_chart}").json()["results"]
    assert len(moved) == 4, "each plan that moved, once"
    failing = [task for task in told()["tasks"] if task["name"] == "plans_failing"]
    assert [task["count"] for task in failing] == [1]


def test_what_needs_a_person_comes_first_and_opens_its_rows(
    charity: None, today: date, make_donation: Make
) -> None:
    assert "Nothing needs a person right now" in page()
    WebhookEvent.objects.create(
        stripe_event_id="evt_1",
        type="x",
        payload={},
        route="/",
        next_attempt_at=now(),
        stripe_created_at=now(),
        status=WebhookStatus.FAILED,
    )
    for number, hours in enumerate((50, 20)):
        Dispute.objects.create(
            donation=make_donation(),
            amount_minor=100,
            currency="GBP",
            status=DisputeStatus.NEEDS_RESPONSE,
            stripe_dispute_id=f"dp_{number}",
            evidence_due_at=datetime(2026, 12, 1, tzinfo=now().tzinfo) + timedelta(hours=hours),
            opened_at=now(),
        )
    tasks = {task["name"]: task for task in told()["tasks"]}
    assert tasks["failed_events"]["count"] == 1
    assert tasks["disputes_due"]["count"] == 2
    assert tasks["disputes_due"]["due_at"].startswith("2026-12-01T20:00")
    shown = page()
    assert shown.index("disputes wait for our answer") < shown.index("Received this month")
    assert "The first by 1 Dec 2026, 20:00" in shown
    client = signed_in(Role.FINANCE)
    for task in tasks.values():
        assert client.get(task["address"]).status_code == 200, task["address"]


def test_a_comparison_that_failed_hides_no_difference_and_calls_no_books_equal(
    charity: None,
) -> None:
    def compared(stage: ReconciliationStage) -> Reconciliation:
        ends_at = now()
        begins_at = ends_at - timedelta(days=7)
        return Reconciliation.objects.create(begins_at=begins_at, ends_at=ends_at, stage=stage)

    def tasks() -> tuple[int, int]:
        found = {task["name"]: task["count"] for task in told()["tasks"]}
        return found["differences"], found["comparison_failed"]

    compared(ReconciliationStage.FAILED)
    assert tasks() == (0, 1) and "our books agree with Stripe" not in page()
    run = compared(ReconciliationStage.FINISHED)
    assert tasks() == (0, 0) and "our books agree with Stripe" in page()
    Difference.objects.create(
        reconciliation=run, kind="not_here", subject="txn_1", amount_minor=1, currency="GBP"
    )
    assert tasks() == (1, 0)
    failed = compared(ReconciliationStage.FAILED)
    Reconciliation.objects.filter(pk=failed.pk).update(finished_at=now())
    client = signed_in(Role.FINANCE)
    kept = client.get(f"/admin/api/reconciliation/{failed.pk}/change/").content.decode()
    assert "has not finished: run it again" in kept and "to the penny" not in kept
    assert tasks() == (1, 1) and "our books agree with Stripe" not in page()
    [task] = [task for task in told()["tasks"] if task["name"] == "differences"]
    assert "txn_1" in client.get(task["address"]).content.decode()
    compared(ReconciliationStage.FINISHED)
    assert tasks() == (0, 0)


def test_support_and_fundraisers_see_nothing_of_the_bank_and_the_books(charity: None) -> None:
    Payout.objects.create(
        stripe_payout_id="po_1",
        amount_minor=777,
        currency="GBP",
        status=PayoutStatus.IN_TRANSIT,
        arrives_on=date(2026, 12, 1),
        made_at=now(),
    )
    seen = told(Role.FINANCE)
    assert seen["payouts"] == [
        {"currency": "GBP", "payouts": 1, "amount_minor": 777, "next_on": "2026-12-01"}
    ]
    assert "£7.77" in page(Role.FINANCE) and "£7.77" in page(Role.AUDITOR)
    for role in (Role.SUPPORT, Role.FUNDRAISER):
        names = {task["name"] for task in told(role)["tasks"]}
        assert told(role)["payouts"] is None and names == {"plans_failing", "messages_refused"}
        assert "£7.77" not in page(role) and "/admin/disputes/" not in page(role)
        assert "£40.60" in page(role)


def test_a_new_charity_is_told_where_to_begin_and_who_has_no_role_sees_no_figure(
    no_jobs: None,
) -> None:
    shown = page()
    assert "No gift has come yet" in shown and 'href="/donate"' in shown
    someone = staff(Role.SUPPORT, "Nadia")
    someone.role = ""
    someone.save()
    client = Client()
    client.force_login(someone)
    shown = client.get("/admin/").content.decode()
    assert "Your role does not show figures" in shown and "No gift" not in shown


def test_a_charity_whose_last_gift_is_long_ago_is_not_told_that_none_has_come(
    make_donation: Make, today: date
) -> None:
    paid(make_donation(), today - timedelta(days=3 * 366))
    shown = page()
    assert "No gift has come yet" not in shown and "Received this tax year" in shown


def test_the_page_asks_as_many_questions_for_many_gifts_as_for_few(
    charity: None, make_donation: Make, today: date
) -> None:
    def questions() -> int:
        client = signed_in(Role.ADMINISTRATOR)
        client.get("/admin/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/admin/").status_code == 200
        return len(asked)

    few = questions()
    for number in range(12):
        campaign = Campaign.objects.create(code=f"c{number}", name=f"Appeal {number}")
        currency = "USD" if number % 2 else "GBP"
        paid(make_donation(campaign=campaign, currency=currency), today - timedelta(days=number))
    plan_status = SubscriptionStatus.INCOMPLETE
    assert Subscription.objects.filter(status=plan_status).count() == 0
    assert questions() == few <= 20


def test_a_leap_day_is_held_against_the_28th() -> None:
    leap = date(2028, 2, 29)
    assert span_year_before(Span(leap, leap)) == Span(date(2027, 2, 28), date(2027, 2, 28))
