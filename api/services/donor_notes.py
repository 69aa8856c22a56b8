"""Notes about donors: added, never changed."""

from datetime import timedelta

from django.db import transaction

from api.clock import now
from api.errors import Invalid
from api.models import Donor, DonorNote, User
from api.services.audit import audit_record
from api.services.donor_locks import donor_hold

TEXT_MOST = 2000
# A second click, not a second thought.
_DOUBLE_CLICK = timedelta(minutes=1)


@transaction.atomic
def donor_note_add(*, donor: Donor, text: str, author: User) -> DonorNote:
    """Keep a note. The same text by the same person within a minute is the same note."""
    text = text.strip()
    if not text or len(text) > TEXT_MOST or "\x00" in text:
        raise Invalid(text=f"Write a note of 1 to {TEXT_MOST:,} characters.")
    if donor_hold(donor.pk).erased_at is not None:
        raise Invalid(text="This donor was forgotten: nothing is written about them any more.")
    known = donor.notes.filter(author=author, text=text, at__gt=now() - _DOUBLE_CLICK).first()
    if known:
        return known
    note = DonorNote.objects.create(donor=donor, author=author, text=text)
    audit_record(
        action="note.added", subject=f"donor:{donor.reference}", actor=author, note=note.pk
    )
    return note
