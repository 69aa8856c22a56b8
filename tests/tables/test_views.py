"""The tables as staff, spreadsheets and programs see them: the same rows everywhere, each person's own columns."""

import csv
import io
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import openpyxl
import pytest
from django.http import HttpResponse

from api.models import (
    ROLE_RIGHTS,
    AuditLine,
    Donation,
    DonorTag,
    Right,
    Role,
    SavedView,
    Tag,
    WebhookEvent,
    WebhookStatus,
)
from api.services.tables import TABLES
from tests.clients import Client
from tests.people import staff

pytestmark = pytest.mark.django_db
As = Callable[[Role], Client]


@pytest.fixture
def signed_in() -> As:
    """A browser of somebody in this role."""

    def browser(role: Role) -> Client:
        client = Client()
        client.force_login(staff(role))
        return client

    return browser


def body(response: Any) -> bytes:
    """A response's bytes, streamed or not."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def texts(page: str) -> list[list[str]]:
    """What stands in the rows of a page, cell by cell."""
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    cells = r"<t[dh][^>]*data-label[^>]*>(.*?)</t[dh]>"
    return [
        [unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in re.findall(cells, row)]
        for row in table.split("</tr>")[:-1]
    ]


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_the_tables_of_its_rights_with_the_columns_of_its_rights(
    charity: dict[str, Any], signed_in: As, role: Role
) -> None:
    client, rights = signed_in(role), ROLE_RIGHTS[role]
    for noun, table in TABLES.items():
        page, api = client.get(f"/admin/{noun}/"), client.get(f"/api/staff/{noun}/")
        may = 200 if table.right in rights else 403
        assert (page.status_code, api.status_code) == (may, may)
        exported = client.get(f"/admin/tables/{noun}.csv").status_code
        assert exported == (may if Right.EXPORTS_MAKE in rights else 403)
        if may == 200:
            allowed = {
                one.name for one in table.columns if one.right is None or one.right in rights
            }
            for row in api.json()["results"]:
                assert {*row} - {"id", "currency"} == allowed - {"currency"}
            offered = set(re.findall('name="columns" value="([a-z0-9_]+)"', page.content.decode()))
            assert offered == allowed


def test_a_stranger_is_sent_to_sign_in_and_gets_no_rows(charity: dict[str, Any]) -> None:
    client = Client()
    for noun in TABLES:
        assert client.get(f"/admin/{noun}/").status_code == 302
        assert client.get(f"/admin/tables/{noun}.csv").status_code == 302
        assert client.post(f"/admin/tables/{noun}/action/").status_code == 302
        assert client.get(f"/api/staff/{noun}/").status_code in (401, 403)
        assert client.get(f"/api/staff/{noun}/1/").status_code in (401, 403)


@pytest.mark.parametrize(
    ("noun", "query"),
    [
        ("donations", ""),
        ("donations", "status=failed&status=disputed&order=-total_minor"),
        ("donations", "q=Jonh Smiht&columns=donor,total_minor,message"),
        ("donors", "order=name"),
        ("payments", ""),
        ("plans", ""),
        ("refunds", ""),
        ("disputes", ""),
        ("payouts", ""),
        ("receipts", "order=number"),
        ("events", "status=failed"),
    ],
)
def test_files_and_api_hold_the_same_rows_in_the_same_order_as_the_page(
    charity: dict[str, Any], signed_in: As, noun: str, query: str
) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    page = client.get(f"/admin/{noun}/?{query}").content.decode()
    told = re.search('data-label="([^"]+)"', page)
    assert told, "there are rows"
    first = [row[0] for row in texts(page)]
    table = TABLES[noun]
    lines = list(
        csv.reader(
            io.StringIO(body(client.get(f"/admin/tables/{noun}.csv?{query}")).decode("utf-8-sig"))
        )
    )
    book = openpyxl.load_workbook(
        io.BytesIO(body(client.get(f"/admin/tables/{noun}.xlsx?{query}"))), data_only=False
    )
    sheet = list(book.worksheets[0].iter_rows(values_only=True))
    api = client.get(f"/api/staff/{noun}/?{query}").json()["results"]
    assert len(first) == len(lines) - 1 == len(api)
    assert lines[0][0] == sheet[0][0] == told[1]
    column = next(one for one in table.columns if one.label == told[1])
    for shown, line, cells, row in zip(first, lines[1:], sheet[1:], api, strict=False):
        if column.kind in ("text", "code"):
            assert shown == line[0] == cells[0] == row[column.name]
    audit = AuditLine.objects.filter(action="table.exported").order_by("pk")
    assert [(line.detail["form"], line.detail["rows"]) for line in audit] == [
        ("csv", len(api)),
        ("xlsx", len(api)),
    ]
    assert "Smiht" not in json.dumps([line.detail for line in audit])


def test_amounts_are_exact_in_files_and_a_donors_text_never_becomes_a_formula(
    charity: dict[str, Any], signed_in: As
) -> None:
    client = signed_in(Role.FINANCE)
    query = "columns=total_minor,message,created_at&order=total_minor"
    lines = list(
        csv.reader(
            io.StringIO(
                body(client.get(f"/admin/tables/donations.csv?{query}")).decode("utf-8-sig")
            )
        )
    )
    assert lines[0] == ["Given", "Amount", "Message", "Currency"]
    assert [line[1] for line in lines[1:]] == [
        "10.00",
        "25.00",
        "25.00",
        "25.00",
        "25.00",
        "5000",
        "1234568.00",
    ]
    assert {line[2] for line in lines[1:]} == {"", "'=HYPERLINK(1)"}
    book = openpyxl.load_workbook(
        io.BytesIO(body(client.get(f"/admin/tables/donations.xlsx?{query}")))
    )
    [cell] = [row[2] for row in book.worksheets[0].iter_rows() if row[2].value == "=HYPERLINK(1)"]
    assert cell.data_type == "s"


def test_the_log_counts_rows_not_lines_when_a_message_has_several(
    charity: dict[str, Any], signed_in: As
) -> None:
    Donation.objects.update(message='He said:\n"Thank\nyou"\n')
    body(signed_in(Role.FINANCE).get("/admin/tables/donations.csv?columns=message,reference"))
    assert AuditLine.objects.get(action="table.exported").detail["rows"] == 7


def test_the_page_says_what_is_filtered_and_each_thing_and_all_go_with_one_click(
    charity: dict[str, Any], signed_in: As
) -> None:
    client = signed_in(Role.FINANCE)
    page = client.get("/admin/donations/?status=failed&status=disputed&q=john&amount_min=1")
    text = page.content.decode()
    for words in ("Search: john", "Status: Failed", "Status: Disputed", "Amount: from £1.00"):
        assert words in text
    assert 'href="?all=yes"' in text
    [without] = re.findall(r'href="(\?[^"]*)" aria-label="Remove the filter Status: Failed"', text)
    left = client.get("/admin/donations/" + unescape(without)).content.decode()
    assert "Status: Disputed" in left and "Status: Failed" not in left and "Search: john" in left
    assert client.get("/admin/donations/?status=&q=&all=").headers["Location"].endswith("?all=yes")
    assert "No donation fits." in client.get("/admin/donations/?q=xyzzy").content.decode()
    wrong = client.get("/admin/donations/?status=none&amount_min=ten")
    assert wrong.status_code == 400
    assert "There is a problem" in wrong.content.decode()
    assert "Show all donations" in wrong.content.decode()


def test_a_page_escapes_what_donors_write(charity: dict[str, Any], signed_in: As) -> None:
    Donation.objects.filter(pk=charity["gifts"][0].pk).update(message="<script>\"&'")
    client = signed_in(Role.FINANCE)
    page = client.get("/admin/donations/?columns=message").content.decode()
    assert "<script>&quot;" not in page and '<script>"' not in page
    assert "&lt;script&gt;&quot;&amp;&#x27;" in page
    assert "<b>" not in client.get("/admin/donors/?q=<b>").content.decode().split("</head>")[1]


def test_an_empty_table_says_how_it_fills(db: None, signed_in: As) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    for noun, table in TABLES.items():
        assert table.empty in unescape(client.get(f"/admin/{noun}/").content.decode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("donation/?q=REF", "/admin/donations/?q=REF"),
        (
            "donation/?status__exact=failed&kind__exact=monthly",
            "/admin/donations/?status=failed&kind=monthly",
        ),
        ("donor/", "/admin/donors/?all=yes"),
        ("webhookevent/?status__exact=failed", "/admin/events/?status=failed"),
        ("dispute/?waits=yes", "/admin/disputes/?waits=yes"),
        ("receipt/?year=2026&o=1", "/admin/receipts/?year=2026"),
        ("subscription/", "/admin/plans/?all=yes"),
    ],
)
def test_old_lists_lead_to_the_tables_with_equal_filters(
    db: None, signed_in: As, old: str, new: str
) -> None:
    assert signed_in(Role.FINANCE).get(f"/admin/api/{old}").headers["Location"] == new


def test_the_api_walks_page_by_page_and_reads_one_row_by_its_reference(
    charity: dict[str, Any], signed_in: As
) -> None:
    client = signed_in(Role.FUNDRAISER)
    found, address = [], "/api/staff/donations/?limit=3&status=succeeded,refunded"
    while address:
        told = client.get(address).json()
        found += told["results"]
        address = told["next"]
    assert told["estimate"] == {"count": 5, "is_exact": True}
    assert [row["total_minor"] for row in found] == [5000, 2500, 123_456_800, 2500, 1000]
    assert client.get(told["previous"]).json()["results"] == found[:3]
    one = client.get(f"/api/staff/donations/{found[0]['reference']}/").json()
    assert one == found[0] and "stripe_payment_intent_id" not in one
    assert (
        client.get(f"/api/staff/receipts/{charity['gifts'][0].receipt.pk}/").json()["number"]
        == "2026-000001"
    )
    for missing in ("x", "0", "9" * 30, "%00", "١"):
        assert client.get(f"/api/staff/receipts/{missing}/").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("q=%00", "q"),
        ("email=x", "email"),
        ("view=1", "view"),
        ("order=email", "order"),
        ("columns=stripe_payment_intent_id", "columns"),
    ],
)
def test_the_api_names_what_it_does_not_accept(
    charity: dict[str, Any], signed_in: As, query: str, field: str
) -> None:
    answer = signed_in(Role.FUNDRAISER).get(f"/api/staff/donations/?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["fields"]) == [field]


def test_the_schema_describes_every_tables_rows_and_filters(db: None) -> None:
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    for noun, table in TABLES.items():
        told = schema["paths"][f"/api/staff/{noun}/"]["get"]
        names = {one["name"] for one in told["parameters"]}
        assert {"q", "order", "cursor", "limit"} <= names
        assert {name for one in table.filters for name in one.names} <= names
        assert {"200", "400", "401", "403"} <= {*told["responses"]}
        page = told["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        row = schema["components"]["schemas"][page.rpartition("/")[2].replace("Page", "Row")]
        assert {one.name for one in table.columns} <= {*row["properties"]}
    assert schema["paths"]["/api/donations/{reference}/"]["get"]["operationId"] == "donation_status"


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


def act(client: Client, noun: str = "events", action: str = "retry", **told: Any) -> str:
    """Choose rows and say what to do; the page that comes."""
    address = f"/admin/tables/{noun}/action/"
    answer = client.post(address, {"action": action, **told}, follow=True)
    return unescape(answer.content.decode())


def test_failed_events_are_tried_again_after_a_look_at_what_will_happen(
    charity: dict[str, Any], signed_in: As, no_jobs: None
) -> None:
    client = signed_in(Role.FINANCE)
    every = list(WebhookEvent.objects.order_by("pk").values_list("pk", flat=True))
    page = act(client, pk=every[1:], which="some")
    assert "2 events are handled again within seconds." in page
    assert "1 event of those you chose does not need it and is left alone." in page
    assert WebhookEvent.objects.filter(status=WebhookStatus.FAILED).count() == 2
    told = dict(re.findall('type="hidden" name="(expected|highest)" value="([0-9]+)"', page))
    act(client, pk=every[1:], which="some", confirm="yes", **told)
    assert not WebhookEvent.objects.filter(status=WebhookStatus.FAILED).exists()
    assert AuditLine.objects.get(action="events.retried").detail == {"count": 2}


def test_all_that_are_filtered_means_those_that_were_seen_and_a_change_is_shown_again(
    charity: dict[str, Any], signed_in: As, no_jobs: None
) -> None:
    client = signed_in(Role.FINANCE)
    page = act(client, which="all", query="status=failed")
    told = dict(re.findall('type="hidden" name="(expected|highest)" value="([0-9]+)"', page))
    assert told["expected"] == "2"
    later = WebhookEvent.objects.get(stripe_event_id="evt_1")
    later.pk, later.stripe_event_id = None, "evt_later"
    later.save(force_insert=True)
    WebhookEvent.objects.filter(stripe_event_id="evt_1").update(status="handled")
    again = act(client, which="all", query="status=failed", confirm="yes", **told)
    assert "The rows have changed since you looked" in again
    assert "1 event is handled again" in again
    assert not WebhookEvent.objects.filter(attempts=0).exists()
    act(client, which="all", query="status=failed", confirm="yes", **(told | {"expected": "1"}))
    assert WebhookEvent.objects.get(attempts=0).stripe_event_id == "evt_2"


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
    assert "2 donors have the tag “Walk, 2026” afterwards." in act(
        client, "donors", "tag-add", **told
    )
    assert not Tag.objects.exists()
    for _ in range(2):
        act(client, "donors", "tag-add", confirm="yes", expected="2", **told)
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
    act(client, "donors", "tag-remove", confirm="yes", expected="2", **told)
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
