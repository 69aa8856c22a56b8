"""Gifts in memory or in honour of somebody, and plans of other rhythms: what is kept, said, corrected and shown."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from api.clock import clock_at
from api.models import (
    AuditLine,
    Donation,
    Message,
    MessageKind,
    PlanInterval,
    Role,
    Subscription,
    Tribute,
    TributeKind,
)
from api.services.erasures import erasure_ask, erasure_carry_out
from api.services.funds import funds_seed
from api.services.plan_links import PlanPurpose
from api.services.receipt_emails import receipt_email_send
from api.services.receipts import receipt_document
from api.services.subject_access import donor_data
from api.services.tributes import TributeDetails
from stripe_sim.near import NearClient
from tests.clients import Client
from tests.people import AMINA, gift, monthly, staff
from tests.plans.test_donor_pages import by_link, post, signed_in
from tests.plans.world import World

pytestmark = pytest.mark.django_db
ONCE = "/api/stripe/payment-intent/"
AGAIN = "/api/stripe/subscription-intent/"
RUTH = {"kind": "memory", "name": "Ruth Okafor", "message": "She fed the whole street."}
OF_RUTH = TributeDetails(TributeKind.MEMORY, "Ruth Okafor", "She fed the whole street.")


def sent(client: Client, body: dict[str, Any], route: str = ONCE) -> Any:
    """The form's request."""
    return client.post(route, json.dumps(body), content_type="application/json")


@pytest.fixture
def plan(world: World) -> Iterator[Subscription]:
    """Amina's £10 each quarter in memory of Ruth, four gifts in all, begun on 31 January 2026."""
    made = world.start(interval=PlanInterval.QUARTER, gifts_limit=4, tribute=OF_RUTH)
    with clock_at(world.now):
        yield made


def receipt_of(donation: Donation) -> tuple[str, str]:
    """Both bodies of its receipt e-mail, as sent now."""
    receipt_email_send(donation.pk)
    mail = Message.objects.get(kind=MessageKind.RECEIPT, donation=donation)
    return mail.text, mail.html


@pytest.mark.parametrize(("route", "body"), [(ONCE, gift), (AGAIN, monthly)])
def test_a_tribute_is_kept_on_the_gift_and_its_plan_and_a_repeat_keeps_one(
    near: NearClient, client: Client, route: str, body: Any
) -> None:
    funds_seed()
    asked = body(tribute={**RUTH, "name": "  Ruth \n Okafor "})
    assert [sent(client, asked, route).status_code for _ in range(2)] == [201, 200]
    kept = Tribute.objects.get()
    assert (kept.kind, kept.name, kept.message) == tuple(RUTH.values())
    donation = Donation.objects.get()
    assert donation.tribute == kept and kept.donor == donation.donor
    assert donation.subscription is None or donation.subscription.tribute == kept
    other = sent(client, {**asked, "tribute": {**RUTH, "name": "Ruth"}}, route)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert Tribute.objects.count() == 1
    told = client.get(f"/api/donations/{donation.reference}/").content.decode()
    assert "Ruth" not in told, "whoever has the reference may see a gift's state"


@pytest.mark.parametrize("name", ["Ruth", "عبد الرحمن", "דוד כהן", "王秀英", "Ö" * 200, "🌊"])
def test_a_name_in_any_script_is_taken(near: NearClient, client: Client, name: str) -> None:
    funds_seed()
    assert sent(client, gift(tribute={"kind": "honour", "name": name})).status_code == 201
    assert Tribute.objects.get().name == name


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": ""}, "tribute.name", "Enter a name"),
        ({"name": " \n "}, "tribute.name", "Enter a name"),
        ({"name": None}, "tribute.name", "null"),
        ({"name": "a" * 201}, "tribute.name", "200"),
        ({"name": "Ruth\x00"}, "tribute.name", "control characters"),
        ({"name": "Ruth\ud800"}, "tribute.name", "urrogate"),
        ({"name": ["Ruth"]}, "tribute.name", "string"),
        ({"message": "a" * 501}, "tribute.message", "500"),
        ({"message": "\x07"}, "tribute.message", "control characters"),
        ({"kind": "birthday"}, "tribute.kind", "memory or honour"),
    ],
)
@pytest.mark.parametrize("route", [ONCE, AGAIN])
def test_a_tribute_in_bad_shape_is_named_and_starts_nothing(
    near: NearClient, client: Client, change: dict[str, Any], field: str, words: str, route: str
) -> None:
    funds_seed()
    answer = sent(client, gift(tribute={**RUTH, **change}), route)
    assert answer.status_code == 400, answer.content
    assert list(answer.json()["fields"]) == [field]
    assert words in answer.json()["fields"][field][0]
    assert not Donation.objects.exists() and not Tribute.objects.exists()


def test_only_rhythms_that_the_charity_offers_may_be_started(
    near: NearClient, client: Client, settings: Settings
) -> None:
    funds_seed()
    settings.GIFT_RHYTHMS = ["quarter"]
    assert client.get("/api/giving/").json()["intervals"] == ["month", "quarter"]
    codes = {
        name: sent(client, monthly(interval=name), AGAIN).status_code
        for name in PlanInterval.values
    }
    assert codes == {"week": 400, "month": 201, "quarter": 201, "year": 400}
    refused = sent(client, monthly(interval="week"), AGAIN).json()
    assert refused["fields"] == {"interval": ["Choose how often: month, quarter."]}


def test_a_quarterly_plan_is_called_so_and_its_last_receipt_promises_no_further_gift(
    world: World, plan: Subscription
) -> None:
    first = plan.donations.get()
    text, html = receipt_of(first)
    for body in (text, html):
        assert "Your quarterly gift of £10.00" in body and "In memory of" in body
        assert "on 30 April 2026, and then each quarter until you have given 4 times" in body
        assert "Ruth Okafor" in body and "month" not in body
    said = receipt_document(first.receipt)
    assert (said.frequency, said.tribute) == ("Quarterly", ("In memory of", "Ruth Okafor"))
    assert "your quarterly gift" in (said.how_to_stop or "")
    world.advance(world.now + timedelta(days=280))
    last = plan.donations.latest("pk")
    assert plan.donations.count() == 4 and last.tribute == plan.tribute
    with clock_at(world.now):
        text, html = receipt_of(last)
    assert world.fresh().next_collection_on is None
    assert "We will next collect" not in text and "We will next collect" not in html


def test_a_welsh_receipt_says_it_in_welsh(world: World) -> None:
    plan = world.start(interval=PlanInterval.YEAR, tribute=OF_RUTH)
    type(plan.donor).objects.update(language="cy")
    with clock_at(world.now):
        text, html = receipt_of(plan.donations.get())
    for body in (text, html):
        assert "Bob blwyddyn" in body and "ac yna bob blwyddyn nes i chi ei stopio" in body
        assert "Er cof am" in body and "Ruth Okafor" in body and "rhodd reolaidd" in body


def test_a_donor_corrects_what_coming_gifts_say_and_what_came_stays(
    world: World, plan: Subscription
) -> None:
    amina, path = signed_in(AMINA["email"]), f"plans/{plan.reference}/tribute/"
    (shown,) = amina.get("/api/donor/plans/").json()["plans"]
    assert shown["tribute"] == RUTH and "tribute" in shown["may"] and shown["gifts_limit"] == 4
    right = {"kind": "memory", "name": "Ruth Adaeze Okafor", "message": ""}
    for _ in range(2):
        assert post(amina, path, {"tribute": right}).json()["tribute"] == right
    wrong = post(amina, path, {"tribute": {**right, "name": "a\x00"}})
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["tribute.name"])
    line = AuditLine.objects.get(action="subscription.tribute")
    assert line.detail["before"] == {"name": "Ruth Okafor", "message": RUTH["message"]}
    assert line.detail["after"] == {"name": "Ruth Adaeze Okafor", "message": ""}
    world.advance(world.now + timedelta(days=95))
    newest, first = plan.donations.order_by("-pk")
    assert newest.tribute is not None and newest.tribute.name == "Ruth Adaeze Okafor"
    assert first.tribute is not None and first.tribute.name == "Ruth Okafor"
    gifts = amina.get("/api/donor/gifts/").json()["gifts"]
    assert [one["tribute"]["name"] for one in gifts] == ["Ruth Adaeze Okafor", "Ruth Okafor"]
    assert post(amina, path, {"tribute": None}).json()["tribute"] is None
    post(amina, f"plans/{plan.reference}/cancel/", {})
    assert post(amina, path, {"tribute": right}).status_code == 409


def test_whoever_holds_a_link_neither_sees_nor_changes_the_tribute(plan: Subscription) -> None:
    holder, stop = Client(), by_link(plan, PlanPurpose.STOP)
    opened = holder.get("/api/donor/linked-plan/", headers=stop)
    assert opened.json()["plan"]["tribute"] is None and "Ruth" not in opened.content.decode()
    path = f"plans/{plan.reference}/tribute/"
    assert post(holder, path, {"tribute": None}, headers=stop).status_code in (401, 404)
    plan.refresh_from_db()
    assert plan.tribute is not None


def test_staff_see_a_tribute_on_the_gift_the_donor_the_plan_and_in_files(
    plan: Subscription,
) -> None:
    gwen = Client()
    gwen.force_login(staff(Role.FUNDRAISER))
    donation = plan.donations.get()
    for page in (
        f"/admin/api/donation/{donation.pk}/change/",
        f"/admin/api/subscription/{plan.pk}/change/",
        f"/admin/donors/{plan.donor.reference}/",
    ):
        shown = gwen.get(page).content.decode()
        assert "In memory of Ruth Okafor" in shown and "Quarterly" in shown, page
    asked = "has_tribute=yes&columns=reference,tribute_kind,tribute_name,tribute_message,rhythm"
    rows = gwen.get(f"/api/staff/donations/?{asked}").json()["results"]
    assert [row["tribute_name"] for row in rows] == ["Ruth Okafor"]
    file = b"".join(gwen.get(f"/admin/tables/donations.csv?{asked}")).decode()
    assert "Ruth Okafor" in file and "She fed the whole street." in file


def test_a_donor_takes_their_tributes_away_and_is_forgotten_with_them(plan: Subscription) -> None:
    data = donor_data(plan.donor)
    assert [(row["kind"], row["name"]) for row in data["tribute"]] == [("memory", "Ruth Okafor")]
    assert data["donation"][0]["tribute__name"] == "Ruth Okafor"
    receipt = plan.donations.get().receipt
    assert receipt_document(receipt).tribute is not None
    erasure = erasure_ask(donor=plan.donor, actor=None)
    erasure_carry_out(erasure.pk)
    erasure.refresh_from_db()
    assert erasure.certificate["counts"]["tributes deleted"] == 1
    assert not Tribute.objects.exists()
    receipt.refresh_from_db()
    assert "Ruth" not in json.dumps(receipt.document)
    plan.refresh_from_db()
    assert plan.tribute is None and Donation.objects.get().tribute is None
