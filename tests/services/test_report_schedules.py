"""Scheduled reports: each due day once, for who may still see them, by a link and never by figures."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from api.models import AuditLine, Every, Message, ReportRun, ReportSchedule, Role, RunState, User
from api.services import report_schedules
from api.services.report_schedules import (
    ScheduleRefused,
    ScheduleRequest,
    schedule_delete,
    schedule_due,
    schedule_make,
    schedule_next,
    schedule_pause,
    schedules_run,
)
from api.services.reports.engine import ReportForbidden
from api.services.reports.parameters import ReportRefused
from tests.giving_history import history_write
from tests.people import staff
from tests.walks.tools import work

Clock = Callable[[str], int]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def farid(no_jobs: None) -> User:
    """Farid of finance."""
    return staff(Role.FINANCE)


def made(who: User, *people: User, report: str = "giving", **changes: str) -> ReportSchedule:
    """A schedule for the third of each month, last month as PDF, begun on 5 October 2026."""
    asked = {"every": "month", "day": "3", "form": "pdf", "period": "last_month"} | changes
    schedule = schedule_make(
        ScheduleRequest(
            report=report,
            parameters={"period": asked["period"]},
            form=asked["form"],
            every=asked["every"],
            day=asked["day"],
            recipients=[str(person.pk) for person in people or (who,)],
        ),
        actor=who,
    )
    ReportSchedule.objects.filter(pk=schedule.pk).update(begins_on=date(2026, 10, 5))
    schedule.refresh_from_db()
    return schedule


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The schedules look at the clock at a moment, UTC."""

    def run(text: str) -> int:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        monkeypatch.setattr(report_schedules, "now", lambda: moment)
        return schedules_run()

    return run


def test_each_recipient_gets_one_file_and_one_link_for_a_day_however_often_the_clock_comes(
    farid: User, at: Clock
) -> None:
    history_write()
    gwen = staff(Role.FUNDRAISER)
    schedule = made(farid, farid, gwen)
    assert at("2026-11-02T12:00") == 0
    assert at("2026-11-03T05:59") == 0
    assert at("2026-11-03T06:01") == 2
    assert at("2026-11-03T06:11") == 0
    assert at("2026-11-09T06:11") == 0
    work()
    runs = list(ReportRun.objects.order_by("asked_by__email"))
    assert [(run.asked_by, run.scheduled_on, run.state) for run in runs] == [
        (farid, date(2026, 11, 3), RunState.READY),
        (gwen, date(2026, 11, 3), RunState.READY),
    ]
    # Last month is seen from the day on the schedule, not from the day on which the worker came to it.
    assert {run.file_name for run in runs} == {"giving-2026-10-01-to-2026-10-31.pdf"}
    mails = Message.objects.filter(kind="report").order_by("to")
    assert [mail.to for mail in mails] == [farid.email, gwen.email]
    for mail, run in zip(mails, runs, strict=True):
        assert f"/admin/reports/files/{run.reference}/" in mail.text
        assert f"/admin/reports/files/{run.reference}/" in mail.html
        assert "£" not in mail.text + mail.html and "Amina" not in mail.text + mail.html
        assert run.file_name not in mail.text
    assert at("2026-12-03T07:00") == 2
    schedule.refresh_from_db()
    assert schedule.last_run_on == date(2026, 12, 3)


def test_a_day_that_was_missed_is_made_up_once_and_not_for_every_month(
    farid: User, at: Clock
) -> None:
    made(farid)
    assert at("2027-02-20T12:00") == 1
    assert list(ReportRun.objects.values_list("scheduled_on", flat=True)) == [date(2027, 2, 3)]
    assert at("2027-02-21T12:00") == 0


def test_a_recipient_who_lost_the_right_gets_nothing(farid: User, at: Clock) -> None:
    gwen = staff(Role.FUNDRAISER)
    made(farid, farid, gwen, report="top-donors")
    User.objects.filter(pk=gwen.pk).update(role=Role.SUPPORT)
    assert at("2026-11-03T08:00") == 1
    work()
    assert list(ReportRun.objects.values_list("asked_by", flat=True)) == [farid.pk]
    assert [mail.to for mail in Message.objects.filter(kind="report")] == [farid.email]


def test_a_paused_schedule_does_nothing_and_does_not_make_up_for_its_pause(
    farid: User, at: Clock
) -> None:
    schedule = made(farid)
    schedule_pause(schedule.reference, is_active=False, actor=farid)
    assert at("2026-11-03T08:00") == 0
    schedule_pause(schedule.reference, is_active=True, actor=farid)
    schedule.refresh_from_db()
    assert schedule.begins_on >= date(2026, 11, 3)
    schedule_delete(schedule.reference, actor=farid)
    assert not ReportSchedule.objects.exists()
    deeds = AuditLine.objects.filter(action__startswith="report_schedule.").order_by("pk")
    assert [(deed.action, deed.actor) for deed in deeds] == [
        ("report_schedule.made", farid),
        ("report_schedule.paused", farid),
        ("report_schedule.resumed", farid),
        ("report_schedule.deleted", farid),
    ]


@pytest.mark.parametrize(
    ("every", "day", "moment", "due"),
    [
        (Every.MONTH, 3, "2026-11-03T06:00", date(2026, 11, 3)),
        (Every.MONTH, 28, "2026-11-27T23:00", date(2026, 10, 28)),
        (Every.MONTH, 28, "2027-03-01T12:00", date(2027, 2, 28)),
        (Every.WEEK, 1, "2026-11-24T12:00", date(2026, 11, 23)),
        (Every.WEEK, 7, "2026-11-24T12:00", date(2026, 11, 22)),
        (Every.WEEK, 2, "2026-11-24T05:00", date(2026, 11, 17)),
        # Six in the morning in London is five in UTC in summer.
        (Every.WEEK, 2, "2027-06-15T05:00", date(2027, 6, 15)),
        (Every.MONTH, 2, "2026-10-01T12:00", None),
    ],
)
def test_the_due_day_goes_by_the_charitys_clock(
    every: str, day: int, moment: str, due: date | None
) -> None:
    schedule = ReportSchedule(every=every, day=day, begins_on=date(2026, 10, 5))
    assert schedule_due(schedule, datetime.fromisoformat(moment).replace(tzinfo=UTC)) == due


def test_the_next_day_is_told() -> None:
    schedule = ReportSchedule(every=Every.MONTH, day=3, begins_on=date(2026, 11, 3))
    assert schedule_next(schedule, date(2026, 11, 3)) == date(2026, 12, 3)
    assert schedule_next(schedule, date(2026, 12, 3)) == date(2026, 12, 3)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day": "29"}, "day"),
        ({"every": "week", "day": "8"}, "day"),
        ({"day": "first"}, "day"),
        ({"every": "hour"}, "every"),
        ({"form": "docx"}, "format"),
    ],
)
def test_a_schedule_that_cant_be_kept_is_refused_by_the_field(
    farid: User, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(ScheduleRefused) as refused:
        made(farid, **changes)
    assert list(refused.value.fields) == [field]
    assert not ReportSchedule.objects.exists()


def test_a_schedule_needs_a_period_that_moves_and_recipients_who_may(farid: User) -> None:
    with pytest.raises(ReportRefused):
        made(farid, period="own")
    with pytest.raises(ScheduleRefused) as refused:
        made(farid, staff(Role.SUPPORT))
    assert list(refused.value.fields) == ["recipients"]
    with pytest.raises(ScheduleRefused):
        made(farid, staff(Role.FUNDRAISER), report="payouts")
    assert not ReportSchedule.objects.exists()


def test_who_may_not_run_a_report_may_not_schedule_it(farid: User) -> None:
    with pytest.raises(ReportForbidden):
        made(staff(Role.FUNDRAISER), farid, report="payouts")
