"""What the API is sent and asked for in odd forms: refused in problem details, never a fault of the server."""

import json
from typing import Any

import pytest
from django.test import override_settings
from drf_spectacular.generators import SchemaGenerator

from api.models import Donor, DonorNote, Role
from api.services.donors import DonorDetails, donor_record
from tests.clients import Client, bearer
from tests.people import BEN, staff

pytestmark = pytest.mark.django_db
JSON = "application/json"
HALF = rb"\ud800"


@pytest.fixture
def ben() -> Donor:
    """Ben, whom we know."""
    return donor_record(DonorDetails(**BEN))


def test_half_of_a_pair_of_surrogates_is_refused_wherever_it_stands(ben: Donor) -> None:
    headers = bearer(staff(Role.ADMINISTRATOR))
    bodies = [
        ("POST", "/api/auth/sign-in/", b'{"email": "%s", "password": "%s"}'),
        ("POST", "/api/stripe/payment-intent/", b'{"currency": "%s", "fund": "%s"}'),
        ("POST", f"/api/staff/donors/{ben.reference}/notes/", b'{"text": "%s %s"}'),
        (
            "POST",
            f"/api/staff/donors/{ben.reference}/consents/",
            b'{"channel": "%s", "state": "%s"}',
        ),
        ("POST", "/api/staff/report-runs/", b'{"format": "%s", "parameters": {"%s": "x"}}'),
        ("PATCH", f"/api/staff/donors/{ben.reference}/", b'{"version": "%s", "name": "%s"}'),
    ]
    for method, path, body in bodies:
        sent = body % (HALF, HALF)
        answer = Client().generic(method, path, sent, content_type=JSON, headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), (
            path
        )
        assert answer.json()["code"] == "invalid", path
        assert set(answer.json()["fields"]) == set(json.loads(body % (b"", b""))), path
    whole = b'{"text": "\\ud83d\\ude00"}'
    path = f"/api/staff/donors/{ben.reference}/notes/"
    assert (
        Client().generic("POST", path, whole, content_type=JSON, headers=headers).status_code == 201
    )
    assert DonorNote.objects.get().text == "\U0001f600"


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_too_large_a_body_is_refused_before_it_is_read(ben: Donor) -> None:
    headers = bearer(staff(Role.ADMINISTRATOR))
    path = f"/api/staff/donors/{ben.reference}/notes/"
    sent = b'{"text": "%s"}' % (b"a" * 1000)
    answer = Client().generic("POST", path, sent, content_type=JSON, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert not DonorNote.objects.exists()


@pytest.mark.parametrize(
    "accept",
    ["application/pdf", "text/html", "image/png;q=0.1", "nonsense", "application/xml, */*"],
)
def test_a_client_gets_the_one_form_there_is_whatever_it_accepts(ben: Donor, accept: str) -> None:
    headers = {**bearer(staff(Role.ADMINISTRATOR)), "Accept": accept}
    answer = Client().get(f"/api/staff/donors/{ben.reference}/", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, JSON)
    pdf = f"/api/staff/donors/{ben.reference}/statement.pdf"
    found = Client().get(pdf, {"year": "2025-26"}, headers=headers)
    assert (found.status_code, found["Content-Type"]) == (200, "application/pdf")
    wrong = Client().get(pdf, {"year": "x"}, headers=headers)
    assert (wrong.status_code, wrong["Content-Type"]) == (400, "application/problem+json")
    assert Client().get("/api/staff/donors/?format=xml", headers=headers).status_code == 400


def test_the_schema_is_given_as_yaml_and_as_json() -> None:
    assert b"openapi: 3" in Client().get("/api/schema/").content
    told = Client().get("/api/schema/?format=json")
    assert told.json()["openapi"].startswith("3")


def schema() -> dict[str, Any]:
    """The OpenAPI file of now."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


def test_who_writes_a_client_reads_that_a_token_or_a_cookie_will_do() -> None:
    paths = schema()["paths"]
    assert paths["/api/auth/me/"]["get"]["security"] == [{"bearer": []}, {"cookie": []}]
    plan = paths["/api/donor/plans/{reference}/"]["get"]["security"]
    assert plan == [{"donor_link": []}, {"donor": []}]


def test_who_writes_a_client_reads_how_to_sign_in_and_how_often_they_may_ask() -> None:
    told = schema()
    assert "second_factor_needed" in told["info"]["description"]
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            limited = operation["responses"]["429"]
            assert set(limited["headers"]) == {"Retry-After", "RateLimit-Policy", "RateLimit"}
            assert "503" in operation["responses"], (method, path)
            assert ("413" in operation["responses"]) == (method in ("post", "patch")), (
                method,
                path,
            )


def test_a_method_that_an_address_has_not_is_told_with_those_that_it_has() -> None:
    headers = bearer(staff(Role.ADMINISTRATOR))
    for method, path, allowed in (
        ("PUT", "/api/staff/donors/", "GET, HEAD, OPTIONS"),
        ("TRACE", "/api/staff/dashboard/", "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/staff/report-runs/", "GET, POST, HEAD, OPTIONS"),
    ):
        answer = Client().generic(method, path, headers=headers)
        assert (answer.status_code, answer["Allow"]) == (405, allowed)
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["title"] == "Method Not Allowed"
        assert Client().generic(method, path).status_code == 401


def test_columns_that_are_not_asked_for_are_promised_to_nobody(ben: Donor) -> None:
    assert schema()["components"]["schemas"]["StaffDonorsRow"]["required"] == ["id"]
    headers = bearer(staff(Role.ADMINISTRATOR))

    def row(query: str) -> dict[str, Any]:
        [found] = Client().get(f"/api/staff/donors/{query}", headers=headers).json()["results"]
        return dict(found)

    assert row("?columns=name") == {"id": ben.pk, "name": ben.name}
    assert row("?columns=") == row("") and "phone" in row("")
