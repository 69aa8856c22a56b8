"""Long tables are made into files in the background: once, for who asked, with the rights of that day."""

import io
from typing import Any

import openpyxl
import pytest

from api.models import AuditLine, ReportRun, Right, Role, RunState, User
from api.services.gateways import xlsx
from api.services.report_runs import run_carry_out
from api.services.tables import TABLES, exports
from api.services.tables.questions import TableRefused
from tests.clients import Client
from tests.people import staff
from tests.tables.conftest import As

pytestmark = pytest.mark.django_db


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch, no_jobs: None) -> None:
    """Whatever has a row is long."""
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 0)


def ask(client: Client, address: str) -> ReportRun:
    """Press the button; the run that came of it."""
    answer = client.get(address)
    run = ReportRun.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/admin/reports/files/{run.reference}/",
    )
    return run


def test_a_long_table_is_made_by_the_worker_and_is_what_was_filtered(
    charity: dict[str, Any], signed_in: As, short_waits: None, transactional_db: None
) -> None:
    client = signed_in(Role.FINANCE)
    query = "kind=one_off&q=ben&columns=donor,total_minor"
    run = ask(client, f"/admin/tables/donations.csv?{query}&view=9")
    assert ask(client, f"/admin/tables/donations.csv?{query}") == run  # Two clicks are one wish.
    assert ReportRun.objects.count() == 1
    page = client.get(f"/admin/reports/files/{run.reference}/").content.decode()
    assert "Waiting to begin" in page and "Donations" in page
    run_carry_out(run.pk)
    run.refresh_from_db()
    assert (run.state, run.progress, run.error) == (RunState.READY, 100, "")
    assert run.file_name.startswith("donations-") and run.file_name.endswith(".csv")
    taken = client.get(f"/admin/reports/files/{run.reference}/file/")
    assert b"".join(taken).decode("utf-8-sig").splitlines() == [  # type: ignore[arg-type]
        "Donor,Amount,Currency",
        "Ben Okafor,25.00,GBP",
    ]
    line = AuditLine.objects.get(action="table.exported")
    assert line.actor and line.actor.email == "farid@example.org"
    assert (line.detail["rows"], line.detail["filters"]) == (
        1,
        "kind=one_off&columns=donor%2Ctotal_minor",
    )
    other = signed_in(Role.ADMINISTRATOR)
    assert other.get(f"/admin/reports/files/{run.reference}/file/").status_code == 404


def test_a_workbook_of_more_rows_than_a_page_has_goes_on_on_the_next(
    charity: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "ROWS_A_PAGE", 4)
    file, told = io.BytesIO(), []
    name, rights = exports.table_file(
        TABLES["donations"],
        "columns=donor",
        "xlsx",
        file,
        user=staff(Role.FINANCE),
        progress=lambda done, words: told.append((done, words)),
    )
    assert name.endswith(".xlsx") and Right.DONORS_VIEW in rights
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["Donations", "Donations (2)", "Donations (3)", "About"]
    pages = [book[title].iter_rows(min_row=2, values_only=True) for title in book.sheetnames[:3]]
    assert len([row for page in pages for row in page if row[0]]) == 7
    assert told[-1][1].startswith("7 of about ")


def test_who_lost_a_right_meanwhile_gets_neither_the_file_nor_its_columns(
    charity: dict[str, Any],
) -> None:
    def make(user: User, query: str) -> frozenset[Right]:
        table, silent = TABLES["donors"], lambda done, words: None
        return exports.table_file(table, query, "csv", io.BytesIO(), user=user, progress=silent)[1]

    gwen = staff(Role.FUNDRAISER)
    assert make(gwen, "columns=email") == {
        Right.DONORS_VIEW,
        Right.DONORS_CONTACT,
        Right.EXPORTS_MAKE,
    }
    with pytest.raises(TableRefused, match="email"):
        make(staff(Role.AUDITOR), "columns=email")
    with pytest.raises(TableRefused, match="Your role does not allow"):
        make(staff(Role.SUPPORT), "columns=email")


def test_few_rows_are_handed_out_at_once_and_the_api_says_where_its_file_will_be(
    charity: dict[str, Any], signed_in: As, no_jobs: None
) -> None:
    client = signed_in(Role.FINANCE)
    assert client.get("/admin/tables/donations.csv")["Content-Type"].startswith("text/csv")
    assert not ReportRun.objects.exists()

    def post(**told: Any) -> Any:
        token = (
            {"X-CSRFToken": client.cookies["csrftoken"].value}
            if "csrftoken" in client.cookies
            else {}
        )
        return client.post(
            "/api/staff/report-runs/", told, content_type="application/json", headers=token
        )

    done = post(table="donations", query="status=failed", format="xlsx")
    run = ReportRun.objects.get()
    assert (done.status_code, done["Location"]) == (202, f"/api/staff/report-runs/{run.reference}/")
    assert (run.kind, run.name, run.parameters) == (
        "table",
        "donations",
        {"query": "status=failed"},
    )
    for told in (
        {"table": "donations", "format": "pdf"},
        {"table": "donations", "report": "giving", "format": "csv"},
        {"format": "csv"},
        {"table": "donations", "query": "status=none", "format": "csv"},
    ):
        assert post(**told).status_code == 400
    assert ReportRun.objects.count() == 1
