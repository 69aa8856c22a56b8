"""Donors as they name themselves on a form, and as staff correct them."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from api.errors import DonorExists, EditConflict, Invalid, NotFound
from api.models import Donor, User
from api.services.audit import audit_record
from api.services.gateways import stripe_customers

# What staff may correct. Receipts keep what they said when they were issued.
EDITABLE = ("name", "email", "phone", "line1", "line2", "city", "postcode", "country", "language")


@dataclass(frozen=True)
class DonorDetails:
    """What a donor typed. The address may be empty; a country is ISO 3166-1 alpha-2."""

    name: str
    email: str
    phone: str = ""
    language: str = ""
    address: dict[str, str] = field(default_factory=dict)


def donor_record(details: DonorDetails) -> Donor:
    """The donor of this name and address, made when new. What was given anew replaces what we had."""
    donor, is_new = Donor.objects.get_or_create(
        email_key=email_fold(details.email),
        name_key=name_fold(details.name),
        defaults={"name": _line(details.name), "email": details.email, **_extras(details)},
    )
    extras = _extras(details)
    if not is_new and extras:
        Donor.objects.filter(pk=donor.pk).update(**extras)
    return donor


def donor_find(reference: str) -> Donor:
    """The donor of a reference. Raises NotFound."""
    found = Donor.objects.filter(reference=reference).first()
    if found is None:
        raise NotFound("There is no donor with this reference.")
    return found


def donor_version(donor: Donor) -> str:
    """A mark of what staff may correct: another one means that something of it changed."""
    values = [getattr(donor, name) for name in EDITABLE]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


def donor_edit(
    *, reference: str, changes: Mapping[str, str], version: str, actor: User | None
) -> Donor:
    """Correct a donor's details; `actor` None is the donor. `version` is what `donor_version` said when they were read.

    Raises EditConflict when they changed since, DonorExists when that would be two rows for one
    person; nothing is written then.
    """
    donor = donor_find(reference)
    try:
        with transaction.atomic():
            return _edit(donor.pk, changes, version, actor)
    except IntegrityError as error:
        raise _taken(donor, changes) from error


def _edit(donor_id: int, changes: Mapping[str, str], version: str, actor: User | None) -> Donor:
    donor = Donor.objects.select_for_update().get(pk=donor_id)
    if donor_version(donor) != version:
        raise EditConflict
    asked = {name: _line(changes[name]) for name in EDITABLE if name in changes}
    before = {name: getattr(donor, name) for name in asked if getattr(donor, name) != asked[name]}
    if not before:
        return donor
    after = {name: asked[name] for name in before}
    for name, value in after.items():
        setattr(donor, name, value)
    _check(donor)
    donor.name_key, donor.email_key = name_fold(donor.name), email_fold(donor.email)
    donor.save(update_fields=[*after, "name_key", "email_key"])
    audit_record(
        action="donor.changed",
        subject=f"donor:{donor.reference}",
        actor=actor,
        before=before,
        after=after,
    )
    return donor


def _check(donor: Donor) -> None:
    if not donor.name:
        raise Invalid(name="A donor has a name.")
    if not donor.email:
        raise Invalid(email="A donor has an e-mail address.")


def _taken(donor: Donor, changes: Mapping[str, str]) -> Exception:
    name = changes.get("name", donor.name)
    email = changes.get("email", donor.email).strip()
    other = Donor.objects.filter(name_key=name_fold(name), email_key=email_fold(email))
    found = other.exclude(pk=donor.pk).first()
    # Gone again meanwhile: whoever asks may simply try again.
    return DonorExists(found.reference) if found else EditConflict()


def name_fold(name: str) -> str:
    """A name without what people write differently: case, spaces, forms of letters."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()[:200]


def email_fold(email: str) -> str:
    """An address as it is compared. Cut again: folded, one letter can become two."""
    return email.casefold()[:254]


def donor_customer(donor: Donor) -> str:
    """The donor's Stripe customer, made when missing. Called outside transactions."""
    if donor.stripe_customer_id:
        return donor.stripe_customer_id
    customer_id = stripe_customers.customer_create(
        key=donor.reference, name=donor.name, email=donor.email
    )
    Donor.objects.filter(pk=donor.pk, stripe_customer_id=None).update(
        stripe_customer_id=customer_id
    )
    return customer_id


def _extras(details: DonorDetails) -> dict[str, str]:
    given = {"phone": details.phone, "language": details.language, **details.address}
    return {name: _line(value) for name, value in given.items() if value}


def _line(text: str) -> str:
    """On one line: a name with a line break in it would write a line of its own on receipts."""
    return " ".join(text.split())
