"""Donors as they name themselves on a form."""

import unicodedata
from dataclasses import dataclass, field

from api.models import Donor
from api.services.gateways import stripe


@dataclass(frozen=True)
class DonorDetails:
    """What a donor typed. The address may be empty; a country is ISO 3166-1 alpha-2."""

    name: str
    email: str
    phone: str = ""
    address: dict[str, str] = field(default_factory=dict)


def donor_record(details: DonorDetails) -> Donor:
    """The donor of this name and address, made when new. What was given anew replaces what we had."""
    donor, is_new = Donor.objects.get_or_create(
        email_key=details.email.casefold(),
        name_key=name_fold(details.name),
        defaults={"name": details.name, "email": details.email, **_extras(details)},
    )
    extras = _extras(details)
    if not is_new and extras:
        Donor.objects.filter(pk=donor.pk).update(**extras)
    return donor


def name_fold(name: str) -> str:
    """A name without what people write differently: case, spaces, forms of letters."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()[:200]


def donor_customer(donor: Donor) -> str:
    """The donor's Stripe customer, made when missing. Called outside transactions."""
    if donor.stripe_customer_id:
        return donor.stripe_customer_id
    customer_id = stripe.customer_create(key=donor.reference, name=donor.name, email=donor.email)
    Donor.objects.filter(pk=donor.pk, stripe_customer_id=None).update(
        stripe_customer_id=customer_id
    )
    return customer_id


def _extras(details: DonorDetails) -> dict[str, str]:
    given = {"phone": details.phone, **details.address}
    return {name: value for name, value in given.items() if value}
