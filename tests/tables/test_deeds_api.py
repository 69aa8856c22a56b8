"""Many rows at once and kept views, as somebody's app has them: the same rights, rows and records as the pages."""

import json
from typing import Any

import pytest

from api.clock import now
from api.models import (
    AuditLine,
    Donor,
    DonorTag,
    Receipt,
    Right,
    Role,
    SavedView,
    Tag,
    User,
    WebhookEvent,
    WebhookStatus,
)
from api.services.api_clients import api_client_make
from tests.clients import Client, bearer
from tests.people import staff
from tests.tables.conftest import As
from tests.tables.test_receipt_copies import queued

pytestmark = pytest.mark.django_db
ACTIONS, VIEWS = "/api/staff/actions", "/api/staff/views/"


class App:
    """Somebody's app, or a program, with its token."""

    def __init__(self, header: dict[str, str]) -> None:
        self.header, self.client = header, Client()

    def ask(self, method: str, url: str, body: Any = None, code: int = 200) -> Any:
        """The answer, which has this code."""
        sent = "" if body is None else json.dumps(body)
        answer = self.client.generic(
            method, url, sent, content_type="application/json", headers=self.header
        )
        assert answer.status_code == code, answer.content
        return answer.json() if answer.content else None

    def look(self, deed: str, code: int = 200, **body: Any) -> Any:
        """A preview of a deed such as `donors/tag-add`."""
        return self.ask("POST", f"{ACTIONS}/{deed}/preview/", body, code)

    def say_yes(self, deed: str, seen: Any, code: int = 200) -> Any:
        """The yes to a preview."""
        return self.ask("POST", f"{ACTIONS}/{deed}/", {"preview": seen["preview"]}, code)


def app(role: Role) -> App:
    """The app of somebody in this role."""
    return App(bearer(staff(role)))


def program(*scopes: Right) -> App:
    """A program with these scopes."""
    maker = User.objects.filter(role=Role.ADMINISTRATOR).first() or staff(Role.ADMINISTRATOR)
    _, token = api_client_make(name="Mailer", scopes=list(scopes), expires_at=None, actor=maker)
    return App({"Authorization": f"Bearer {token}"})


def names(told: Any) -> list[str]:
    """What the results of an answer are called."""
    return [one["name"] for one in told["results"]]


def test_an_app_is_told_what_its_person_may_do_and_may_no_more_than_on_the_pages(
    charity: dict[str, Any], no_jobs: None
) -> None:
    hana, iris = app(Role.SUPPORT), app(Role.AUDITOR)
    told = hana.ask("GET", f"{ACTIONS}/donors/")
    assert names(told) == ["tag-add", "tag-remove"]
    assert told["results"][0] == {
        "name": "tag-add",
        "label": "Add the tag",
        "emails": "No e-mail goes out.",
        "can_be_undone": "A tag can be taken away again in the same way.",
        "fields": [{"name": "tag", "label": "Tag"}],
    }
    assert names(hana.ask("GET", f"{ACTIONS}/receipts/")) == ["copy"]
    assert names(hana.ask("GET", f"{ACTIONS}/plans/")) == []
    assert names(iris.ask("GET", f"{ACTIONS}/donors/")) == []
    hana.ask("GET", f"{ACTIONS}/events/", code=403)
    hana.ask("GET", f"{ACTIONS}/moons/", code=404)
    hana.look("donors/delete", 404, query="")
    hana.look("moons/tag-add", 404, query="")
    App({}).look("donors/tag-add", 401, query="", answers={"tag": "Walk"})
    for who in (iris, app(Role.FINANCE), program(Right.DONORS_VIEW), program(Right.DONORS_EDIT)):
        who.look("donors/tag-add", 403, query="", answers={"tag": "Walk"})
    seen = hana.look("donors/tag-add", query="", answers={"tag": "Walk"})
    iris.say_yes("donors/tag-add", seen, 403)
    assert not Tag.objects.exists() and not AuditLine.objects.filter(subject__startswith="donor:")


def test_a_program_tags_the_donors_that_it_saw_once_and_on_record_under_its_name(
    charity: dict[str, Any],
) -> None:
    mailer = program(Right.DONORS_VIEW, Right.DONORS_EDIT)
    erased = charity["donors"][3]
    Donor.objects.filter(pk=erased.pk).update(erased_at=now())
    ids = [one.pk for one in charity["donors"][:4]]
    seen = mailer.look("donors/tag-add", ids=[*ids, ids[0], 10**9], answers={"tag": " Walk  2026 "})
    assert seen["sentence"] == "3 donors have the tag “Walk 2026” afterwards."
    assert (seen["count"], seen["emails"]) == (3, "No e-mail goes out.")
    assert seen["left_out"] == [
        {
            "count": 1,
            "why": "1 donor of those you chose does not need it and is left alone.",
        },
        {"count": 1, "why": "There is no row of this id, or no longer."},
    ]
    assert [row["id"] for row in seen["sample"]] == ids[2::-1]
    assert seen["sample"][2]["name"] == "Amina Yusuf" and "email" not in seen["sample"][2]
    assert not Tag.objects.exists()

    assert mailer.say_yes("donors/tag-add", seen) == {"count": 3}
    assert mailer.say_yes("donors/tag-add", seen) == {"count": 0}
    assert set(DonorTag.objects.values_list("donor", flat=True)) == set(ids[:3])
    lines = AuditLine.objects.filter(action="tag.added", detail={"tag": "Walk 2026"})
    assert sorted(line.subject for line in lines) == sorted(
        f"donor:{one.reference}" for one in charity["donors"][:3]
    )
    assert {line.actor and line.actor.first_name for line in lines} == {"Mailer"}

    seen = mailer.look("donors/tag-remove", query="tag=walk 2026", answers={"tag": "walk 2026"})
    assert mailer.say_yes("donors/tag-remove", seen) == {"count": 3}
    assert mailer.say_yes("donors/tag-remove", seen, 409)["code"] == "rows_moved"
    assert not DonorTag.objects.exists()
    assert AuditLine.objects.filter(action="tag.removed").count() == 3


def test_the_same_yes_to_receipts_again_sends_nothing_more_and_answers_the_same(
    charity: dict[str, Any], no_jobs: None
) -> None:
    hana = app(Role.SUPPORT)
    Donor.objects.filter(name="Chen Wei").update(email="", email_key="")
    ids = list(Receipt.objects.order_by("pk").values_list("pk", flat=True)[:3])
    seen = hana.look("receipts/copy", ids=ids)
    assert seen["sentence"] == "2 receipts are sent again, each to its donor's address of today."
    why = "1 receipt is left out, as we have no e-mail address of Chen Wei."
    assert seen["left_out"] == [{"count": 1, "why": why}]
    assert seen["can_be_undone"] == "What is sent can't be taken back."
    assert queued() == []
    for _ in range(2):
        assert hana.say_yes("receipts/copy", seen) == {"count": 2}
    assert [job["donation_id"] for job in queued()] == [one.pk for one in charity["gifts"][:2]]
    whole = AuditLine.objects.get(action="receipts.sent_again")
    assert (whole.actor and whole.actor.email, whole.detail) == ("hana@example.org", {"count": 2})
    assert AuditLine.objects.filter(action="receipt.sent_again").count() == 2


def test_a_program_that_may_not_see_donors_reads_no_name_of_those_left_out(
    charity: dict[str, Any],
) -> None:
    Donor.objects.filter(name="Chen Wei").update(email="", email_key="")
    seen = program(Right.GIVING_VIEW, Right.GIVING_FOLLOW).look("receipts/copy", query="")
    why = "1 receipt is left out, as we have no e-mail address."
    assert seen["left_out"] == [{"count": 1, "why": why}]
    assert "Chen" not in json.dumps(seen) and "Amina" not in json.dumps(seen)


def test_all_that_a_query_finds_are_those_that_were_seen_and_other_rows_need_another_look(
    charity: dict[str, Any], no_jobs: None
) -> None:
    farid = app(Role.FINANCE)
    seen = farid.look("events/retry", query="status=failed&columns=stripe_event_id")
    assert seen["sentence"] == "2 events are handled again within seconds. " + (
        "Handling one twice does no harm."
    )
    assert [set(row) for row in seen["sample"]] == [{"id", "stripe_event_id"}] * 2
    WebhookEvent.objects.filter(stripe_event_id="evt_1").update(status="handled")
    assert farid.say_yes("events/retry", seen, 409)["code"] == "rows_moved"
    assert not WebhookEvent.objects.filter(attempts=0).exists()
    WebhookEvent.objects.filter(stripe_event_id="evt_1").update(status="failed")
    later = WebhookEvent.objects.get(stripe_event_id="evt_1")
    later.pk, later.stripe_event_id = None, "evt_later"
    later.save(force_insert=True)
    assert farid.say_yes("events/retry", seen) == {"count": 2}
    assert WebhookEvent.objects.get(stripe_event_id="evt_later").status == WebhookStatus.FAILED
    assert farid.say_yes("events/retry", seen, 409)["code"] == "rows_moved"
    assert AuditLine.objects.get(action="events.retried").detail == {"count": 2}


def test_a_preview_is_for_its_person_and_deed_alone_and_never_for_one_made_up(
    charity: dict[str, Any],
) -> None:
    hana, gwen = app(Role.SUPPORT), app(Role.FUNDRAISER)
    seen = hana.look("donors/tag-add", query="", answers={"tag": "Walk"})
    for who, deed, text in (
        (gwen, "donors/tag-add", seen["preview"]),
        (hana, "donors/tag-remove", seen["preview"]),
        (hana, "donors/tag-add", seen["preview"][:-1]),
        (hana, "donors/tag-add", "x"),
    ):
        told = who.say_yes(deed, {"preview": text}, 400)
        assert list(told["fields"]) == ["preview"]
    assert not Tag.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ids"),
        ({"ids": [1], "query": ""}, "ids"),
        ({"ids": []}, "ids"),
        ({"ids": ["x"]}, "ids.0"),
        ({"ids": [True]}, "ids.0"),
        ({"ids": [2**63]}, "ids.0"),
        ({"ids": 1}, "ids"),
        ({"ids": None}, "ids"),
        ({"ids": [10**9]}, "ids"),
        ({"ids": [*range(1, 1002)]}, "ids"),
        ({"query": ["tag=x"]}, "query"),
        ({"query": "moon=full"}, "query"),
        ({"query": "email=amina"}, "query"),
        ({"query": "q=" + "a" * 3000}, "query"),
        ({"query": "q=nobody at all"}, "query"),
        ({"query": "", "answers": {}}, "answers.tag"),
        ({"query": "", "answers": {"tag": " "}}, "answers.tag"),
        ({"query": "", "answers": {"tag": ["Walk"]}}, "answers.tag"),
        ({"query": "", "answers": {"tag": "x" * 41}}, "answers.tag"),
        ({"query": "", "answers": {"tag": "Walk", "once": "0" * 16}}, "answers.once"),
        ({"query": "", "answers": "Walk"}, "answers"),
        ([], "non_field_errors"),
    ],
)
def test_what_can_not_be_previewed_names_the_field(
    charity: dict[str, Any], body: Any, field: str
) -> None:
    asked = {"answers": {"tag": "Walk"}, **body} if isinstance(body, dict) else body
    told = app(Role.SUPPORT).ask("POST", f"{ACTIONS}/donors/tag-add/preview/", asked, 400)
    assert "cursor" not in told["fields"].get("query", [""])[0]
    assert list(told["fields"]) == [field] and told["type"].startswith("urn:domaap:problem:")


def test_views_are_kept_by_an_app_and_are_there_on_the_pages_and_for_who_they_are_shared_with(
    charity: dict[str, Any], signed_in: As
) -> None:
    gwen, hana = app(Role.FUNDRAISER), app(Role.SUPPORT)
    told = {
        "table": "donations",
        "name": " Failed  gifts",
        "query": "status=failed&cursor=x&limit=5",
    }
    kept = gwen.ask("POST", VIEWS, told | {"is_default": True}, 201)
    assert kept == {
        "id": SavedView.objects.get().pk,
        "table": "donations",
        "name": "Failed gifts",
        "query": "status=failed",
        "left_out": [],
        "is_own": True,
        "is_shared": False,
        "is_default": True,
        "owner": "gwen@example.org",
    }
    place = signed_in(Role.FUNDRAISER).get("/admin/donations/").headers["Location"]
    assert place == f"/admin/donations/?status=failed&view={kept['id']}"
    assert hana.ask("GET", VIEWS)["results"] == []

    again = gwen.ask("POST", VIEWS, told | {"query": "", "is_shared": True}, 201)
    assert again["id"] == kept["id"] and not again["is_default"]
    winter = {"table": "donations", "name": "Winter", "query": "", "is_default": True}
    gwen.ask("POST", VIEWS, winter, 201)
    gwen.ask("POST", VIEWS, winter | {"table": "donors"}, 201)
    changed = gwen.ask("PATCH", f"{VIEWS}{kept['id']}/", {"name": "Lost", "is_default": True})
    assert (changed["name"], changed["is_shared"], changed["query"]) == ("Lost", True, "")
    mine = gwen.ask("GET", f"{VIEWS}?table=donations")["results"]
    assert [(one["name"], one["is_default"]) for one in mine] == [("Lost", True), ("Winter", False)]
    assert names(gwen.ask("GET", VIEWS)) == ["Lost", "Winter", "Winter"]
    [shared] = hana.ask("GET", VIEWS)["results"]
    assert (shared["name"], shared["is_own"], shared["is_default"]) == ("Lost", False, False)
    hana.ask("PATCH", f"{VIEWS}{kept['id']}/", {"name": "Mine"}, 404)
    hana.ask("DELETE", f"{VIEWS}{kept['id']}/", code=404)
    gwen.ask("DELETE", f"{VIEWS}{10**30}/", code=404)
    gwen.ask("DELETE", f"{VIEWS}{kept['id']}/", code=204)
    gwen.ask("DELETE", f"{VIEWS}{kept['id']}/", code=404)
    assert names(gwen.ask("GET", VIEWS)) == ["Winter", "Winter"]


def test_a_view_opens_in_an_app_without_columns_that_are_not_for_its_person(
    charity: dict[str, Any],
) -> None:
    hana, iris = app(Role.SUPPORT), app(Role.AUDITOR)
    told = {"table": "receipts", "name": "Addresses", "query": "columns=number,email&year=2026"}
    hana.ask("POST", VIEWS, told | {"is_shared": True}, 201)
    [seen] = iris.ask("GET", f"{VIEWS}?table=receipts")["results"]
    assert seen["left_out"] == ["E-mail"]
    rows = iris.ask("GET", f"/api/staff/receipts/?{seen['query']}")["results"]
    assert {*rows[0]} == {"id", "number", "currency"} and len(rows) == 7


def test_views_follow_the_rights_to_their_tables_for_people_and_programs(
    charity: dict[str, Any], signed_in: As
) -> None:
    farid, hana = app(Role.FINANCE), app(Role.SUPPORT)
    told = {"table": "payouts", "name": "Late", "query": "", "is_shared": True}
    kept = farid.ask("POST", VIEWS, told, 201)
    hana.ask("POST", VIEWS, told, 403)
    hana.ask("GET", f"{VIEWS}?table=payouts", code=403)
    assert hana.ask("GET", VIEWS)["results"] == []
    bank, blind = program(Right.BANK_VIEW), program()
    assert names(bank.ask("GET", VIEWS)) == ["Late"] and names(blind.ask("GET", VIEWS)) == []
    own = bank.ask("POST", VIEWS, told | {"name": "Mine", "is_shared": False}, 201)
    assert (own["owner"], own["is_own"]) == ("Mailer", True)
    bank.ask("PATCH", f"{VIEWS}{own['id']}/", {"is_shared": True})
    page = signed_in(Role.FINANCE).get("/admin/payouts/").content.decode()
    assert "Mine</a> <small>by Mailer</small>" in page
    blind.ask("POST", VIEWS, told, 403)
    App({}).ask("GET", VIEWS, code=401)
    assert names(farid.ask("GET", VIEWS)) == ["Late", "Mine"]
    User.objects.filter(email="farid@example.org").update(role=Role.SUPPORT)
    farid.ask("PATCH", f"{VIEWS}{kept['id']}/", {"name": "Later"}, 404)
    assert SavedView.objects.get(pk=kept["id"]).name == "Late"


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"table": "moons"}, "table"),
        ({"table": None}, "table"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": ["x"]}, "name"),
        ({"query": "status=none"}, "query"),
        ({"query": "stripe_id=1"}, "query"),
        ({"query": {"status": "failed"}}, "query"),
        ({"query": "q=" + "a" * 3000}, "query"),
        ({"is_shared": "perhaps"}, "is_shared"),
        ({"is_default": None}, "is_default"),
    ],
)
def test_a_view_that_makes_no_sense_is_refused_by_field_and_the_kept_one_stays(
    charity: dict[str, Any], told: dict[str, Any], field: str
) -> None:
    hana, good = app(Role.SUPPORT), {"table": "donations", "name": "Failed", "query": ""}
    assert list(hana.ask("POST", VIEWS, good | told, 400)["fields"]) == [field]
    assert not SavedView.objects.exists()
    hana.ask("POST", VIEWS, good | {"name": "Other"}, 201)
    kept = hana.ask("POST", VIEWS, good | {"is_default": True}, 201)
    changes = {"name": "Other"} if "table" in told else told
    refused = hana.ask("PATCH", f"{VIEWS}{kept['id']}/", {"is_default": False, **changes}, 400)
    assert list(refused["fields"]) == ["name" if "table" in told else field]
    assert [one["is_default"] for one in hana.ask("GET", VIEWS)["results"]] == [True, False]
    told = hana.ask("GET", f"{VIEWS}?table=moons", code=400)
    assert told["fields"]["table"][0].startswith("One of: donors, donations, ")
