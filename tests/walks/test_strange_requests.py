"""Requests that no form of ours sends: refused or read in words, never a fault of the server."""

import base64
import json
from typing import Any

import pytest
from django.test import RequestFactory

from api.models import Donation, Donor, Role
from api.services.donors import DonorDetails, donor_record
from donor_management.wsgi import application
from tests.clients import Client
from tests.people import BEN, gift, monthly, staff

pytestmark = pytest.mark.django_db
ONCE, MONTHLY = "/api/stripe/payment-intent/", "/api/stripe/subscription-intent/"


@pytest.fixture
def dora() -> Client:
    """Dora, who may everything."""
    client = Client()
    client.force_login(staff(Role.ADMINISTRATOR))
    return client


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[" * 200_000, "application/json"),
        (b'{"amount_minor": NaN}', "application/json"),
        (b"\xff\xfe", "application/json"),
        (json.dumps(gift()).encode("utf-16"), "application/json; charset=utf-16"),
        (b"{}", "application/json; charset=rot13"),
        (b"{}", "application/json; charset=zlib"),
        (b"{}", "application/json; charset=no-such"),
        (b'"text"', "application/json"),
        (b"", "application/json"),
    ],
)
def test_a_body_that_is_no_gift_is_refused_in_words(client: Client, body: bytes, kind: str) -> None:
    answer = client.generic("POST", ONCE, body, content_type=kind)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert Donation.objects.count() == 0


def test_a_charset_that_is_none_changes_no_page(client: Client) -> None:
    for kind in (
        "text/html; charset=rot13",
        "text/html; charset=zlib",
        "text/html; charset=utf-16",
    ):
        answer = client.generic("GET", "/verify/", b"x", content_type=kind)
        assert answer.status_code == 200


def test_a_plan_without_a_countable_end_is_refused_by_name(client: Client) -> None:
    for day in ("9999-12-31", "9999-01-01", "2200-01-01"):
        body = json.dumps(monthly(ends_on=day))
        answer = client.post(MONTHLY, body, content_type="application/json")
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["ends_on"])


def test_a_donor_is_one_line_and_one_person_however_the_letters_fold() -> None:
    email = f"a@{'ß' * 60}.{'ß' * 60}.{'ß' * 60}.de"
    details = DonorDetails(
        name="Ben\nThis receipt is worth\u2028 £1,000,000", email=email, address={"line1": "1\r\n2"}
    )
    donor = donor_record(details)
    assert donor_record(details) == donor
    assert donor.name == "Ben This receipt is worth £1,000,000"
    assert donor.line1 == "1 2"
    assert Donor.objects.count() == 1


NOWHERE = [
    "/api/donations/%00/",
    "/api/staff/donors/%00/",
    "/api/staff/tracker/%00/",
    "/api/staff/donations/%00/",
    "/api/staff/report-runs/a%00b/",
    "/admin/donors/%00/",
    "/admin/tracker/%00/",
    "/admin/receipt/%00/",
    "/admin/api/ledgerentry/?account__exact=%00",
    "/admin/api/donation/%00/change/",
    "/verify/%00",
    "/giving/stop/%00/",
    "/admin/reconciliation/?month=9999-12",
    "/admin/reconciliation/months/0001-01.pdf",
    "/api/staff/donations/" + "9" * 5000 + "/",
]


def test_an_address_that_nothing_can_have_is_not_found(dora: Client) -> None:
    answers = {path: dora.get(path).status_code for path in NOWHERE}
    assert set(answers.values()) == {404}, answers


ODD = [
    "/api/staff/donations/?created_from=2026-1-5",
    "/api/staff/donations/?limit=000000001999999999999999999999",
    "/api/staff/donations/?limit=" + "9" * 5000,
    "/api/staff/donations/?amount_min=1e5&amount_max=NaN",
    "/api/staff/donations/?amount_min=5&currency=*",
    "/api/staff/reports/funds/?fund=%00",
    "/api/staff/reports/giving/?campaign=a%00",
    "/api/staff/reports/top-donors/?limit=000001999999999999999999",
    "/api/staff/reports/giving/?from=2026-02-30&to=2026-03-01&period=own",
    "/api/staff/tracker/?begins_at=0001-01-01T00:00:00%2B23:59",
    "/api/staff/tracker/?ends_at=9999-12-31T23:59:59-14:00",
    "/admin/donations/?created_from=2026-1-5",
    "/admin/donations/?created_from=%EF%BC%92026-01-05",
    "/admin/tracker/?begins=0001-01-01&ends=0001-01-02",
    "/admin/tracker/?begins=9999-12-31&ends=9999-12-31",
    "/admin/tracker/?begins=2026-03-01&ends=2026-01-01",
    "/admin/tracker/?fund=%00&stage=x&after=" + "A" * 400,
    "/admin/reports/giving/?fund=%00",
    "/admin/recovery/?days=999999999999",
    "/admin/api/ledgerentry/?fund__id__exact=" + "9" * 30,
    "/admin/api/ledgerentry/?p=" + "9" * 30,
    "/admin/api/fund/?o=9.9.-9&q=%27",
    "/admin/statements/?period=days:9999-12-31:0001-01-01",
    "/verify/?code=%20",
    "/verify/?code=/",
    "/admin/login/?next=//evil.example/&next=%0d%0aSet-Cookie:%20a=b",
]


def test_a_question_however_odd_is_answered_or_refused(dora: Client) -> None:
    answers = {path: dora.get(path) for path in ODD}
    broken = {path for path, one in answers.items() if one.status_code not in (200, 302, 400)}
    assert not broken
    assert not any("evil.example" in one.get("Location", "") for one in answers.values())


def test_a_cursor_of_a_zone_that_is_none_is_refused_or_read(dora: Client) -> None:
    for moment in (
        "2026-01-01T00:00:00+23:59",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ):
        after = base64.urlsafe_b64encode(f"{moment}|1".encode()).decode()
        for path in ("/api/staff/tracker/", "/admin/tracker/"):
            assert dora.get(path, {"after": after}).status_code in (200, 302, 400)


def test_a_form_with_impossible_values_is_refused(dora: Client) -> None:
    donor = donor_record(DonorDetails(**BEN))
    many = "9" * 5000
    posts: list[tuple[str, dict[str, Any]]] = [
        (f"/admin/donors/{donor.reference}/notes/", {"text": "a\x00b"}),
        (f"/admin/donors/{donor.reference}/tags/", {"name": "a\x00b"}),
        (f"/admin/donors/{donor.reference}/tags/", {"remove": "a\x00b"}),
        ("/admin/tables/donors/action/", {"action": "tag-add", "pk": many, "tag": "x"}),
        ("/admin/tables/donors/views/", {"delete": many}),
        ("/admin/reports/lapsed/file/", {"format": "csv", "fund": "a\x00b"}),
        (
            "/admin/reports/schedules/new/",
            {"report": "giving", "every": "month", "monthday": "001999"},
        ),
        ("/admin/reconciliation/bank/", {"account": "a\x00b"}),
        ("/admin/account/factors/remove/", {"factor": many}),
    ]
    for path, said in posts:
        assert dora.post(path, said).status_code in (302, 400, 404), path
    assert donor.notes.count() == 0


def test_no_answer_to_who_is_signed_in_is_kept_on_the_way(dora: Client) -> None:
    for path in (
        "/api/staff/donors/",
        "/api/staff/tracker/",
        "/api/staff/dashboard/",
        "/api/auth/me/",
        "/api/auth/sessions/",
        "/admin/",
        "/admin/donors/",
    ):
        assert "no-store" in dora.get(path).headers.get("Cache-Control", ""), path


def test_what_is_sent_to_an_address_without_its_last_slash_is_answered_and_not_lost_on_the_way(
    client: Client,
) -> None:
    for path in ("/api/auth/sign-in", "/api/stripe/payment-intent", "/api/donor/link"):
        answer = client.post(path, {}, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    asked = client.get("/api/giving")
    assert (asked.status_code, asked["Location"]) == (301, "/api/giving/")


def test_a_charset_that_is_none_is_no_fault_beside_a_query_either(dora: Client) -> None:
    for path in (
        "/api/staff/donors/?q=ben",
        "/admin/donors/?q=ben",
        "/api/giving/?a=b",
        "/verify/?code=x",
    ):
        for kind in ("application/json; charset=rot13", "text/plain; charset=zip"):
            answer = dora.generic("GET", path, b"{}", content_type=kind)
            assert answer.status_code in (200, 302, 404), path


def test_the_server_itself_takes_no_charset_for_an_encoding() -> None:
    for charset in ("charset=rot13", "Charset = zip", "charset*=utf-8''rot13", 'a=b;charset="hex"'):
        environ: dict[str, Any] = {
            **RequestFactory().get("/health/live?a=b").environ,
            "CONTENT_TYPE": f"text/plain; {charset}",
        }
        told: list[str] = []
        list(application(environ, lambda status, headers, told=told: told.append(status)))
        assert told == ["200 OK"], charset
