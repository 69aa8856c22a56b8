"""Apps have reports sent on a schedule: with the rights, the rules and the words of the page."""

from typing import Any

import pytest

from api.models import AuditLine, ReportSchedule, Right, Role, User
from api.services.api_clients import api_client_make
from tests.clients import Client, bearer
from tests.people import staff

pytestmark = pytest.mark.django_db
ADDRESS = "/api/staff/report-schedules/"


@pytest.fixture
def farid() -> User:
    """Farid of finance."""
    return staff(Role.FINANCE)


def send(user: User, method: str, path: str, said: Any = None) -> Any:
    """One request of an app."""
    ask = getattr(Client(), method)
    data = {} if said is None else said
    return ask(path, data, content_type="application/json", headers=bearer(user))


def wish(*people: User, **changes: Any) -> dict[str, Any]:
    """Last month's giving as PDF, on the third of each month."""
    return {
        "report": "giving",
        "parameters": {"period": "last_month"},
        "format": "pdf",
        "every": "month",
        "day": 3,
        "recipients": [person.pk for person in people],
        **changes,
    }


def made(user: User, **changes: Any) -> dict[str, Any]:
    """A schedule for oneself."""
    answer = send(user, "post", ADDRESS, wish(user, **changes))
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


def seen(user: User, path: str = ADDRESS) -> Any:
    """What this person sees there."""
    return Client().get(path, headers=bearer(user))


def test_a_schedule_is_made_seen_paused_resumed_and_removed(farid: User) -> None:
    gwen = staff(Role.FUNDRAISER)
    found = seen(farid, "/api/staff/reports/giving/recipients/").json()["results"]
    assert {"id": gwen.pk, "name": "Gwen"} in found
    one = send(farid, "post", ADDRESS, wish(farid, gwen)).json()
    assert (one["title"], one["words"]) == ("Donations", "Every month on day 3")
    assert sorted(person["name"] for person in one["recipients"]) == ["Farid", "Gwen"]
    assert one["made_by"] == {"id": farid.pk, "name": "Farid"}
    assert one["parameters"] == {"period": "last_month"} | one["parameters"]
    assert one["next_on"][-2:] == "03" and one["last_run_on"] is None
    assert seen(gwen).json() == {"results": [one], "next": None}
    path = f"{ADDRESS}{one['reference']}/"
    paused = send(gwen, "patch", path, {"is_active": False}).json()
    assert (paused["is_active"], paused["next_on"]) == (False, None)
    assert send(gwen, "patch", path, {"is_active": True}).json() == one
    assert seen(farid, path).json() == one
    assert send(farid, "delete", path).status_code == 204
    assert seen(farid, path).status_code == 404
    assert send(farid, "delete", path).json()["detail"] == "This schedule is gone."
    lines = AuditLine.objects.filter(subject=f"report_schedule:{one['reference']}")
    assert [(line.action.partition(".")[2], line.actor) for line in lines.order_by("pk")] == [
        ("made", farid),
        ("paused", gwen),
        ("resumed", gwen),
        ("deleted", farid),
    ]


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        ({"report": "nothing"}, "report", "valid choice"),
        ({"format": "docx"}, "format", "Choose one of"),
        ({"every": "day"}, "every", "every week or every month"),
        ({"every": "week", "day": 8}, "day", "1 to 7"),
        ({"day": 31}, "day", "1 to 28"),
        ({"day": 0}, "day", "1 to 28"),
        ({"day": True}, "day", "integer"),
        ({"day": 10**40}, "day", "1 to 28"),
        ({"recipients": []}, "recipients", "at least one person"),
        ({"recipients": [10**30]}, "recipients", "at least one person"),
        ({"recipients": "farid@example.org"}, "recipients", "list"),
        ({"recipients": [{"id": 1}]}, "recipients.0", "integer"),
        ({"parameters": {"period": "own", "from": "2026-01-01"}}, "to", ""),
        ({"parameters": {"period": {"x": 1}}}, "parameters.period", "string"),
        ({"parameters": [1]}, "parameters", "dictionary"),
    ],
)
def test_a_wrong_schedule_names_its_field_and_is_not_made(
    farid: User, change: dict[str, Any], field: str, word: str
) -> None:
    answer = send(farid, "post", ADDRESS, wish(farid, **change))
    told = answer.json()
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert list(told["fields"]) == [field] and word in told["fields"][field][0]
    assert not ReportSchedule.objects.exists()


def test_fixed_days_are_refused_for_they_would_say_the_same_each_time(farid: User) -> None:
    days = {"period": "own", "from": "2026-01-01", "to": "2026-02-01"}
    told = send(farid, "post", ADDRESS, wish(farid, parameters=days)).json()
    assert told["code"] == "schedule_refused" and "last month" in told["fields"]["period"][0]


def test_who_may_not_have_reports_sent_changes_nothing(farid: User) -> None:
    one = made(farid)
    iris, hana = staff(Role.AUDITOR), staff(Role.SUPPORT)
    path = f"{ADDRESS}{one['reference']}/"
    for who in (iris, hana):
        assert send(who, "post", ADDRESS, wish(who)).status_code == 403
        assert send(who, "patch", path, {"is_active": False}).status_code == 403
        assert send(who, "delete", path).status_code == 403
        assert seen(who, "/api/staff/reports/giving/recipients/").status_code == 403
    assert (seen(iris, path).status_code, seen(hana, path).status_code) == (200, 403)
    assert send(farid, "post", ADDRESS, wish(hana)).json()["code"] == "schedule_refused"
    schedule = ReportSchedule.objects.get()
    assert schedule.is_active and list(schedule.recipients.all()) == [farid]


def test_a_schedule_of_a_report_that_one_may_not_run_is_not_there(farid: User) -> None:
    """Payouts are the bank's figures: a fundraiser neither sees nor ends their schedule."""
    one, gwen = made(farid, report="payouts"), staff(Role.FUNDRAISER)
    path = f"{ADDRESS}{one['reference']}/"
    assert seen(gwen).json()["results"] == []
    assert seen(gwen, path).status_code == 404
    assert send(gwen, "patch", path, {"is_active": False}).status_code == 404
    assert send(gwen, "delete", path).status_code == 404
    assert send(gwen, "post", ADDRESS, wish(farid, report="payouts")).json()["code"] == (
        "report_forbidden"
    )
    recipients = seen(gwen, "/api/staff/reports/payouts/recipients/")
    assert (recipients.status_code, recipients.json()["code"]) == (403, "report_forbidden")
    page = Client()
    page.force_login(gwen)
    deed = page.post(f"/admin/reports/schedules/{one['reference']}/", {"do": "delete"})
    assert deed.status_code == 404
    assert ReportSchedule.objects.get().is_active


@pytest.mark.parametrize("said", [{}, {"is_active": "perhaps"}, {"is_active": None}, [1]])
def test_a_change_that_is_none_is_refused(farid: User, said: Any) -> None:
    one = made(farid)
    answer = send(farid, "patch", f"{ADDRESS}{one['reference']}/", said)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert ReportSchedule.objects.get().is_active


def test_a_program_may_what_its_scopes_say(farid: User) -> None:
    def program(*scopes: Right) -> Any:
        _, token = api_client_make(name="P", scopes=list(scopes), expires_at=None, actor=farid)
        return {"Authorization": f"Bearer {token}"}

    def post(headers: Any) -> Any:
        return Client().post(ADDRESS, wish(farid), content_type="application/json", headers=headers)

    half = program(Right.REPORTS_SEND, Right.EXPORTS_MAKE)
    assert post(half).status_code == 403
    assert post(program(Right.REPORTS_VIEW, Right.REPORTS_SEND)).status_code == 403
    whole = post(program(Right.REPORTS_VIEW, Right.REPORTS_SEND, Right.EXPORTS_MAKE))
    assert whole.status_code == 201 and whole.json()["made_by"]["name"] == "P"
    assert ReportSchedule.objects.count() == 1


def test_the_list_costs_the_same_however_long_it_is(
    farid: User, django_assert_max_num_queries: Any
) -> None:
    for day in range(1, 4):
        made(farid, day=day)
    headers = bearer(farid)
    with django_assert_max_num_queries(3):
        assert len(Client().get(ADDRESS, headers=headers).json()["results"]) == 3
