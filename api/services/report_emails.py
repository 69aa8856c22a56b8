"""The e-mail that says that a scheduled report is ready: a link, no figures."""

from django.conf import settings

from api.clock import charity_date, now
from api.models import MessageKind, ReportRun
from api.services.messages import message_send, message_write


def report_email_send(run_id: int) -> None:
    """Tell the person who asked that their report is ready. Safe to call again: one e-mail per run."""
    run = ReportRun.objects.select_related("asked_by", "schedule").get(pk=run_id)
    message = message_write(
        kind=MessageKind.REPORT,
        key=f"{MessageKind.REPORT}:{run.reference}",
        to=run.asked_by.email,
        words={
            "title": run.title,
            "link": f"{settings.SITE_URL}/admin/reports/files/{run.reference}/",
            "written_on": charity_date(run.finished_at or now()),
            "expires_on": charity_date(run.expires_at) if run.expires_at else None,
            "schedules_link": f"{settings.SITE_URL}/admin/reports/schedules/",
        },
    )
    message_send(message)
