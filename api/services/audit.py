"""The audit log: written in the transaction of the deed."""

from collections.abc import Iterable, Mapping

from api.models import AuditLine, User


def audit_record(
    *, action: str, subject: str, actor: User | None = None, **detail: str | int | None
) -> None:
    """One line: what was done to what, by whom (nobody = the system). No personal data in the detail."""
    AuditLine.objects.create(action=action, subject=subject, actor=actor, detail=detail)


def audit_record_all(deeds: Iterable[tuple[str, str, Mapping[str, str | int]]]) -> None:
    """Many lines of the system at once: action, subject, detail."""
    AuditLine.objects.bulk_create(
        AuditLine(action=action, subject=subject, detail=dict(detail))
        for action, subject, detail in deeds
    )
