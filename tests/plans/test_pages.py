"""Staff see failed payments as money and ask for rehearsals; donors start plans of any rhythm."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

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
