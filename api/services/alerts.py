"""Staff are told once of what needs a person, and again only after it was put right and came back."""

from collections.abc import Collection

from django.db import transaction

from api.clock import now
from api.models import Alert, AlertKind, WebhookEvent, WebhookStatus
from api.services import jobs


@transaction.atomic
def alert_open(kind: AlertKind, subject: str = "") -> bool:
    """Tell staff by one e-mail, unless they were told and it still stands. True when it is new.

    Locks the open alert until the commit, so that alert_close can't miss what was found meanwhile.
    """
    alert, is_new = Alert.objects.select_for_update().get_or_create(
        kind=kind, subject=subject, closed_at=None
    )
    if is_new:
        jobs.defer("alert_email", alert_id=alert.pk)
    return is_new


def alert_close(kind: AlertKind, subject: str = "") -> None:
    """What staff were told of is put right: the next one is told again."""
    alerts_close(kind, [subject])


def alerts_close(kind: AlertKind, subjects: Collection[str]) -> None:
    """All of these are put right."""
    Alert.objects.filter(kind=kind, subject__in=subjects, closed_at=None).update(closed_at=now())


@transaction.atomic
def alert_events_review() -> None:
    """Close the alert of failed events once none is left."""
    told = Alert.objects.select_for_update().filter(kind=AlertKind.FAILED_EVENTS, closed_at=None)
    if told.first() and not WebhookEvent.objects.filter(status=WebhookStatus.FAILED).exists():
        alert_close(AlertKind.FAILED_EVENTS)
