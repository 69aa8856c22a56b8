"""What is done from a table: views are kept, many rows are acted on after a look at what will happen."""

from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse

from api.clock import now
from api.models import (
    AuditLine,
    Donor,
    DonorTag,
    Role,
    SavedView,
    Tag,
    WebhookEvent,
    WebhookStatus,
)
from tests.clients import Client, act, yes_of
from tests.tables.conftest import As

pytestmark = pytest.mark.django_db


def keep(client: Client, **told: str) -> HttpResponse:
    """Keep a view of the donations."""
    answer: Any = client.post("/admin/tables/donations/views/", told)
    return answer


def test_views_are_kept_for_their_owner_shared_when_wished_and_shown_first_when_chosen(
    charity: dict[str, Any], signed_in: As
) -> None:
    gwen, hana = signed_in(Role.FUNDRAISER), signed_in(Role.SUPPORT)
    keep(gwen, name="Failed", query="status=failed&cursor=x&view=3", is_default="on")
    keep(gwen, name="Winter", query="campaign=winter&columns=donor", is_shared="on")
    own, shared = SavedView.objects.order_by("pk")
    assert (own.query, own.is_default, shared.is_shared) == ("status=failed", True, True)
    assert (
        gwen.get("/admin/donations/").headers["Location"]
        == f"/admin/donations/?status=failed&view={own.pk}"
    )
    assert hana.get("/admin/donations/").status_code == 200
    page = hana.get("/admin/donations/").content.decode()
    assert "Winter" in page and "by gwen@example.org" in page and ">Failed</a>" not in page
    assert f'name="delete" value="{shared.pk}"' not in page
    for key in (own.pk, shared.pk, "x", "9" * 30):
        assert hana.post("/admin/tables/donations/views/", {"delete": key}).status_code == 404
    keep(gwen, name="Winter", query="campaign=winter", is_default="on")
    assert [(one.name, one.is_default) for one in SavedView.objects.order_by("name")] == [
        ("Failed", False),
        ("Winter", True),
    ]
    gwen.post("/admin/tables/donations/views/", {"delete": own.pk})
    assert SavedView.objects.get().name == "Winter"


def test_a_view_gets_another_name_from_its_owner_alone_and_no_name_twice(
    charity: dict[str, Any], signed_in: As
) -> None:
    gwen, hana = signed_in(Role.FUNDRAISER), signed_in(Role.SUPPORT)
    keep(gwen, name="Failed", query="status=failed", is_shared="on", is_default="on")
    keep(gwen, name="Winter", query="campaign=winter")
    view = SavedView.objects.get(name="Failed")
    assert keep(hana, rename=str(view.pk), name="Mine").status_code == 404
    for name in ("", "Winter", "x" * 81, "\x00"):
        assert keep(gwen, rename=str(view.pk), name=name).status_code == 302
        view.refresh_from_db()
        assert view.name == "Failed"
    keep(gwen, rename=str(view.pk), name=" Failed  gifts ")
    view.refresh_from_db()
    assert (view.name, view.query, view.is_shared) == ("Failed gifts", "status=failed", True)
    assert view.is_default and SavedView.objects.count() == 2
    assert "Failed gifts" in hana.get("/admin/donations/").content.decode()


def test_a_view_opens_without_the_columns_that_are_gone_or_not_for_this_role(
    charity: dict[str, Any], signed_in: As
) -> None:
    client, query = signed_in(Role.AUDITOR), "columns=email,donor,moon&order=-star&status=failed"
    page = unescape(client.get(f"/admin/donations/?{query}&view=7").content.decode())
    assert "or it is gone: E-mail, moon, the order by star." in page
    assert "Status: Failed" in page and 'data-label="Donor"' in page
    assert 'data-label="Fund"' not in page and "@example.org" not in page.split("<tbody>")[1]
    assert client.get(f"/admin/donations/?{query}").status_code == 400
    gone = client.get("/admin/donations/?fund=moon&view=7")
    assert gone.status_code == 400 and "moon" in gone.content.decode()


@pytest.mark.parametrize(
    "told",
    [
        {"name": "", "query": "status=failed"},
        {"name": "x" * 81, "query": ""},
        {"name": "x", "query": "status=none"},
        {"name": "x", "query": "q=" + "a" * 3000},
        {"name": "x", "query": "stripe_id=1"},
    ],
)
def test_a_view_that_makes_no_sense_is_not_kept(
    charity: dict[str, Any], signed_in: As, told: dict[str, str]
) -> None:
    assert keep(signed_in(Role.SUPPORT), **told).status_code == 302
    assert not SavedView.objects.exists()


def test_failed_events_are_tried_again_after_a_look_at_what_will_happen(
    charity: dict[str, Any], signed_in: As, no_jobs: None
) -> None:
    client = signed_in(Role.FINANCE)
    every = list(WebhookEvent.objects.order_by("pk").values_list("pk", flat=True))
    page = act(client, pk=every[1:], which="some")
    assert "2 events are handled again within seconds." in page
    assert "1 event of those you chose does not need it and is left alone." in page
    assert WebhookEvent.objects.filter(status=WebhookStatus.FAILED).count() == 2
    act(client, pk=every[1:], which="some", **yes_of(page))
    assert not WebhookEvent.objects.filter(status=WebhookStatus.FAILED).exists()
    assert AuditLine.objects.get(action="events.retried").detail == {"count": 2}


def test_all_that_are_filtered_means_those_that_were_seen_and_a_change_is_shown_again(
    charity: dict[str, Any], signed_in: As, no_jobs: None
) -> None:
    client = signed_in(Role.FINANCE)
    page = act(client, which="all", query="status=failed")
    told = yes_of(page)
    later = WebhookEvent.objects.get(stripe_event_id="evt_1")
    later.pk, later.stripe_event_id = None, "evt_later"
    later.save(force_insert=True)
    WebhookEvent.objects.filter(stripe_event_id="evt_1").update(status="handled")
    again = act(client, which="all", query="status=failed", **told)
    assert "The rows have changed since you looked" in again
    assert "1 event is handled again" in again
    assert not WebhookEvent.objects.filter(attempts=0).exists()
    act(client, which="all", query="status=failed", **yes_of(again))
    assert WebhookEvent.objects.get(attempts=0).stripe_event_id == "evt_2"


def test_a_yes_is_to_the_rows_that_were_seen_not_to_as_many_others(
    charity: dict[str, Any], signed_in: As, no_jobs: None
) -> None:
    client = signed_in(Role.FINANCE)
    page = act(client, which="all", query="status=failed")
    WebhookEvent.objects.filter(stripe_event_id="evt_0").update(status="failed", attempts=3)
    WebhookEvent.objects.filter(stripe_event_id="evt_1").update(status="handled")
    again = act(client, which="all", query="status=failed", **yes_of(page))
    assert "The rows have changed since you looked" in again
    assert WebhookEvent.objects.get(stripe_event_id="evt_0").attempts == 3
    assert "done for 2 events" in act(client, which="all", query="status=failed", **yes_of(again))


def test_all_that_are_filtered_are_filtered_by_every_filter_however_many_there_are(
    charity: dict[str, Any], signed_in: As
) -> None:
    query = "status=failed&" * 150 + "type=invoice.paid"
    assert "1 event is handled again" in act(signed_in(Role.FINANCE), which="all", query=query)


def test_forgotten_donors_get_neither_tags_nor_copies(
    charity: dict[str, Any], signed_in: As, no_jobs: None
) -> None:
    Donor.objects.filter(name="John Smith").update(
        name="Forgotten donor", erased_at=now(), email="x@erased.invalid"
    )
    client = signed_in(Role.SUPPORT)
    tag = act(client, "donors", "tag-add", which="all", tag="Walk")
    assert "5 donors have the tag" in tag
    assert "1 donor of those you chose does not need it" in tag
    copies = act(client, "receipts", "copy", which="all")
    assert "5 receipts are sent again" in copies
    assert "2 receipts are left out, as we have no e-mail address of Forgotten donor." in copies


def test_who_may_not_and_who_chose_nothing_changes_nothing(
    charity: dict[str, Any], signed_in: As
) -> None:
    auditor, finance = signed_in(Role.AUDITOR), signed_in(Role.FINANCE)
    told = {"action": "retry", "which": "all", "confirm": "yes", "expected": "3"}
    assert "Try again" not in auditor.get("/admin/events/").content.decode()
    assert auditor.post("/admin/tables/events/action/", told).status_code == 403
    assert signed_in(Role.SUPPORT).post("/admin/tables/events/action/", told).status_code == 403
    assert finance.post("/admin/tables/events/action/", {"action": "delete"}).status_code == 404
    assert finance.get("/admin/tables/events/action/").status_code == 405
    for empty in (
        {"which": "some"},
        {"which": "some", "pk": "x"},
        {"which": "all", "query": "status=ignored"},
    ):
        act(finance, confirm="yes", **empty)
    act(finance, which="all", query="status=none", confirm="yes")
    assert not AuditLine.objects.filter(action="events.retried").exists()


def test_many_donors_get_a_tag_and_lose_it_each_on_record(
    charity: dict[str, Any], signed_in: As
) -> None:
    client, told = (
        signed_in(Role.SUPPORT),
        {"which": "all", "query": "postcode=B10", "tag": "Walk, 2026"},
    )
    look = act(client, "donors", "tag-add", **told)
    assert "2 donors have the tag “Walk, 2026” afterwards." in look
    assert not Tag.objects.exists()
    for _ in range(2):
        act(client, "donors", "tag-add", **told, **yes_of(look))
    assert DonorTag.objects.count() == 2
    assert (
        AuditLine.objects.filter(action="tag.added", actor__email="hana@example.org").count() == 2
    )
    found = client.get("/api/staff/donors/?tag=walk, 2026&order=name").json()["results"]
    assert [(row["name"], row["tags"]) for row in found] == [
        ("Amina Yusuf", "Walk, 2026"),
        ("John Smith", "Walk, 2026"),
    ]
    page = client.get("/admin/donors/?tag=walk%2C+2026").content.decode()
    assert "Tag: Walk, 2026" in page
    act(client, "donors", "tag-remove", **told, **yes_of(look))
    assert not DonorTag.objects.exists()
    assert AuditLine.objects.filter(action="tag.removed").count() == 2
    assert "Write a tag of 1 to 40 letters." in act(
        client, "donors", "tag-add", which="all", tag=" "
    )
    assert (
        signed_in(Role.FINANCE)
        .post("/admin/tables/donors/action/", {"action": "tag-add"})
        .status_code
        == 403
    )
