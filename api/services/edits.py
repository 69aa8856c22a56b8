"""What staff change by a form of the admin: saved with an audit line that says before and after."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from api.models import User
from api.services.audit import Plain, audit_record, audit_subject

# Said to have changed, never what it was.
_SECRET = frozenset({"password"})
_LEFT_OUT = frozenset({"id", "last_login"})


@transaction.atomic
def edit_save(row: Model, *, actor: User) -> None:
    """Save a new or changed row, and who did it; a form that changed nothing leaves no line."""
    before = _kept(row)
    row.save()
    after = _values(row)
    changed = {name for name in after if before is None or before[name] != after[name]}
    if not changed:
        return
    verb = "added" if before is None else "changed"
    audit_record(
        action=f"{row._meta.model_name}.{verb}",
        subject=audit_subject(row),
        actor=actor,
        before={name: _shown(name, before[name]) for name in changed} if before else {},
        after={name: _shown(name, after[name]) for name in changed},
    )


@transaction.atomic
def edit_delete(row: Model, *, actor: User) -> None:
    """Delete a row, and keep what it was in the log."""
    before, subject = _values(row), audit_subject(row)
    row.delete()
    audit_record(
        action=f"{row._meta.model_name}.deleted",
        subject=subject,
        actor=actor,
        before={name: _shown(name, value) for name, value in before.items()},
        after={},
    )


def _kept(row: Model) -> dict[str, Plain] | None:
    """The row as the database has it, locked until the commit; None: it is new."""
    if row._state.adding:
        return None
    kept = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
    return None if kept is None else _values(kept)


def _values(row: Model) -> dict[str, Plain]:
    return {
        field.name: _plain(field.value_from_object(row))
        for field in row._meta.concrete_fields
        if field.name not in _LEFT_OUT
    }


def _plain(value: Any) -> Plain:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _shown(name: str, value: Plain) -> Plain:
    return "(secret)" if name in _SECRET else value
