"""Donors as they name themselves on a form, and as staff correct them."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from api.errors import DonorExists, EditConflict, Invalid, MoveRefused, NotFound
from api.models import Donation, Donor, User
from api.services import jobs
from api.services.audit import audit_record, audit_record_all
from api.services.donor_locks import donors_hold
from api.services.donor_sign_ins import donor_sign_ins_forget, donors_of
from api.services.gateways import stripe_customers
from api.services.rows import rows_update

FORGOTTEN = "This donor was forgotten. Begin a new gift to be with us again."
# What staff may correct. Receipts keep what they said when they were issued.
EDITABLE = ("name", "email", "phone", "line1", "line2", "city", "postcode", "country", "language")

_AT_STRIPE = ("stripe_customer_id", "name", "email")


@dataclass(frozen=True)
class DonorDetails:
    """What a donor typed. The address may be empty; a country is ISO 3166-1 alpha-2."""

    name: str
    email: str
    phone: str = ""
    language: str = ""
    address: dict[str, str] = field(default_factory=dict)


@transaction.atomic(savepoint=False)
def donor_record(details: DonorDetails) -> Donor:
    """The donor of this name and address, made when new. One whom we know stays as they are: see donor_news.

    Called within a transaction where a gift follows: the row is held to its end, so that an erasure that is
    under way is waited for, after which nobody has this name, and one that comes later finds the gift.
    """
    keys = {"email_key": email_fold(details.email), "name_key": name_fold(details.name)}
    donor = Donor.objects.select_for_update(no_key=True).filter(**keys).first()
    if donor is None:
        given = {"name": _line(details.name), "email": details.email, **_extras(details)}
        donor, _ = Donor.objects.get_or_create(**keys, defaults=given)
    return donor


def donor_news(donor: Donor, details: DonorDetails) -> dict[str, str] | None:
    """What a form says of a donor otherwise than we have it; None where nothing.

    Anybody can fill in a form with somebody's name and address. Who pays is believed: see donors_tell.
    """
    said = _extras(details).items()
    return {name: value for name, value in said if value != getattr(donor, name)} or None


def donors_tell(donations: Iterable[Donation]) -> None:
    """What forms said of their donors replaces what we had, now that the gifts are paid. In the caller's
    transaction; a fixed number of queries, none where nothing was said.
    """
    told = {gift: gift.donor_details for gift in donations if gift.donor_details is not None}
    if not told:
        return
    donors, deeds = donors_hold({gift.donor_id for gift in told}), []
    for gift, after in told.items():
        donor = donors[gift.donor_id]
        before = {name: getattr(donor, name) for name in after}
        if donor.erased_at is None and before != after:
            for name, value in after.items():
                setattr(donor, name, value)
            detail = {"before": before, "after": after, "gift": gift.reference}
            deeds.append(("donor.changed", f"donor:{donor.reference}", detail))
    names = sorted({name for after in told.values() for name in after})
    rows_update(Donor, [one for one in donors.values() if one.erased_at is None], names)
    audit_record_all(deeds)
    Donation.objects.filter(pk__in=[gift.pk for gift in told]).update(donor_details=None)


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
    if donor.erased_at is not None:
        raise Invalid(name="This donor was forgotten: nothing is written about them any more.")
    if donor_version(donor) != version:
        raise EditConflict
    asked = {name: _line(changes[name]) for name in EDITABLE if name in changes}
    before = {name: getattr(donor, name) for name in asked if getattr(donor, name) != asked[name]}
    if not before:
        return donor
    after = {name: asked[name] for name in before}
    for name, value in after.items():
        setattr(donor, name, value)
    if not donor.name:
        raise Invalid(name="A donor has a name.")
    if not donor.email and "email" in before:  # One from a history may never have had any.
        raise Invalid(email="A donor has an e-mail address.")
    donor.name_key, donor.email_key = name_fold(donor.name), email_fold(donor.email)
    donor.save(update_fields=[*after, "name_key", "email_key"])
    if "email" in before and not donors_of(email_fold(before["email"])).exists():
        # Whoever has this address next is somebody else.
        donor_sign_ins_forget(email_fold(before["email"]))
    if {"name", "email"} & set(before):
        donor_customer_tell(donor)
    audit_record(
        action="donor.changed",
        subject=f"donor:{donor.reference}",
        actor=actor,
        before=before,
        after=after,
    )
    return donor


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
    """The donor's Stripe customer, made when missing. Called outside transactions.

    Raises MoveRefused when the donor was forgotten, also meanwhile: Stripe then forgets the customer, too.
    """
    if donor.erased_at is not None:
        raise MoveRefused(FORGOTTEN)
    if donor.stripe_customer_id:
        return donor.stripe_customer_id
    customer_id = stripe_customers.customer_create(
        key=donor.reference, name=donor.name, email=donor.email
    )
    here = Donor.objects.filter(pk=donor.pk)
    here.filter(stripe_customer_id=None, erased_at=None).update(stripe_customer_id=customer_id)
    name, email, erased_at = here.values_list("name", "email", "erased_at").get()
    if erased_at is not None:
        stripe_customers.customer_delete(customer_id)
        raise MoveRefused(FORGOTTEN)
    if (name, email) != (donor.name, donor.email):  # Corrected while Stripe was asked.
        jobs.defer("donor_customer_follow", donor_id=donor.pk)
    return customer_id


def donor_customer_tell(donor: Donor) -> None:
    """Have Stripe told of another name or address, in the caller's transaction."""
    if donor.stripe_customer_id:
        jobs.defer("donor_customer_follow", donor_id=donor.pk)


def donor_customer_follow(donor_id: int) -> None:
    """Name and address of the donor's Stripe customer are those of now. Safe to call again, and at once."""
    told = None
    # What changed while Stripe was told is told, too: another job may have been answered before.
    while told != (said := Donor.objects.values_list(*_AT_STRIPE).get(pk=donor_id)):
        customer_id, name, email = told = said
        if customer_id:
            stripe_customers.customer_update(customer_id, name=name, email=email)


def _extras(details: DonorDetails) -> dict[str, str]:
    given = {"phone": details.phone, "language": details.language, **details.address}
    return {name: _line(value) for name, value in given.items() if value}


def _line(text: str) -> str:
    """On one line: a name with a line break in it would write a line of its own on receipts."""
    return " ".join(text.split())
