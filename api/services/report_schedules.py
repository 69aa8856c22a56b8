"""Schedules: reports that are made on their day for each recipient, who is told by a link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from api.clock import charity_date, charity_time, now
from api.errors import DomaapError, NotFound
from api.models import Every, ReportSchedule, Right, User
from api.services.audit import audit_record
from api.services.report_runs import run_scheduled
from api.services.reports.catalogue import REPORTS
from api.services.reports.engine import ReportForbidden, report_find
from api.services.reports.formats import Format
from api.services.reports.parameters import parameters_read, parameters_write
from api.services.reports.periods import OWN
from api.services.reports.spec import Report

# Reports of a day are made in the early morning, when yesterday's figures are all there.
HOUR = 6
LONGEST = 50
# A second click, not a second thought.
_DOUBLE_CLICK = timedelta(minutes=1)
FORMAT_WRONG = f"Choose one of: {', '.join(Format)}."
EVERY_WRONG = "Choose every week or every month."
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class ScheduleRefused(DomaapError):
    """A schedule that can't be kept as it was asked for."""

    code = "schedule_refused"
    status = 400
    title = "The schedule can't be made like this"
    detail = "Please correct the marked choices."


@dataclass(frozen=True)
class ScheduleRequest:
    """What was asked: the choices of the report as texts, how often, on which day, for whom (ids of users)."""

    report: str
    parameters: Mapping[str, str]
    form: str
    every: str
    day: str
    recipients: Sequence[str]


def schedule_make(request: ScheduleRequest, *, actor: User) -> ReportSchedule:
    """Keep a schedule; its first report comes on its next day. The same one again within a minute is the same.

    Raises ScheduleRefused, ReportRefused.
    """
    report = report_find(request.report, REPORTS)
    if not may_have(report, actor):
        raise ReportForbidden
    today = charity_date(now())
    parameters = parameters_read(report, request.parameters, today=today, rights=actor.rights)
    if "period" in report.takes and parameters.period.preset == OWN:
        raise ScheduleRefused(
            period="Choose a period such as last month: fixed days would always give the same report."
        )
    every, day = _day(request)
    if request.form not in list(Format):
        raise ScheduleRefused(format=FORMAT_WRONG)
    people = _recipients(report, request.recipients)
    wish = {
        "report": report.name,
        "parameters": parameters_write(report, parameters),
        "format": request.form,
        "every": every,
        "day": day,
        "made_by": actor,
    }
    with transaction.atomic():
        # Two clicks at once wait for each other here.
        User.objects.select_for_update().get(pk=actor.pk)
        lately = ReportSchedule.objects.filter(created_at__gt=now() - _DOUBLE_CLICK, **wish)
        for known in lately:
            if set(known.recipients.all()) == set(people):
                return known
        schedule = ReportSchedule.objects.create(begins_on=today, **wish)
        schedule.recipients.set(people)
        _audit("report_schedule.made", schedule, actor, recipients=len(request.recipients))
    return schedule


def schedule_pause(reference: str, *, is_active: bool, actor: User) -> None:
    """Pause a schedule, or let it go on from its next day."""
    with transaction.atomic():
        schedule = _find(reference, actor)
        if schedule.is_active == is_active:
            return
        schedule.is_active = is_active
        if is_active:
            schedule.begins_on = charity_date(now())
        schedule.save()
        _audit(
            "report_schedule.resumed" if is_active else "report_schedule.paused", schedule, actor
        )


def schedule_delete(reference: str, *, actor: User) -> None:
    """Remove a schedule; the files that it made stay until they expire."""
    with transaction.atomic():
        schedule = _find(reference, actor)
        _audit("report_schedule.deleted", schedule, actor)
        schedule.delete()


def schedules_for(user: User) -> QuerySet[ReportSchedule]:
    """Those whose report this person may run."""
    allowed = [report.name for report in REPORTS.values() if report.rights <= user.rights]
    schedules = ReportSchedule.objects.filter(report__in=allowed)
    return schedules.select_related("made_by").prefetch_related("recipients")


def schedule_find(reference: str, *, user: User) -> ReportSchedule:
    """One of them. Raises NotFound."""
    return _found(schedules_for(user), reference)


def recipients_for(report: Report) -> list[User]:
    """The members of staff who may have this report."""
    staff = User.objects.filter(is_active=True, is_staff=True).order_by("first_name", "email")
    return [person for person in staff if may_have(report, person)]


def may_have(report: Report, person: User) -> bool:
    """Whether a person may be sent a report."""
    return report.rights | {Right.EXPORTS_MAKE} <= person.rights


def schedule_due(schedule: ReportSchedule, moment: datetime) -> date | None:
    """The schedule's newest day that has come and is not done yet; one that was missed is not made up twice."""
    local = charity_time(moment)
    latest = local.date() if local.hour >= HOUR else local.date() - timedelta(days=1)
    due = _latest_day(schedule, latest)
    done = max(schedule.begins_on, schedule.last_run_on or date.min)
    return due if due > done else None


def schedules_run() -> int:
    """Ask for the reports of every schedule whose day has come. Returns how many. Safe to call again."""
    moment, asked = now(), 0
    for pk in ReportSchedule.objects.filter(is_active=True).values_list("pk", flat=True):
        asked += _run(pk, moment)
    return asked


@transaction.atomic
def _run(pk: int, moment: datetime) -> int:
    """One schedule: whoever has its lock does it. A recipient without the right any more gets nothing."""
    schedule = (
        ReportSchedule.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=pk, is_active=True)
        .first()
    )
    due = schedule_due(schedule, moment) if schedule else None
    if schedule is None or due is None or schedule.report not in REPORTS:
        return 0
    report = REPORTS[schedule.report]
    people = [person for person in schedule.recipients.all() if may_have(report, person)]
    runs = [run_scheduled(schedule, on=due, person=person) for person in people]
    ReportSchedule.objects.filter(pk=pk).update(last_run_on=due)
    return sum(run is not None for run in runs)


def _latest_day(schedule: ReportSchedule, latest: date) -> date:
    if schedule.every == Every.WEEK:
        return latest - timedelta(days=(latest.isoweekday() - schedule.day) % 7)
    month = latest if latest.day >= schedule.day else latest.replace(day=1) - timedelta(days=1)
    return month.replace(day=schedule.day)


def schedule_next(schedule: ReportSchedule, today: date) -> date:
    """The next day on which it is made."""
    day = today
    while _latest_day(schedule, day) != day or day <= max(
        schedule.begins_on, schedule.last_run_on or date.min
    ):
        day += timedelta(days=1)
    return day


def schedule_words(schedule: ReportSchedule) -> str:
    """Every month on day 3; every week on Monday."""
    if schedule.every == Every.WEEK:
        return f"Every {DAYS[schedule.day - 1]}"
    return f"Every month on day {schedule.day}"


def _day(request: ScheduleRequest) -> tuple[str, int]:
    if request.every not in list(Every):
        raise ScheduleRefused(every=EVERY_WRONG)
    most = 7 if request.every == Every.WEEK else 28
    day = int(request.day) if request.day.isdecimal() and len(request.day) < 3 else 0
    if not 1 <= day <= most:
        raise ScheduleRefused(day=f"A day from 1 to {most} is accepted.")
    return request.every, day


def _recipients(report: Report, ids: Sequence[str]) -> list[User]:
    allowed = {str(person.pk): person for person in recipients_for(report)}
    wrong = [one for one in ids if one not in allowed]
    if wrong or not ids or len(ids) > LONGEST:
        raise ScheduleRefused(
            recipients="Choose at least one person, of those who may see this report."
        )
    return [allowed[one] for one in ids]


def _find(reference: str, actor: User) -> ReportSchedule:
    return _found(schedules_for(actor).select_for_update(of=("self",)), reference)


def _found(schedules: QuerySet[ReportSchedule], reference: str) -> ReportSchedule:
    found = schedules.filter(reference=reference).first()
    if found is None:
        raise NotFound("This schedule is gone.")
    return found


def _audit(action: str, schedule: ReportSchedule, actor: User, **detail: int) -> None:
    audit_record(
        action=action,
        subject=f"report_schedule:{schedule.reference}",
        actor=actor,
        report=schedule.report,
        every=schedule.every,
        day=schedule.day,
        **detail,
    )
