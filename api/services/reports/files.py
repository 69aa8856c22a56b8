"""A report as a file, all of it as of one moment."""

from collections.abc import Mapping
from datetime import date
from typing import BinaryIO

from api.clock import charity_date, now
from api.models import Right, User
from api.services.audit import audit_record
from api.services.reports.engine import ReportForbidden, person_name, report_make
from api.services.reports.formats import Format, Progress, file_write, progress_none
from api.services.reports.parameters import parameters_read
from api.services.reports.queries import snapshot
from api.services.reports.spec import Report


def report_file(
    report: Report,
    asked: Mapping[str, str],
    form: Format,
    file: BinaryIO,
    *,
    user: User,
    today: date | None = None,
    progress: Progress = progress_none,
) -> str:
    """Write a report for a person into a file; returns its name. Raises ReportRefused, ReportForbidden.

    `today`: the day from which "last month" is seen, if not this one.
    """
    if not report.rights | {Right.EXPORTS_MAKE} <= user.rights:
        raise ReportForbidden
    day = today or charity_date(now())
    with snapshot():
        parameters = parameters_read(report, asked, today=day, rights=user.rights)
        progress(5, "Counting")
        result = report_make(report, parameters, made_by=person_name(user))
        return file_write(result, form, file, progress)


def report_take(
    report: Report, asked: Mapping[str, str], form: Format, file: BinaryIO, *, user: User
) -> str:
    """The same for a person who waits for it; who took what is written down."""
    name = report_file(report, asked, form, file, user=user)
    audit_record(
        action="report.taken", subject=f"report:{report.name}", actor=user, format=form.value
    )
    return name
