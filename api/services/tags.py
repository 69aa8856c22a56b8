"""Tags of donors."""

import unicodedata

from django.db import transaction

from api.errors import Invalid
from api.models import Donor, DonorTag, Tag, User
from api.services.audit import audit_record

NAME_MOST = 40


@transaction.atomic
def tag_add(*, donor: Donor, name: str, actor: User) -> Tag:
    """Give a donor a tag, made when new. Safe to call again: a donor has a tag once."""
    name = " ".join(unicodedata.normalize("NFKC", name).split())
    if not name or len(name.casefold()) > NAME_MOST or not name.isprintable():
        raise Invalid(name=f"Write a tag of 1 to {NAME_MOST} letters.")
    tag, _ = Tag.objects.get_or_create(name_key=name.casefold(), defaults={"name": name})
    _, is_new = DonorTag.objects.get_or_create(donor=donor, tag=tag, defaults={"added_by": actor})
    if is_new:
        _record("tag.added", donor, tag, actor)
    return tag


@transaction.atomic
def tag_remove(*, donor: Donor, name: str, actor: User) -> None:
    """Take a tag from a donor. Safe to call again."""
    key = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
    held = DonorTag.objects.select_related("tag").filter(donor=donor, tag__name_key=key).first()
    if held is not None and held.delete()[0]:
        _record("tag.removed", donor, held.tag, actor)


def _record(action: str, donor: Donor, tag: Tag, actor: User) -> None:
    audit_record(action=action, subject=f"donor:{donor.reference}", actor=actor, tag=tag.name)
