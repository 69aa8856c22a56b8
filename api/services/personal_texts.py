"""Taking a person's words out of what was kept as it came: events of Stripe's, the audit log, kept searches."""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import unquote_plus

from api.models import AuditLine, Donor
from api.services.name_words import name_plain

ERASED = "[erased]"
NOT_SHOWN = "[not shown to your role]"


def _names(words: str) -> list[str]:
    return words.split()


# What Stripe calls personal data in its objects (docs.stripe.com/api).
_STRIPE_NAMES = frozenset(
    _names(
        """
        name email phone address line1 line2 city postal_code state customer_name customer_email
        customer_phone customer_address customer_shipping receipt_email verified_name verified_email ip
        last4 fingerprint dynamic_last4 iban_last4 sort_code verified_phone ip_address user_agent
        payer_email payer_name billing_address shipping_address customer_email_address
        customer_purchase_ip account_holder_name cardholder_name display_name email_address
        """
    )
)
# Shorter words occur in what has nothing to do with the person.
_SHORTEST = 4


def donor_words(donor: Donor) -> list[str]:
    """What the donor is known by, the longest first, as far as it is long enough to be told apart."""
    known = {
        donor.name, donor.name_key, donor.email, donor.email_key, donor.phone,
        donor.line1, donor.line2, donor.city, donor.postcode, *_former(donor),
    }  # fmt: skip
    return sorted((one for one in known if len(one) >= _SHORTEST), key=len, reverse=True)


def search_words(donor: Donor) -> list[str]:
    """What a search for the donor holds: not a town or street, which many share; single words of the name only
    where they are theirs alone."""
    known = {
        donor.name,
        donor.email,
        donor.phone,
        *_former(donor, names=("name", "email", "phone")),
    }
    return sorted(one for one in known | own_name_words(donor) if len(one) >= _SHORTEST)


def own_name_words(donor: Donor) -> set[str]:
    """Words of the donor's names, of today and before, that no other donor's name has."""
    names = {donor.name, *_former(donor, names=("name",))}
    words = {word for name in names for word in name_plain(name).split()}
    others = Donor.objects.exclude(pk=donor.pk)
    return {word for word in words if not others.filter(name_search__contains=f" {word}").exists()}


def donor_emails(donor: Donor) -> set[str]:
    """Each address under which the donor was with us, folded."""
    return {one.casefold() for one in (donor.email, *_former(donor, names=("email",))) if one}


def _former(
    donor: Donor, *, names: Collection[str] = ("name", "email", "phone", "line1", "postcode")
) -> set[str]:
    """What stood in these fields before somebody corrected them."""
    lines = AuditLine.objects.filter(subject=f"donor:{donor.reference}", action="donor.changed")
    sides = [line.detail.get(side) for line in lines for side in ("before", "after")]
    told = [side for side in sides if isinstance(side, Mapping)]
    return {str(side[name]) for side in told for name in names if side.get(name)}


def cleaned(value: Any, words: Collection[str]) -> Any:
    """The same JSON without these words: a text that holds one is replaced as a whole."""
    if isinstance(value, dict):
        return {name: cleaned(one, words) for name, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one, words) for one in value]
    return ERASED if isinstance(value, str) and _holds(value, words) else value


def stripe_cleaned(value: Any, words: Collection[str], stand_in: str = ERASED) -> Any:
    """An object of Stripe's without its personal fields, and without these words anywhere else."""
    if isinstance(value, dict):
        return {
            name: _blank(one, stand_in)
            if name in _STRIPE_NAMES
            else stripe_cleaned(one, words, stand_in)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [stripe_cleaned(one, words, stand_in) for one in value]
    return cleaned(value, words)


def _blank(value: Any, stand_in: str) -> Any:
    """Of the same shape, so that whoever reads the event later finds what it expects."""
    if isinstance(value, dict):
        return {name: _blank(one, stand_in) for name, one in value.items()}
    return stand_in if isinstance(value, str) else value


def _holds(text: str, words: Collection[str]) -> bool:
    folded = text.casefold()
    # Addresses of pages hold what was searched for with % and +.
    plain = unquote_plus(folded) if "%" in folded or "+" in folded else folded
    return any(word.casefold() in folded or word.casefold() in plain for word in words)
