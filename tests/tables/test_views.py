"""The tables as staff, spreadsheets and programs see them: the same rows everywhere, each person's own columns."""

import csv
import io
import json
import re
from html import unescape
from typing import Any

import openpyxl
import pytest

from api.models import (
    ROLE_RIGHTS,
    AuditLine,
    Donation,
    Right,
    Role,
)
from api.services.tables import TABLES
from tests.clients import Client
from tests.tables.conftest import As

pytestmark = pytest.mark.django_db


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
    assert "<strong>Amount</strong>: Write an amount such as" in wrong.content.decode()
    assert "Show all donations" in wrong.content.decode()


def test_one_of_several_values_in_one_text_goes_alone_and_leads_to_the_first_page(
    charity: dict[str, Any], signed_in: As
) -> None:
    client = signed_in(Role.FINANCE)
    query = "status=failed,succeeded,disputed"
    place = client.get(f"/api/staff/donations/?{query}&limit=2").json()["next"]
    deep = client.get(f"/admin/donations/?{place.split('?')[1].replace('limit=2&', '')}")
    [without] = re.findall(
        r'href="(\?[^"]*)" aria-label="Remove the filter Status: Failed"', deep.content.decode()
    )
    assert unescape(without) == "?status=succeeded%2Cdisputed"
    left = client.get("/admin/donations/" + unescape(without)).content.decode()
    assert "Status: Paid" in left and "Status: Disputed" in left and "Status: Failed" not in left


@pytest.mark.parametrize("noun", TABLES)
def test_a_search_that_finds_nothing_is_an_empty_file(
    charity: dict[str, Any], signed_in: As, noun: str
) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    lines = body(client.get(f"/admin/tables/{noun}.csv?q=xyzzy")).decode("utf-8-sig").splitlines()
    assert len(lines) == 1
    book = openpyxl.load_workbook(
        io.BytesIO(body(client.get(f"/admin/tables/{noun}.xlsx?q=xyzzy")))
    )
    assert book.worksheets[0]["A1"].value == next(csv.reader(lines))[0]
    audit = AuditLine.objects.filter(action="table.exported")
    assert [line.detail["rows"] for line in audit] == [0, 0]


def test_how_many_gifts_a_donor_gave_opens_as_many_rows(
    charity: dict[str, Any], signed_in: As
) -> None:
    client = signed_in(Role.SUPPORT)
    page = unescape(client.get("/admin/donors/?columns=name,gifts").content.decode())
    links = re.findall(r'href="/admin/donations/(\?donor=[^"]+)">(\d+)</a>', page)
    assert [count for _, count in links] == ["1"] * 6, "John's failed one is none"
    for query, _ in links:
        assert len(client.get(f"/api/staff/donations/{query}").json()["results"]) == 1


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
