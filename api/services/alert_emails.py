"""The e-mail to staff about an alert: counts and a link, no donor's data."""

from datetime import timedelta

from django.conf import settings

from api.clock import charity_date
from api.models import (
    DISPUTE_WAITS_FOR_US,
    Alert,
    AlertKind,
    AuditLine,
    Dispute,
    MessageKind,
    Reconciliation,
    WebhookEvent,
    WebhookStatus,
)
from api.services.messages import message_send, message_write

# Where staff see what an alert is about.
_ALERT_PAGES = {
    AlertKind.FAILED_EVENTS: "events/?status=failed",
    AlertKind.DISPUTE: "disputes/?waits=yes",
    AlertKind.PLANS: "api/auditline/?q=subscription.mended",
    AlertKind.DIFFERENCES: "api/reconciliation/",
    AlertKind.BACKUP: "doctor/",
}


def alert_email_send(alert_id: int) -> None:
    """Write and send an alert to staff. Safe to call again: one e-mail per alert."""
    alert = Alert.objects.get(pk=alert_id)
    message = message_write(
        kind=MessageKind.ALERT,
        key=f"{MessageKind.ALERT}:{alert.pk}:{alert.opened_at:%Y%m%d%H%M%S}",
        to=settings.STAFF_ALERT_EMAIL,
        words={
            "kind": alert.kind,
            "subject": alert.subject,
            "count": _alert_count(alert),
            "link": f"{settings.SITE_URL}/admin/{_ALERT_PAGES[AlertKind(alert.kind)]}",
            "written_on": charity_date(alert.opened_at),
        },
    )
    message_send(message)


def _alert_count(alert: Alert) -> int:
    """How many there are of what needs a person, at the time of writing."""
    if alert.kind == AlertKind.FAILED_EVENTS:
        return WebhookEvent.objects.filter(status=WebhookStatus.FAILED).count()
    if alert.kind == AlertKind.DISPUTE:
        return Dispute.objects.filter(status__in=DISPUTE_WAITS_FOR_US).count()
    if alert.kind == AlertKind.PLANS:
        day = alert.opened_at - timedelta(days=1)
        return AuditLine.objects.filter(action="subscription.mended", at__gt=day).count()
    run = Reconciliation.objects.exclude(finished_at=None).order_by("-id").first()
    return run.differences.count() if run else 0
