"""Pieces that several models share: random references, currency codes, status checks."""

import secrets

from django.db import models

# No vowels and no look-alikes: can be read aloud, spells nothing.
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 20


def reference_new() -> str:
    """An unguessable public reference (about 96 bits)."""
    number, letters = secrets.randbelow(len(_ALPHABET) ** REFERENCE_LENGTH), []
    for _ in range(REFERENCE_LENGTH):
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return "".join(letters)


def status_check(
    name: str, choices: type[models.TextChoices], field: str = "status"
) -> models.CheckConstraint:
    """The database refuses a status outside the list."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": list(choices.values)}), name=name
    )


def currency_check(name: str) -> models.CheckConstraint:
    """An ISO 4217 code: three capitals."""
    return models.CheckConstraint(condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name=name)
