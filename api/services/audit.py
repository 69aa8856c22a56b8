"""The audit log: written in the transaction of the deed."""

from api.models import AuditLine, User


def audit_record(
    *, action: str, subject: str, actor: User | None = None, **detail: str | int | None
) -> None:
    """One line: what was done to what, by whom (nobody = the system). No personal data in the detail."""
    AuditLine.objects.create(action=action, subject=subject, actor=actor, detail=detail)
