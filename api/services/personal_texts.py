"""Taking a person's words out of what was kept as it came: events of Stripe's, the audit log, kept searches."""

from collections.abc import Collection
from typing import Any

from api.models import Donor

ERASED = "[erased]"


def _names(words: str) -> list[str]:
    return words.split()


# What Stripe calls personal data in its objects (docs.stripe.com/api).
_STRIPE_NAMES = frozenset(
    _names(
        """
        name email phone address line1 line2 city postal_code state customer_name customer_email
        customer_phone customer_address customer_shipping receipt_email verified_name verified_email ip
        last4 fingerprint dynamic_last4 iban_last4 sort_code verified_phone
        """
    )
)
# Shorter words occur in what has nothing to do with the person.
_SHORTEST = 4


def donor_words(donor: Donor) -> list[str]:
    """What the donor is known by, the longest first, as far as it is long enough to be told apart."""
    known = (
        donor.name, donor.name_key, donor.email, donor.email_key, donor.phone,
        donor.line1, donor.line2, donor.city, donor.postcode,
    )  # fmt: skip
    return sorted({one for one in known if len(one) >= _SHORTEST}, key=len, reverse=True)


def cleaned(value: Any, words: Collection[str]) -> Any:
    """The same JSON without these words: a text that holds one is replaced as a whole."""
    if isinstance(value, dict):
        return {name: cleaned(one, words) for name, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one, words) for one in value]
    return ERASED if isinstance(value, str) and _holds(value, words) else value


def stripe_cleaned(value: Any, words: Collection[str]) -> Any:
    """An object of Stripe's without its personal fields, and without these words anywhere else."""
    if isinstance(value, dict):
        return {
            name: _blank(one) if name in _STRIPE_NAMES else stripe_cleaned(one, words)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [stripe_cleaned(one, words) for one in value]
    return cleaned(value, words)


def _blank(value: Any) -> Any:
    """Of the same shape, so that whoever reads the event later finds what it expects."""
    if isinstance(value, dict):
        return {name: _blank(one) for name, one in value.items()}
    return ERASED if isinstance(value, str) else value


def _holds(text: str, words: Collection[str]) -> bool:
    folded = text.casefold()
    return any(word.casefold() in folded for word in words)
