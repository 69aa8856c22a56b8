"""Tags of donors."""

import unicodedata
from collections.abc import Sequence

from django.db import transaction

from api.errors import Invalid
from api.models import Donor, DonorTag, Tag, User
from api.services.audit import audit_record, audit_record_all
from api.services.donor_locks import donor_hold, donors_hold

NAME_MOST = 40


@transaction.atomic
def tag_add(*, donor: Donor, name: str, actor: User) -> Tag:
    """Give a donor a tag, made when new. Safe to call again: a donor has a tag once."""
    if donor_hold(donor.pk).erased_at is not None:
        raise Invalid(name="This donor was forgotten: nothing is written about them any more.")
    tag = _tag(name)
    _, is_new = DonorTag.objects.get_or_create(donor=donor, tag=tag, defaults={"added_by": actor})
    if is_new:
        _record("tag.added", donor, tag, actor)
    return tag


@transaction.atomic
def tag_remove(*, donor: Donor, name: str, actor: User) -> None:
    """Take a tag from a donor. Safe to call again."""
    held = (
        DonorTag.objects.select_related("tag").filter(donor=donor, tag__name_key=_key(name)).first()
    )
    if held is not None and held.delete()[0]:
        _record("tag.removed", donor, held.tag, actor)


@transaction.atomic
def tag_add_all(*, donors: Sequence[Donor], name: str, actor: User) -> int:
    """Give many donors a tag, in a few statements, but for the forgotten. Returns how many did not have it."""
    there = donors_hold([donor.pk for donor in donors])
    tag = _tag(name)
    # Who adds the same tag at the same time waits here, so that each new tag is on record once.
    Tag.objects.select_for_update().get(pk=tag.pk)
    held = set(DonorTag.objects.filter(tag=tag).values_list("donor_id", flat=True))
    new = [one for one in there.values() if one.pk not in held and one.erased_at is None]
    DonorTag.objects.bulk_create(
        (DonorTag(donor=donor, tag=tag, added_by=actor) for donor in new), ignore_conflicts=True
    )
    _record_all("tag.added", new, tag, actor)
    return len(new)


@transaction.atomic
def tag_remove_all(*, donors: Sequence[Donor], name: str, actor: User) -> int:
    """Take a tag from many donors. Returns how many had it."""
    tag = Tag.objects.select_for_update().filter(name_key=_key(name)).first()
    if tag is None:
        return 0
    keys = [donor.pk for donor in donors]
    held = DonorTag.objects.select_for_update().filter(tag=tag, donor__in=keys)
    had = set(held.values_list("donor_id", flat=True))
    DonorTag.objects.filter(tag=tag, donor__in=had).delete()
    _record_all("tag.removed", [donor for donor in donors if donor.pk in had], tag, actor)
    return len(had)


def tag_clean(name: str) -> str:
    """A tag's name as it is kept. Raises Invalid."""
    name = " ".join(unicodedata.normalize("NFKC", name).split())
    if not name or len(name.casefold()) > NAME_MOST or not name.isprintable():
        raise Invalid(name=f"Write a tag of 1 to {NAME_MOST} letters.")
    return name


def _key(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).replace("\x00", "").split()).casefold()


def _tag(name: str) -> Tag:
    name = tag_clean(name)
    return Tag.objects.get_or_create(name_key=name.casefold(), defaults={"name": name})[0]


def _record_all(action: str, donors: Sequence[Donor], tag: Tag, actor: User) -> None:
    deeds = ((action, f"donor:{donor.reference}", {"tag": tag.name}) for donor in donors)
    audit_record_all(deeds, actor=actor)


def _record(action: str, donor: Donor, tag: Tag, actor: User) -> None:
    audit_record(action=action, subject=f"donor:{donor.reference}", actor=actor, tag=tag.name)
