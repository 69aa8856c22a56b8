"""What a table of staff is made of: columns, orders, filters and searches, each with the right it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import F, Model
from django.db.models.expressions import Combinable

from api.models import Right

if TYPE_CHECKING:
    from api.services.tables.filters import Filter
    from api.services.tables.searches import Search

# Where a value of a row comes from: a path as the ORM takes it, or an expression.
Source = str | Combinable


class Kind(StrEnum):
    """What stands in a column, so that page, API and file each give it its own form."""

    TEXT = "text"
    CODE = "code"  # a reference or an id, not for reading
    STATUS = "status"  # one of `choices`, with a tone
    MONEY = "money"  # whole minor units of the row's `currency`
    INTEGER = "integer"
    DATE = "date"  # a day
    MOMENT = "moment"  # aware, UTC
    DUE = "due"  # a moment until when something is to be done, while the key `is_waiting` says so
    BOOLEAN = "boolean"


class Tone(StrEnum):
    """How a status looks, beside its word."""

    GOOD = "good"
    WAITING = "waiting"
    CARE = "care"
    BAD = "bad"
    PLAIN = "plain"


@dataclass(frozen=True)
class Column:
    """One column. `link` is an address with names of columns and keys in braces."""

    name: str
    label: str
    kind: Kind = Kind.TEXT
    source: Source = ""
    right: Right | None = None
    is_default: bool = True
    is_nullable: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    tones: Mapping[Any, Tone] = field(default_factory=dict)
    link: str = ""

    @property
    def path(self) -> Source:
        """The source, which is the column's own name unless it says otherwise."""
        return self.source or self.name


@dataclass(frozen=True)
class Order:
    """An order that an index keeps. Rows that are equal in `sources` stand by their key."""

    name: str
    label: str
    sources: Sequence[Source]
    is_descending: bool = False  # which way round a person wants it first
    right: Right | None = None

    @property
    def expressions(self) -> list[Any]:
        """What is compared, the key last."""
        return [F(one) if isinstance(one, str) else one for one in (*self.sources, "pk")]


@dataclass(frozen=True)
class Table:
    """One noun as a table. The first order is how it is shown unless another is asked for."""

    noun: str
    label: str
    one: str
    model: type[Model]
    right: Right
    columns: Sequence[Column]
    orders: Sequence[Order]
    filters: Sequence["Filter"] = ()
    searches: Sequence["Search"] = ()
    search_hint: str = ""
    row_links: Mapping[str, str] = field(default_factory=dict)  # further pages of a row
    keys: Mapping[str, Source] = field(default_factory=dict)  # further values, for links
    aliases: Mapping[str, Any] = field(default_factory=dict)  # expressions that go by a name
    lookup: str = "pk"
    empty: str = "There is nothing here yet."

    def counted(self, count: int) -> str:
        """So many of its rows, in words: "1 donor"."""
        return f"1 {self.one}" if count == 1 else f"{count:,} {self.one}s"

    def columns_of(self, rights: frozenset[Right]) -> list[Column]:
        """The columns that somebody with these rights may see."""
        return [one for one in self.columns if one.right is None or one.right in rights]

    def orders_of(self, rights: frozenset[Right]) -> list[Order]:
        """The orders that they may ask for."""
        return [one for one in self.orders if one.right is None or one.right in rights]

    def filters_of(self, rights: frozenset[Right]) -> list["Filter"]:
        """The filters that they may use."""
        return [one for one in self.filters if one.right is None or one.right in rights]

    def searches_of(self, rights: frozenset[Right]) -> list["Search"]:
        """The searches that run for them."""
        return [one for one in self.searches if one.right is None or one.right in rights]


Choices = Mapping[str, str] | Callable[[], Mapping[str, str]]
