"""The audit log: written in the transaction of the deed, read on the page of what it was done to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from api.models import AuditLine, Donation, Donor, Refund, Subscription, User
from api.money import money_text
from api.services.rows import rows_insert

type Plain = str | int | bool | Sequence[str] | None
type Detail = Plain | Mapping[str, Plain]
# What only those see who may see it on the donor's own page (Right.DONORS_CONTACT).
CONTACT_FIELDS = frozenset(
    {"email", "phone", "line1", "line2", "city", "postcode", "country"},
)
LINES_SHOWN = 50


@dataclass(frozen=True)
class Change:
    """One field as it was and as it is, as text; `is_hidden`: the reader may not see contact details."""

    field: str
    before: str
    after: str
    is_hidden: bool = False


@dataclass(frozen=True)
class Deed:
    """One line of the log as people read it."""

    at: datetime
    who: str
    what: str
    changes: tuple[Change, ...]
    said: tuple[str, ...]


def audit_record(*, action: str, subject: str, actor: User | None = None, **detail: Detail) -> None:
    """One line: what was done to what, by whom (nobody = the system).

    `before={...}, after={...}` hold the fields that changed. Personal data in no other place: what
    is shown of them is decided by the field's name (CONTACT_FIELDS).
    """
    kept = {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in detail.items()
    }
    AuditLine.objects.create(action=action, subject=subject, actor=actor, detail=kept)


def audit_record_all(
    deeds: Iterable[tuple[str, str, Mapping[str, Detail]]], *, actor: User | None = None
) -> None:
    """Many lines at once, of the system or of one person: action, subject, detail."""
    told = list(deeds)
    rows_insert(
        AuditLine,
        {
            "action": [action for action, _, _ in told],
            "subject": [subject for _, subject, _ in told],
            "actor_id": [actor.pk if actor else None] * len(told),
            "detail": [dict(detail) for _, _, detail in told],
        },
    )


def audit_changes(
    before: Mapping[str, Plain], after: Mapping[str, Plain]
) -> dict[str, Mapping[str, Plain]]:
    """`before` and `after` of what differs, ready for `audit_record(**...)`; empty when nothing does."""
    names = [name for name in after if before.get(name) != after[name]]
    if not names:
        return {}
    return {
        "before": {name: before.get(name) for name in names},
        "after": {name: after[name] for name in names},
    }


def audit_subject(row: Any) -> str:
    """What a row is called in the log: by its public reference where it has one."""
    if isinstance(row, Refund):
        row = row.donation
    name = str(row._meta.model_name)
    has_reference = isinstance(row, Donation | Donor | Subscription)
    return f"{name}:{row.reference if has_reference else row.pk}"


def audit_read(row: Any, *, has_contact: bool) -> list[Deed]:
    """The newest deeds on a row, newest first: one query. A refund's are those of its gift about it."""
    lines = AuditLine.objects.filter(subject=audit_subject(row)).select_related("actor")
    if isinstance(row, Refund):
        lines = lines.filter(detail__refund=row.reference)
    return [deed_read(line, has_contact=has_contact) for line in lines[:LINES_SHOWN]]


def deed_read(line: AuditLine, *, has_contact: bool) -> Deed:
    """A line in words; contact details of donors only to who may see them."""
    detail = dict(line.detail)
    before, after = detail.pop("before", {}), detail.pop("after", {})
    hides = line.subject.startswith("donor:") and not has_contact
    return Deed(
        at=line.at,
        who=_who(line.actor),
        what=line.action.replace(".", " ").replace("_", " ").capitalize(),
        changes=tuple(_changes(before, after, hides=hides)),
        said=tuple(audit_words(detail)),
    )


def audit_words(detail: Mapping[str, Any]) -> Iterable[str]:
    """Details of a deed as people read them; amounts in their currency, which is the charity's unless told."""
    currency = str(detail.get("currency") or settings.GIFT_CURRENCIES[0])
    for name, value in detail.items():
        if name.endswith("_minor") and isinstance(value, int):
            yield f"{_label(name.removesuffix('_minor'))}: {money_text(value, currency)}"
        else:
            yield f"{_label(name)}: {_text(value)}"


def _who(actor: User | None) -> str:
    """A person by e-mail address, a program by its name."""
    if actor is None:
        return "the system"
    return str(actor) if actor.is_staff else f"the program “{actor.first_name}”"


def _changes(
    before: Mapping[str, Plain], after: Mapping[str, Plain], *, hides: bool
) -> Iterable[Change]:
    for name in sorted({*before, *after}):
        if hides and name in CONTACT_FIELDS:
            yield Change(_label(name), "", "", is_hidden=True)
        else:
            yield Change(_label(name), _text(before.get(name)), _text(after.get(name)))


def _label(name: str) -> str:
    words = name.removeprefix("is_").replace("_minor", " (minor units)").replace("_", " ")
    return words.capitalize()


def _text(value: Plain) -> str:
    if value is None or value in ("", []):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int) else ", ".join(value)
