"""Staff see failed payments as money and ask for rehearsals; donors start plans of any rhythm."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.clock import clock_at
from api.models import PlanInterval, Rehearsal, Role, Subscription
from api.services.funds import funds_seed
from stripe_sim.near import NearClient
from tests.clients import Client
from tests.people import monthly, staff
from tests.plans.test_dunning import SEVENTH, bill_day
from tests.plans.world import World

pytestmark = pytest.mark.django_db
ROUTE = "/api/stripe/subscription-intent/"


@pytest.fixture
def gwen(client: Client) -> Client:
    """Gwen raises funds."""
    client.force_login(staff(Role.FUNDRAISER))
    return client


def test_a_failed_gift_is_money_at_risk_with_what_is_done_next(world: World, gwen: Client) -> None:
    world.start(SEVENTH)
    world.live(bill_day(world))
    world.refuse("insufficient_funds", days=30)
    world.live(datetime(2026, 2, 8, tzinfo=UTC))
    page = gwen.get("/admin/recovery/?days=").content.decode()
    assert "£10.00" in page and "Not enough money in the account" in page
    assert "15 Feb 2026" in page and "Try again" in page
    assert "Amina" not in page and "pm_" not in page


def test_an_empty_span_says_so_and_leads_to_all(world: World, gwen: Client) -> None:
    page = gwen.get("/admin/recovery/").content.decode()
    assert "No gift of a plan failed in this time." in page and 'href="?days="' in page


def test_a_rehearsal_is_asked_once_and_a_policy_without_sense_is_refused_by_name(
    world: World, gwen: Client
) -> None:
    asked = {"plans": "50", "months": "2", "seed": "3", "first": "standard", "second": "own"}
    page = gwen.post("/admin/rehearse/", {**asked, "own": '{"name": "Mine"}'})
    assert page.status_code == 400 and "`groups`" in page.content.decode()
    assert not Rehearsal.objects.exists()
    assert gwen.post("/admin/rehearse/", {**asked, "plans": "0"}).status_code == 400
    done = gwen.post("/admin/rehearse/", {**asked, "second": "gentle"})
    run = Rehearsal.objects.get()
    assert done["Location"] == f"/admin/rehearse/{run.reference}/"
    assert gwen.post("/admin/rehearse/", {**asked, "second": ""}).status_code == 400
    assert "Waiting to begin" in gwen.get(done["Location"]).content.decode()


def year(policy: str, *, won_minor: int, mails: int) -> dict[str, Any]:
    """What a rehearsed year came to."""
    month = {"month": "2026-01", "taken": 90, "taken_minor": 90_000, "mails": mails}
    group = {"group": "funds", "failed": 10, "failed_minor": 10_000}
    return {
        "policy": policy,
        "taken": 90,
        "taken_minor": 90_000,
        "failed": 10,
        "failed_minor": 10_000,
        "recovered": 4,
        "recovered_minor": won_minor,
        "mails": mails,
        "stopped": 1,
        "recovered_by": {"retry": won_minor, "donor": 0, "other": 0},
        "lost": 6,
        "lost_minor": 10_000 - won_minor,
        "open": 0,
        "open_minor": 0,
        "groups": [{**group, "recovered": 4, "recovered_minor": won_minor}],
        "months": [{**month, "failed": 10, "failed_minor": 10_000}],
        "won_by_month": [won_minor],
        "truth": {},
        "is_true": True,
        "seconds": 61,
    }


def test_two_rehearsed_policies_stand_side_by_side_with_what_sets_them_apart(
    world: World, gwen: Client
) -> None:
    years = [
        year("Standard", won_minor=4_000, mails=21),
        year("Gentle", won_minor=2_500, mails=9),
    ]
    run = Rehearsal.objects.create(
        plans=10_000, months=12, seed=1, results=years, state="ready", asked_by=staff(Role.FINANCE)
    )
    page = gwen.get(f"/admin/rehearse/{run.reference}/").content.decode()
    assert "Standard wins back £15.00 more than Gentle: 40.0 % of what was at risk" in page
    assert "and not 25.0 %, with 12 more e-mails." in page
    assert "-£15.00" in page and "+£15.00" in page and "-12" in page
    assert "equals the scenario" in page and "10,000 invented plans" in page
    assert page.count("<figure") == 3


def test_a_rehearsal_under_way_says_how_long_is_left_and_the_form_how_long_it_takes(
    world: World, gwen: Client
) -> None:
    begun = datetime(2026, 11, 24, 12, tzinfo=UTC)
    run = Rehearsal.objects.create(
        plans=9_000, months=12, seed=1, state="running", asked_by=staff(Role.FINANCE)
    )
    told = f"/admin/rehearse/{run.reference}/progress/"
    assert "A rehearsal of this size takes about" in gwen.get(told).json()["words"]
    Rehearsal.objects.update(progress=40, started_at=begun)
    with clock_at(begun + timedelta(minutes=2)):
        assert gwen.get(told).json()["words"] == "Being rehearsed: 40 %, about 3 minutes left"
        page = gwen.get(f"/admin/rehearse/{run.reference}/").content.decode()
    assert "about 3 minutes left" in page
    form = gwen.get("/admin/rehearse/").content.decode()
    assert "10,000 plans about" in form and "At most 20,000 plans over 24 months" in form


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"ends_on": "2030-01-01", "gifts_limit": 3}, "gifts_limit"),
        ({"interval": "week", "collection_day": 3}, "collection_day"),
        ({"interval": "quarter", "collection_day": 31}, "collection_day"),
        ({"interval": "daily"}, "interval"),
        ({"ends_on": "2020-01-01"}, "ends_on"),
        ({"currency": "JPY"}, "currency"),
    ],
)
def test_what_does_not_go_together_is_refused_by_its_field(
    near: NearClient, client: Client, wish: dict[str, Any], field: str
) -> None:
    funds_seed()
    answer = client.post(ROUTE, json.dumps(monthly(**wish)), content_type="application/json")
    assert answer.status_code == 400 and field in answer.json()["fields"]
    assert not Subscription.objects.exists()


def test_a_yearly_plan_of_three_gifts_ends_before_its_fourth(
    near: NearClient, client: Client
) -> None:
    funds_seed()
    wish = {"interval": "year", "gifts_limit": 3}
    answer = client.post(ROUTE, json.dumps(monthly(**wish)), content_type="application/json")
    assert answer.status_code == 201, answer.content
    plan = Subscription.objects.get()
    assert plan.interval == PlanInterval.YEAR and plan.cancel_at and plan.next_bill_at
    assert plan.cancel_at.year - plan.next_bill_at.year == 2
