"""The audit log: written in the transaction of the deed."""

from collections.abc import Iterable, Mapping
from typing import Any

from api.models import AuditLine, User

Detail = str | int | bool | None | Mapping[str, Any]


def audit_record(*, action: str, subject: str, actor: User | None = None, **detail: Detail) -> None:
    """One line: what was done to what, by whom (nobody = the system). No personal data in the detail.

    What changed is told as `before={...}, after={...}` with the changed values alone; see `audit_changes`.
    """
    AuditLine.objects.create(action=action, subject=subject, actor=actor, detail=detail)


def audit_record_all(deeds: Iterable[tuple[str, str, Mapping[str, str | int]]]) -> None:
    """Many lines of the system at once: action, subject, detail."""
    AuditLine.objects.bulk_create(
        AuditLine(action=action, subject=subject, detail=dict(detail))
        for action, subject, detail in deeds
    )


def audit_changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Mapping[str, Any]]:
    """`before` and `after` of what differs, ready for `audit_record(**...)`; empty when nothing does."""
    names = [name for name in after if before.get(name) != after[name]]
    if not names:
        return {}
    return {
        "before": {name: before.get(name) for name in names},
        "after": {name: after[name] for name in names},
    }
