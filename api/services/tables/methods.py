"""Filters that several tables share: ways of paying, currencies, references of what belongs together."""

import re

from api.models import Right
from api.models.fields import REFERENCE_LENGTH
from api.services.tables.filters import Words


def currency(path: str = "currency") -> Words:
    """By the ISO 4217 code."""
    return Words(
        "currency",
        "Currency",
        path=path,
        fold=str.upper,
        example="GBP",
        pattern=lambda text: bool(re.fullmatch("[A-Z]{3}", text)),
    )


def reference(name: str, label: str, path: str, right: Right | None = None) -> Words:
    """Of one donor, plan or gift: what links ask for."""
    return Words(
        name,
        label,
        right=right,
        is_hidden=True,
        path=path,
        fold=str.upper,
        example="R" * REFERENCE_LENGTH,
        pattern=lambda text: bool(re.fullmatch(f"[0-9A-Z]{{1,{REFERENCE_LENGTH}}}", text)),
    )
