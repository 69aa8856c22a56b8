"""What a search box takes: each kind of text finds its own rows, and names are found by their words."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    BooleanField,
    ExpressionWrapper,
    F,
    Func,
    Model,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import Concat, Replace, Upper
from django.db.models.lookups import Contains, StartsWith

from api.models import Donation, Donor, ReplacedReceipt, Right
from api.money import money_parse
from api.services.name_words import name_words, words_alike
from api.services.tables.estimates import rows_planned

TEXT_MOST = 100
# So many donors of a name are looked up one by one; of a commoner name there are enough among the
# rows as they come, and each row's own donor is asked instead.
DONORS_MOST = 3_500
REFERENCE = re.compile(r"[2-9B-DF-HJ-NP-TV-Z]{8,20}")
# As far as somebody has typed it: "B10 0AB", "b100ab", "SW1A", "10115".
# Other countries have their own; a digit is in all of them.
_POSTCODE = re.compile(r"(?=.*[0-9])[A-Z0-9-]{2,10}")
STRIPE_ID = re.compile(r"[a-z]{2,10}_[A-Za-z0-9_]{1,250}")
_AMOUNT = re.compile(
    r"-?(?P<before>[£$€¥]\s?|[A-Z]{3}|[A-Za-z]{3}\s)?-?\d[\d,]*(\.\d{1,3})?(?P<after>\s?(?:[£$€¥]|[A-Za-z]{3}))?"
)
_SIGNS = {"$": "USD", "€": "EUR", "¥": "JPY", "£": "GBP"}
# What stands around a text that was copied from somewhere.
_QUOTES = " \"'\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb<>"
_RECEIPT = re.compile(r"(20\d\d)-(\d{1,9})")


class AnyOf(Func):
    """column = ANY(keys), all of them as one value: thousands of placeholders cost more than the search."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, column: str, keys: Sequence[int]) -> None:
        super().__init__(F(column), Value(list(keys), output_field=ArrayField(BigIntegerField())))


@dataclass(frozen=True)
class Found:
    """What a text stands for. `is_common`: so many rows fit that nobody counts them."""

    where: Q
    note: str = ""
    is_common: bool = False


# A condition on a donor, who is at the end of a way: "" or "donor__".
Fits = Callable[[str], Q]
# Not an empty list, of which Django makes no SQL: files and counts ask for the rows all the same.
NOTHING = Found(Q(pk__lt=0))


@dataclass(frozen=True)
class Search(ABC):
    """One kind of text; None when a text is not of this kind."""

    right: Right | None = None

    @property
    def rights(self) -> frozenset[Right]:
        """What somebody must be allowed to see for it."""
        return frozenset() if self.right is None else frozenset({self.right})

    @abstractmethod
    def find(self, text: str) -> Found | None:
        """What the text stands for."""


@dataclass(frozen=True)
class References(Search):
    """A public reference, whole or its beginning: the row's own, else of what it belongs to."""

    model: type[Model] | None = None
    paths: Sequence[str] = ("reference",)

    def find(self, text: str) -> Found | None:
        """By unique indexes; None when nothing has it."""
        if self.model is None or not REFERENCE.fullmatch(text.upper()):
            return None
        for path in self.paths:
            where = Q(**{f"{path}__startswith": text.upper()})
            if self.model._default_manager.filter(where).exists():
                return Found(where)
        return None


@dataclass(frozen=True)
class StripeIds(Search):
    """An id of Stripe's, whole: its beginning says in which path it stands."""

    right: Right | None = Right.BANK_VIEW
    paths: Mapping[str, str] = field(default_factory=dict)

    def find(self, text: str) -> Found | None:
        """By unique indexes."""
        if not STRIPE_ID.fullmatch(text):
            return None
        path = self.paths.get(text.partition("_")[0])
        return Found(Q(**{path: text})) if path else None


@dataclass(frozen=True)
class Amounts(Search):
    """An amount, in the charity's currency where none is said: 25, £25.00, 1,000, -€3.10, CHF 20."""

    path: str = "amount_minor"
    currency: str = "currency"

    def find(self, text: str) -> Found | None:
        """Rows of exactly this amount."""
        if not (match := _AMOUNT.fullmatch(text)):
            return None
        said = (match["before"] or match["after"] or settings.GIFT_CURRENCIES[0]).strip()
        currency = _SIGNS.get(said, said.upper())
        try:
            minor = money_parse(text, currency)
        except ValueError:
            return NOTHING
        if abs(minor) >= 2**63:
            return NOTHING
        return Found(Q(**{self.path: minor, self.currency: currency}))


@dataclass(frozen=True)
class ReceiptNumbers(Search):
    """A receipt's number as it stands on it: 2026-000123.

    `gift` is the way from the row to its gift, where replaced numbers stand too; `receipt` that to the receipt.
    """

    gift: str = "donation__"
    receipt: str = "donation__receipt__"

    def find(self, text: str) -> Found | None:
        """By year and sequence: of a receipt that holds, else of one that another took the place of."""
        match = _RECEIPT.fullmatch(text)
        if not match or int(match[2]) >= 2**31:
            return None
        number = {"year": int(match[1]), "sequence": int(match[2])}
        is_replaced = ReplacedReceipt.objects.filter(**number).exists()
        way = f"{self.gift}replaced_receipts__" if is_replaced else self.receipt
        return Found(Q(**{f"{way}{name}": value for name, value in number.items()}))


@dataclass(frozen=True)
class Texts(Search):
    """A word that a field of some row is or begins with."""

    model: type[Model] | None = None
    path: str = ""
    pattern: str = ".+"

    def find(self, text: str) -> Found | None:
        """By the beginning; None when no row has it."""
        if self.model is None or not re.fullmatch(self.pattern, text):
            return None
        where = Q(**{f"{self.path}__startswith": text})
        return Found(where) if self.model._default_manager.filter(where).exists() else None


@dataclass(frozen=True)
class Donors(Search):
    """A search that finds donors, and through them the rows of a table.

    `donor` is the way from the row to its donor: empty in the table of donors itself.
    """

    donor: str = ""

    def among(self, fits: Fits, note: str = "") -> Found | None:
        """Rows of the donors who fit; None when there are none."""
        donors = Donor.objects.filter(fits("")).order_by()
        if rows_planned(donors) > DONORS_MOST and donors.exists():
            return Found(self._commonly(fits), note, is_common=True)
        # The index is asked once: page and count then go by the keys that it told.
        keys = list(donors.values_list("pk", flat=True)[: DONORS_MOST + 1])
        if len(keys) > DONORS_MOST:
            return Found(self._commonly(fits), note, is_common=True)
        return Found(self._of_keys(keys), note) if keys else None

    def _of_keys(self, keys: list[int]) -> Q:
        if self.donor == "donation__donor":
            gifts = Donation.objects.filter(AnyOf("donor_id", keys)).order_by()
            return Q(donation__in=gifts.values("pk"))
        return Q(AnyOf(f"{self.donor}_id" if self.donor else "pk", keys))

    def _commonly(self, fits: Fits) -> Q:
        """Each row's own donor is asked, by a subquery that PostgreSQL can't turn into a join: it
        takes half of the rows to fit, and so reads them in their order until the page is full.
        """
        if not self.donor:
            return fits("")
        if self.donor == "donor":
            own: Any = Donor.objects.filter(pk=OuterRef("donor_id"))
            told = fits("")
        else:
            own = Donation.objects.filter(pk=OuterRef("donation_id"))
            told = fits("donor__")
        does_fit = ExpressionWrapper(told, output_field=BooleanField())
        return Q(Subquery(own.order_by().values(does_fit=does_fit), output_field=BooleanField()))


@dataclass(frozen=True)
class Emails(Donors):
    """A part of an e-mail address: what has an @ or a dot in it, or anything where `is_last`."""

    right: Right | None = Right.DONORS_CONTACT
    is_last: bool = False

    def find(self, text: str) -> Found | None:
        """By the trigrams of the address."""
        is_one = " " not in text and (self.is_last or re.search(r"@|\w\.\w", text))
        if not is_one or len(text) < 3:
            return None
        key = text.casefold()
        if "@" not in key:
            return self.among(lambda way: Q(**{f"{way}email_key__contains": key}))
        exactly = self.among(lambda way: Q(**{f"{way}email_key": key}))
        return exactly or self.among(_part_of_address(key)) or NOTHING


@dataclass(frozen=True)
class Postcodes(Donors):
    """A postcode or its beginning, with or without its space."""

    right: Right | None = Right.DONORS_CONTACT

    def find(self, text: str) -> Found | None:
        """By the beginning, so that SW1A finds SW1A 1AA."""
        code = postcode_fold(text)
        if not _POSTCODE.fullmatch(code):
            return None
        return self.among(
            lambda way: Q(StartsWith(Upper(Replace(f"{way}postcode", Value(" "))), code))
        )


@dataclass(frozen=True)
class Names(Donors):
    """Words of a name in any order, each by its beginning."""

    right: Right | None = Right.DONORS_VIEW

    def find(self, text: str) -> Found | None:
        """As typed, whatever marks its letters have."""
        words = name_words(text)
        return self.among(_all_of([[word] for word in words])) if words else None


@dataclass(frozen=True)
class NamesAlike(Donors):
    """Words of a name with a slip in them: asked for when nothing was found as typed."""

    right: Right | None = Right.DONORS_VIEW

    def find(self, text: str) -> Found | None:
        """Names made of words that each are at most a slip away."""
        words = name_words(text)
        alike = words_alike(word for word in words if len(word) > 2)
        meant = [alike.get(word, [word]) for word in words]
        if not words or not all(meant):
            return None
        note = f"No name has \u201c{text}\u201d. These are names like it."
        return self.among(_all_of(meant), note)


def _part_of_address(key: str) -> Fits:
    """A part of an address with its @. The index is asked for what stands before it alone: half of
    all addresses may end alike, and to look that up takes longer than all the rest.
    """
    name = key.partition("@")[0]

    def fits(way: str) -> Q:
        if len(name) < 3:
            return Q(**{f"{way}email_key__contains": key})
        whole = Q(Contains(Concat(F(f"{way}email_key"), Value("")), key))
        return Q(**{f"{way}email_key__contains": f"{name}@"}) & whole

    return fits


def postcode_fold(text: str) -> str:
    """A postcode as the index has it."""
    return "".join(text.split()).upper()


def _all_of(meant: Sequence[Sequence[str]]) -> Fits:
    """Each word is there, or one that it may mean."""

    def fits(way: str) -> Q:
        where = Q()
        for words in meant:
            one_of = Q()
            for word in words:
                one_of |= Q(**{f"{way}name_search__contains": f" {word}"})
            where &= one_of
        return where

    return fits


def search_find(searches: Sequence[Search], text: str) -> Found:
    """The first search that knows the text, quoted or not."""
    text = text.strip(_QUOTES)
    for search in searches if text else ():
        if found := search.find(text):
            return found
    return NOTHING
