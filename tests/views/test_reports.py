"""Reports as staff and programs meet them: pages, files, schedules, the API."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.models import AuditLine, ReportRun, ReportSchedule, Role, RunState
from api.services.report_runs import run_carry_out
from api.services.reports.catalogue import REPORTS
from tests.clients import Client, bearer
from tests.giving_history import history_write
from tests.people import staff

pytestmark = pytest.mark.django_db
# Where a file is made: its progress is written on a connection of its own.
FILES = pytest.mark.django_db(transaction=True)
OCTOBER = {"period": "own", "from": "2026-10-01", "to": "2026-10-31", "step": "month"}


@pytest.fixture
def farid(no_jobs: None) -> Client:
    """Farid of finance, signed in."""
    client = Client()
    client.force_login(staff(Role.FINANCE))
    return client


def signed_in(role: Role) -> Client:
    """Somebody of a role, in a browser of their own."""
    client = Client()
    client.force_login(staff(role))
    return client


def test_every_report_is_on_the_page_of_reports_and_opens_with_its_figures(farid: Client) -> None:
    history_write()
    page = farid.get("/admin/reports/").content.decode()
    for name, report in REPORTS.items():
        assert f'href="/admin/reports/{name}/"' in page and report.question in page
        assert farid.get(f"/admin/reports/{name}/").status_code == 200
    shown = farid.get("/admin/reports/giving/", OCTOBER).content.decode()
    assert "£85.81" in shown and "<svg" in shown and "Total GBP" in shown
    # Gifts by fund open exactly their payments.
    link = "/admin/payments/?received_from=2026-10-01&amp;received_to=2026-10-31&amp;currency=GBP&amp;fund=roof"
    assert link in shown
    opened = farid.get(link.replace("&amp;", "&")).content.decode()
    assert opened.count("£25.00") >= 1 and "£40.81" not in opened


def test_every_report_opens_before_the_first_gift(farid: Client) -> None:
    for name in REPORTS:
        answer = farid.get(f"/admin/reports/{name}/")
        assert answer.status_code == 200
        assert "Nothing " in answer.content.decode()


def test_a_wrong_choice_is_explained_beside_the_form_and_shows_no_figures(farid: Client) -> None:
    history_write()
    answer = farid.get("/admin/reports/giving/?period=own&from=2026-10-31&to=2026-10-01")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "There is a problem" in page and "The last day is before the first, 31 Oct 2026." in page
    assert "£" not in page.split("report-form")[1]


def test_who_may_not_run_a_report_does_not_see_that_it_is_there(no_jobs: None) -> None:
    gwen, hana = signed_in(Role.FUNDRAISER), signed_in(Role.SUPPORT)
    assert "/admin/reports/payouts/" not in gwen.get("/admin/reports/").content.decode()
    assert gwen.get("/admin/reports/payouts/").status_code == 404
    assert gwen.post("/admin/reports/payouts/file/", {"format": "csv"}).status_code == 404
    for address in ("", "giving/", "files/", "schedules/", "schedules/new/?report=giving"):
        assert hana.get(f"/admin/reports/{address}").status_code == 403
    assert Client().get("/admin/reports/giving/").status_code == 302
    assert not ReportRun.objects.exists()


@pytest.mark.parametrize(
    ("form", "ending", "begins"),
    [("pdf", "pdf", b"%PDF"), ("xlsx", "xlsx", b"PK"), ("csv", "zip", b"PK")],
)
def test_a_short_report_is_handed_out_at_once(
    farid: Client, form: str, ending: str, begins: bytes
) -> None:
    answer: Any = farid.post("/admin/reports/giving/file/", {**OCTOBER, "format": form})
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == (
        f'attachment; filename="giving-2026-10-01-to-2026-10-31.{ending}"'
    )
    assert b"".join(answer.streaming_content).startswith(begins)
    assert answer["Cache-Control"] == "no-store"
    line = AuditLine.objects.get(action="report.taken")
    assert (line.actor, line.detail["format"]) == (staff(Role.FINANCE), form)


@FILES
def test_a_long_report_is_made_in_the_background_and_found_by_its_asker_alone(
    farid: Client,
) -> None:
    history_write()
    asked = {key: text for key, text in OCTOBER.items() if key != "step"}
    answer = farid.post("/admin/reports/receipts/file/", {**asked, "format": "xlsx"})
    run = ReportRun.objects.get()
    own = f"/admin/reports/files/{run.reference}/"
    assert answer.status_code == 302 and answer["Location"] == own
    assert '<progress max="100" value="0"' in farid.get(own).content.decode()
    told = farid.get(f"{own}progress/").json()
    assert told == {
        "state": "waiting",
        "is_under_way": True,
        "progress": 0,
        "words": "Waiting to begin",
    }
    assert farid.get(f"{own}file/").status_code == 409
    run_carry_out(run.pk)
    assert "Download receipts-2026-10-01" in farid.get(own).content.decode()
    file: Any = farid.get(f"{own}file/")
    assert b"".join(file.streaming_content).startswith(b"PK")
    dora = signed_in(Role.ADMINISTRATOR)
    for address in (own, f"{own}progress/", f"{own}file/"):
        assert dora.get(address).status_code == 404
    assert run.title not in dora.get("/admin/reports/files/").content.decode()
    assert run.title in farid.get("/admin/reports/files/").content.decode()


def test_a_schedule_is_made_paused_and_deleted_on_its_pages(farid: Client) -> None:
    form = "/admin/reports/schedules/new/?report=giving&period=last_month&step=month"
    assert "Last month" in farid.get(form).content.decode()
    asked = {"report": "giving", "period": "last_month", "step": "month", "format": "pdf"}
    who = str(staff(Role.FUNDRAISER).pk)
    made = farid.post(
        "/admin/reports/schedules/new/",
        {**asked, "every": "week", "weekday": "1", "monthday": "5", "recipients": [who]},
    )
    assert made.status_code == 302
    schedule = ReportSchedule.objects.get()
    assert (schedule.every, schedule.day, schedule.parameters) == (
        "week",
        1,
        {"period": "last_month", "step": "month"},
    )
    page = farid.get("/admin/reports/schedules/").content.decode()
    assert "Every Monday" in page and "To Gwen" in page
    one = f"/admin/reports/schedules/{schedule.reference}/"
    assert signed_in(Role.AUDITOR).post(one, {"do": "delete"}).status_code == 403
    farid.post(one, {"do": "pause"})
    assert "Paused" in farid.get("/admin/reports/schedules/").content.decode()
    farid.post(one, {"do": "delete"})
    assert not ReportSchedule.objects.exists()
    assert farid.post(one, {"do": "delete"}).status_code == 404


def test_a_schedule_of_own_days_is_refused_in_words(farid: Client) -> None:
    answer = farid.post(
        "/admin/reports/schedules/new/",
        {**OCTOBER, "report": "giving", "format": "pdf", "every": "month", "monthday": "1",
         "recipients": [str(staff(Role.FINANCE).pk)]},
    )  # fmt: skip
    assert answer.status_code == 400
    assert "fixed days would always give the same report" in answer.content.decode()
    assert not ReportSchedule.objects.exists()


def test_the_api_tells_reports_and_figures_in_minor_units(farid: Client) -> None:
    history_write()
    listed = farid.get("/api/staff/reports/").json()
    assert [one["name"] for one in listed] == list(REPORTS)
    assert listed[0]["parameters"][:2] == ["period", "step"]
    figures = farid.get("/api/staff/reports/giving/", OCTOBER).json()
    assert figures["period"] == {"preset": "", "first_on": "2026-10-01", "last_on": "2026-10-31"}
    assert figures["tables"][0]["rows"] == [["2026-10-01", "2026-10-31", "GBP", 4, 8581, 0, 8581]]
    assert figures["tables"][0]["totals"] == [[None, None, "GBP", 4, 8581, 0, 8581]]


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/staff/reports/moon/", 404, "not_found"),
        ("/api/staff/reports/giving/?period=moon", 400, "report_refused"),
        ("/api/staff/report-runs/NOTHING/", 404, "not_found"),
        ("/api/staff/report-runs/NOTHING/file/", 404, "not_found"),
    ],
)
def test_the_api_refuses_with_problem_details(
    farid: Client, address: str, status: int, code: str
) -> None:
    answer = farid.get(address)
    assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code


@FILES
def test_an_app_asks_for_a_file_follows_it_and_takes_it(no_jobs: None) -> None:
    app, header = Client(), bearer(staff(Role.FINANCE))
    asked = {"report": "giving", "format": "csv", "parameters": OCTOBER}

    def post(body: dict[str, Any]) -> Any:
        return app.post(
            "/api/staff/report-runs/",
            json.dumps(body),
            content_type="application/json",
            headers=header,
        )

    answer = post(asked)
    assert answer.status_code == 202 and answer.json()["state"] == RunState.WAITING
    one = f"/api/staff/report-runs/{answer.json()['reference']}/"
    assert app.get(f"{one}file/", headers=header).status_code == 409
    run_carry_out(ReportRun.objects.get().pk)
    told = app.get(one, headers=header).json()
    assert (told["state"], told["progress"]) == ("ready", 100)
    assert told["file_name"] == "giving-2026-10-01-to-2026-10-31.zip"
    file: Any = app.get(f"{one}file/", headers=header)
    assert len(b"".join(file.streaming_content)) == told["size_bytes"]
    listed = app.get("/api/staff/report-runs/", headers=header).json()
    assert (listed["results"], listed["next"]) == ([told], None)
    other = bearer(staff(Role.ADMINISTRATOR))
    assert app.get("/api/staff/report-runs/", headers=other).json()["results"] == []
    assert app.get(one, headers=other).status_code == 404
    assert app.get(f"{one}file/", headers=other).status_code == 404
    for wrong, status in (
        ({**asked, "report": "moon"}, 400),
        ({**asked, "format": "docx"}, 400),
        ({**asked, "parameters": {"period": "moon"}}, 400),
    ):
        assert post(wrong).status_code == status
    assert ReportRun.objects.count() == 1


def test_nobody_without_the_right_reaches_the_api(no_jobs: None) -> None:
    hana, gwen = signed_in(Role.SUPPORT), signed_in(Role.FUNDRAISER)
    assert Client().get("/api/staff/reports/").status_code == 401
    assert hana.get("/api/staff/reports/").status_code == 403
    assert gwen.get("/api/staff/reports/payouts/").status_code == 403
    names = [one["name"] for one in gwen.get("/api/staff/reports/").json()]
    assert "payouts" not in names and "top-donors" in names


def test_the_page_of_files_asks_the_database_as_often_for_many_as_for_one(farid: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert farid.get("/admin/reports/files/").status_code == 200
        return len(queries)

    me = staff(Role.FINANCE)
    ReportRun.objects.create(kind="report", name="giving", title="One", format="pdf", asked_by=me)
    first = count()
    for number in range(40):
        ReportRun.objects.create(
            kind="report", name="giving", title=f"File {number}", format="pdf", asked_by=me
        )
    assert count() == first
    page = farid.get("/admin/reports/files/").content.decode()
    assert page.count('class="file"') == 30 and "Older files" in page
