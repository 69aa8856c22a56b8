"""Amina changes her own plan by her page and by links; nobody else reaches it, by any address."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import get_resolver

from api.clock import clock_at, now
from api.models import (
    Consent,
    Donor,
    DonorPasskey,
    DonorSession,
    Erasure,
    PlanChange,
    Subscription,
    SubscriptionStatus,
)
from api.models.fields import reference_new
from api.services.donor_secrets import CHANGE_SALT, secret_sign
from api.services.donors import donor_customer_follow, donor_edit, donor_version
from api.services.email_changes import email_change_answer, email_change_ask
from api.services.plan_links import GIVING_LINK_PATH, LIVES, PlanPurpose, giving_link
from api.services.tokens import secret_digest
from api.views.donor_access import SESSION_COOKIE
from tests.clients import Client
from tests.people import AMINA, BEN
from tests.plans.world import World

DEEDS = ("amount", "day", "fund", "skip", "pause", "resume", "cancel", "retry", "again", "method")


def signed_in(email: str) -> Client:
    """A browser in which the donors of an address are signed in."""
    client, secret = Client(), f"secret of {email}"
    session = {"digest": secret_digest(secret), "email_key": email}
    DonorSession.objects.create(**session, ends_at=now() + timedelta(days=900))
    client.cookies[SESSION_COOKIE] = secret
    return client


def post(client: Client, path: str, body: dict[str, Any], **more: Any) -> Any:
    """One call of the site."""
    text = json.dumps({"reference": reference_new(), **body})
    return client.post(f"/api/donor/{path}", text, content_type="application/json", **more)


@pytest.fixture
def plan(world: World) -> Iterator[Subscription]:
    """Amina's £10 a month, begun on 31 January 2026; it is that moment still."""
    made = world.start()
    with clock_at(world.now):
        yield made


@pytest.fixture
def amina(plan: Subscription) -> Client:
    """Amina, signed in."""
    return signed_in(AMINA["email"])


@pytest.fixture
def ben(plan: Subscription) -> Client:
    """Ben, who gave too, signed in."""
    Donor.objects.create(**BEN, name_key="ben", email_key=BEN["email"])
    return signed_in(BEN["email"])


def test_a_plan_is_shown_with_its_next_twelve_charges(amina: Client, plan: Subscription) -> None:
    (told,) = amina.get("/api/donor/plans/").json()["plans"]
    assert (told["total_minor"], told["interval"], told["is_over"]) == (1000, "month", False)
    assert [one["on"] for one in told["coming"]][:3] == ["2026-02-28", "2026-03-31", "2026-04-30"]
    assert len(told["coming"]) == 12 and {one["amount_minor"] for one in told["coming"]} == {1000}
    (gift,) = amina.get("/api/donor/gifts/").json()["gifts"]
    receipt = amina.get(f"/api/donor/gifts/{gift['reference']}/receipt.pdf")
    assert receipt["Content-Type"] == "application/pdf" and receipt.content.startswith(b"%PDF")


def test_what_a_donor_changes_is_what_is_shown_and_a_second_click_is_the_same_deed(
    amina: Client, plan: Subscription
) -> None:
    base = f"plans/{plan.reference}"
    form = {"reference": reference_new(), "amount_minor": 700}
    for _ in range(2):
        told = post(amina, f"{base}/amount/", form).json()
    assert {one["amount_minor"] for one in told["coming"]} == {700}
    told = post(amina, f"{base}/skip/", {}).json()
    assert next((one["on"], one["why"]) for one in told["coming"]) == ("2026-02-28", "skipped")
    assert post(amina, f"{base}/skip/", {}).status_code == 409
    assert post(amina, f"{base}/resume/", {}).json()["coming"][0]["is_taken"] is True
    told = post(amina, f"{base}/pause/", {"until": "2026-05-15"}).json()
    assert next(one["on"] for one in told["coming"] if one["is_taken"]) == "2026-05-31"
    told = post(amina, f"{base}/cancel/", {}).json()
    assert (told["is_over"], told["coming"], told["may"]) == (True, [], [])
    kinds = [change.kind for change in PlanChange.objects.order_by("id")]
    assert kinds == ["amount", "skip", "resume", "pause", "cancel"]
    assert {change.by for change in PlanChange.objects.all()} == {None}


def test_a_form_in_bad_shape_names_the_field_and_changes_nothing(
    amina: Client, plan: Subscription
) -> None:
    base = f"plans/{plan.reference}"
    for deed, body, field in (
        ("amount", {"amount_minor": 1}, "amount_minor"),
        ("amount", {"amount_minor": "x"}, "amount_minor"),
        ("day", {"day": 32}, "day"),
        ("fund", {"fund": "no-such-fund"}, "fund"),
        ("pause", {"until": "2026-02-01"}, "until"),
    ):
        answer = post(amina, f"{base}/{deed}/", body)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field]), deed
    assert PlanChange.objects.count() == 0


def test_no_donor_reaches_what_is_anothers_by_any_route(ben: Client, plan: Subscription) -> None:
    gift = plan.donations.get()
    passkey = DonorPasskey.objects.create(
        email_key=plan.donor.email_key, name="Phone", credential=b""
    )
    mine = {
        "people": plan.donor.reference,
        "gifts": gift.reference,
        "plans": plan.reference,
        "passkeys": passkey.reference,
    }
    walked = 0
    for route in donor_routes():
        noun = route.split("/")[2]
        if "<str:reference>" not in route:
            continue
        url = "/" + route.replace("<str:reference>", mine[noun]).replace("<str:form>", "json")
        for method in ("GET", "POST", "PATCH", "DELETE"):
            answer = ben.generic(method, url, '{"name": "Mine"}', content_type="application/json")
            assert answer.status_code in (404, 405), f"{url}: {answer.status_code}"
            assert mine[noun] not in answer.content.decode()
            walked += answer.status_code == 404
    assert walked >= 15
    for path in ("plans", "gifts"):
        assert ben.get(f"/api/donor/{path}/").json()[path] == []
    assert AMINA["name"] not in ben.get("/api/donor/me/").content.decode()
    assert PlanChange.objects.count() == 0


def donor_routes() -> list[str]:
    """Every address of the donor's own pages."""
    (api,) = [one for one in get_resolver().url_patterns if str(one.pattern) == "api/"]
    found = ["api/" + str(one.pattern) for one in api.url_patterns]
    return [one for one in found if one.startswith("api/donor/")]


def by_link(plan: Subscription, purpose: PlanPurpose) -> dict[str, str]:
    """The header of whoever holds a link."""
    return {"Giving-Link": giving_link(plan, purpose).partition(GIVING_LINK_PATH)[2]}


def test_a_link_does_what_it_is_for_and_nothing_else(world: World, plan: Subscription) -> None:
    base, holder = f"plans/{plan.reference}", Client()
    stop = by_link(plan, PlanPurpose.STOP)
    opened = holder.get("/api/donor/linked-plan/", headers=stop).json()
    assert (opened["purpose"], "cancel" in opened["plan"]["may"]) == ("stop", True)
    assert "amount" not in opened["plan"]["may"]
    for deed in ("day", "fund", "method/start", "again"):
        assert post(holder, f"{base}/{deed}/", {}, headers=stop).status_code in (401, 404), deed
    more = post(holder, f"{base}/amount/", {"amount_minor": 5000}, headers=stop)
    less = post(holder, f"{base}/amount/", {"amount_minor": 500}, headers=stop)
    assert (more.status_code, less.status_code) == (404, 200)
    for path in ("me", "gifts", "plans"):
        assert holder.get(f"/api/donor/{path}/", headers=stop).status_code == 401
    assert post(holder, f"{base}/cancel/", {}, headers=stop).status_code == 200
    assert world.fresh().status == SubscriptionStatus.CANCELLED


def test_a_link_that_is_over_or_of_another_plan_opens_nothing_and_tells_nothing(
    plan: Subscription,
) -> None:
    holder, pay = Client(), by_link(plan, PlanPurpose.PAY)
    other = post(holder, f"plans/{reference_new()}/retry/", {}, headers=pay)
    wrong = post(holder, f"plans/{plan.reference}/cancel/", {}, headers=pay)
    cut = holder.get("/api/donor/linked-plan/", headers={"Giving-Link": pay["Giving-Link"][:-2]})
    Donor.objects.filter(pk=plan.donor_id).update(erased_at=now())
    erased = holder.get("/api/donor/linked-plan/", headers=pay)
    Donor.objects.filter(pk=plan.donor_id).update(erased_at=None)
    assert other.content == wrong.content == cut.content == erased.content
    assert {one.status_code for one in (other, wrong, cut, erased)} == {404}
    assert LIVES[PlanPurpose.PAY] == timedelta(days=45)


def test_another_card_is_taken_into_use_once_the_bank_has_confirmed_it(
    world: World, amina: Client, plan: Subscription
) -> None:
    base = f"plans/{plan.reference}/method"
    secret = post(amina, f"{base}/start/", {}).json()["client_secret"]
    setup = secret.partition("_secret_")[0]
    assert post(amina, f"{base}/", {"setup_id": setup}).status_code == 400
    world.sdk.v1.setup_intents.confirm(setup, {"payment_method": "pm_card_mastercard"})
    told = post(amina, f"{base}/", {"setup_id": setup}).json()
    assert "Mastercard" in told["method"]


def test_stripe_is_told_a_new_address_and_name_and_a_customer_who_is_gone_is_no_matter(
    world: World, plan: Subscription
) -> None:
    donor = plan.donor
    change = email_change_ask(
        email_key=donor.email_key, email="amina.new@example.org", address="198.51.100.7"
    )
    for side in ("new", "old"):
        token = secret_sign(f"{change.reference}-{side}", CHANGE_SALT)
        email_change_answer(token=token, says_yes=True)
        world.work()
    customer_id = donor.stripe_customer_id or ""
    told = world.sdk.v1.customers.retrieve(customer_id)
    assert (told.email, told.name) == ("amina.new@example.org", donor.name)
    donor.refresh_from_db()
    changes, version = {"name": "Amina Yusuf-Bell", "city": "Leeds"}, donor_version(donor)
    donor_edit(reference=donor.reference, changes=changes, version=version, actor=None)
    world.work()
    assert world.sdk.v1.customers.retrieve(customer_id).name == "Amina Yusuf-Bell"
    donor_customer_follow(donor.pk)
    told = world.sdk.v1.customers.retrieve(customer_id)
    assert (told.email, told.name) == ("amina.new@example.org", "Amina Yusuf-Bell")
    world.sdk.v1.customers.delete(customer_id)
    donor_customer_follow(donor.pk)


def test_details_consents_and_data_are_the_donors_own(amina: Client, plan: Subscription) -> None:
    person = f"people/{plan.donor.reference}"
    changed = amina.patch(
        f"/api/donor/{person}/", json.dumps({"city": "Leeds"}), content_type="application/json"
    )
    assert changed.status_code == 204 and Donor.objects.get(pk=plan.donor_id).city == "Leeds"
    choice = {"channel": "email", "is_given": True, "language": "cy"}
    told = post(amina, f"{person}/consents/", choice).json()
    kept = Consent.objects.get()
    assert (kept.state, kept.basis, kept.source) == ("given", "consent", "website")
    assert kept.wording == next(one["wording"] for one in told if one["channel"] == "email")
    assert "e-bostio" in kept.wording
    post(amina, f"{person}/consents/", {**choice, "is_given": False})
    assert [one.state for one in Consent.objects.all()] == ["withdrawn", "given"]
    data = json.loads(amina.get(f"/api/donor/{person}/data.json").content)
    assert data["donor"][0]["city"] == "Leeds"


def test_an_account_is_closed_once_the_address_was_typed(amina: Client, plan: Subscription) -> None:
    assert post(amina, "close/", {"email": "yes"}).status_code == 400
    assert Erasure.objects.count() == 0
    assert post(amina, "close/", {"email": "Amina@Example.org"}).status_code == 204
    assert Erasure.objects.get().donor == plan.donor
    assert amina.get("/api/donor/me/").status_code == 401


def test_the_lists_ask_the_database_as_often_for_one_plan_as_for_many(
    amina: Client, plan: Subscription, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):
        amina.get("/api/donor/plans/")
    for _ in range(3):
        fields = {"donor": plan.donor, "fund": plan.fund, "amount_minor": 500, "currency": "GBP"}
        Subscription.objects.create(**fields, collection_day=1, status="active")
    with django_assert_num_queries(3):
        amina.get("/api/donor/plans/")


def test_a_gift_that_failed_stands_first_and_is_paid_by_one_press(
    world: World, plan: Subscription
) -> None:
    world.refuse("insufficient_funds", days=60)
    world.live(world.now + timedelta(days=30))
    world.accept()
    with clock_at(world.now):
        amina = signed_in(AMINA["email"])
        (told,) = amina.get("/api/donor/plans/").json()["plans"]
        assert (told["failed"]["amount_minor"], told["failed"]["needs"]) == (1000, "pay")
        assert (told["failed"]["failed_on"], "retry" in told["may"]) == ("2026-02-28", True)
        tried = post(amina, f"plans/{plan.reference}/retry/", {}).json()
        assert (tried["is_taken"], tried["client_secret"]) == (True, "")
    world.work()
    with clock_at(world.now):
        (told,) = amina.get("/api/donor/plans/").json()["plans"]
        assert told["failed"] is None
        again = post(amina, f"plans/{plan.reference}/again/", {"amount_minor": 2000}).json()
        assert (again["status"], again["total_minor"]) == ("succeeded", 2000)
    assert world.charged()[-2:] == [(world.now.date(), 1000), (world.now.date(), 2000)]
