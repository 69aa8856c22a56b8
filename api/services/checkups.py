"""The doctor's rounds, kept: asked by a person, or each hour by the clock."""

import time
from collections.abc import Sequence
from datetime import timedelta

from api.clock import now
from api.models import Checkup, User
from api.services.audit import audit_record
from api.services.doctor import Finding, doctor_run

KEPT_FOR = timedelta(days=30)


def checkup_run(*, asked_by: User | None = None) -> Checkup:
    """Look at everything now and keep what was found. Takes a second, or ten when something hangs."""
    begun = time.monotonic()
    return checkup_keep(doctor_run(), seconds=time.monotonic() - begun, asked_by=asked_by)


def checkup_keep(
    findings: Sequence[Finding], *, seconds: float, asked_by: User | None = None
) -> Checkup:
    """Keep findings; those of more than a month ago go."""
    kept = Checkup.objects.create(
        seconds=round(seconds, 2),
        findings=[finding.as_data() for finding in findings],
        asked_by=asked_by,
    )
    if asked_by:
        audit_record(action="doctor.asked", subject=f"checkup:{kept.pk}", actor=asked_by)
    Checkup.objects.filter(at__lt=now() - KEPT_FOR).delete()
    return kept


def checkup_last() -> Checkup | None:
    """What was found the last time."""
    return Checkup.objects.select_related("asked_by").first()
