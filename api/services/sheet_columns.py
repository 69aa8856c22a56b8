"""What a table on its way to a file is made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CellKind(StrEnum):
    """What stands in a column, so that each format gives it its own type."""

    TEXT = "text"
    INTEGER = "integer"
    MONEY = "money"  # whole minor units; the currency stands in the column that `currency` names
    DATE = "date"  # a day where the charity is
    MOMENT = "moment"  # aware, UTC; shown where the charity is
    BOOLEAN = "boolean"
    RATE = "rate"  # whole hundredths of a percent: 6250 is 62.5 %


@dataclass(frozen=True)
class SheetColumn:
    """One column: its name for machines, its heading for people. `is_summed` asks for a total.

    `is_code`: words of ours or ids of Stripe's, which no person wrote and no spreadsheet takes for a formula.
    """

    name: str
    label: str
    kind: CellKind = CellKind.TEXT
    currency: str = ""  # for MONEY: the name of the column with the ISO 4217 code
    is_summed: bool = False
    is_code: bool = False


@dataclass(frozen=True)
class SheetQuery:
    """Rows that PostgreSQL makes: one SQL column per SheetColumn, in their order.

    As psycopg takes it: %s or %(name)s for each of `params`, %% for a percent sign.
    """

    sql: str
    params: Sequence[Any] | Mapping[str, Any] = ()


@dataclass(frozen=True)
class Sheet:
    """A table: a title, lines that say what it holds (filters, who made it, when), columns, rows.

    A value is what the column's kind says (int of minor units, date, aware datetime ...) or None.
    """

    title: str
    columns: Sequence[SheetColumn]
    rows: SheetQuery | Iterable[Sequence[Any]]
    about: Sequence[tuple[str, str]] = field(default_factory=tuple)

    def place(self, name: str) -> int:
        """Where a column stands, the first being 0."""
        return [column.name for column in self.columns].index(name)

    def __post_init__(self) -> None:
        """Raises ValueError when an amount has no currency beside it."""
        names = {column.name for column in self.columns}
        for column in self.columns:
            if column.kind == CellKind.MONEY and column.currency not in names:
                raise ValueError(
                    f"{column.name}: there is no column {column.currency!r} with its currency"
                )
