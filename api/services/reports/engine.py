"""Makes reports: parameters in, one result out, which every format shows."""

from collections.abc import Mapping
from dataclasses import replace

from api.clock import charity_date, now
from api.errors import DomaapError, NotFound
from api.models import Right, User
from api.services.replicas import replica_reads
from api.services.reports.parameters import (
    parameters_read,
    parameters_words,
    parameters_write,
)
from api.services.reports.queries import snapshot
from api.services.reports.spec import PDF_ROWS, Parameters, Report, ReportResult


class ReportForbidden(DomaapError):
    """Who asks lacks a right that the report needs."""

    code = "report_forbidden"
    status = 403
    title = "This report is not for you"
    detail = "Your role does not allow this report. Ask an administrator."


def report_find(name: str, reports: Mapping[str, Report]) -> Report:
    """The report of a name. Raises NotFound."""
    if name not in reports:
        raise NotFound(f"There is no report called {name[:60]!r}.")
    return reports[name]


def reports_for(user: User, reports: Mapping[str, Report]) -> list[Report]:
    """Those that a person may run."""
    return [report for report in reports.values() if report.rights <= user.rights]


def report_run(
    report: Report, asked: Mapping[str, str], *, user: User, most: int = PDF_ROWS
) -> ReportResult:
    """The figures, and of a long list the first `most` rows.

    Raises ReportRefused for what is not understood, ReportForbidden without the right.
    """
    if not report.rights <= user.rights:
        raise ReportForbidden
    parameters = parameters_read(report, asked, today=charity_date(now()), rights=user.rights)
    return report_make(report, replace(parameters, most=most), made_by=person_name(user))


@replica_reads
def report_make(report: Report, parameters: Parameters, *, made_by: str) -> ReportResult:
    """The figures of checked parameters, all as of one moment."""
    with snapshot():
        made_at = now()
        body = report.make(parameters)
    return ReportResult(
        report=report,
        parameters=parameters,
        asked=parameters_write(report, parameters),
        filters=parameters_words(report, parameters),
        body=body,
        made_at=made_at,
        made_by=made_by,
    )


def person_name(user: User) -> str:
    """How a member of staff is named on paper."""
    return user.get_full_name() or user.email


# Rights that widen what a report shows; a file made with them is given only to who still has them.
WIDENING = frozenset({Right.REPORTS_DONORS, Right.DONORS_CONTACT})
