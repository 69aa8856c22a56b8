"""A figure in words, and as JSON: the same for screen and PDF."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from api.clock import charity_time
from api.money import money_text
from api.services.reports.periods import day_text
from api.services.reports.spec import Row, currency_place
from api.services.sheets import CellKind, SheetColumn

_RIGHT = frozenset({CellKind.INTEGER, CellKind.MONEY, CellKind.RATE})


def is_number(column: SheetColumn) -> bool:
    """Whether the column stands on the right."""
    return column.kind in _RIGHT


def cells_text(columns: Sequence[SheetColumn], row: Row) -> list[str]:
    """A row for people: £1,234.50, 1,204, 22 Nov 2026, 62.5 %; nothing for what is not known."""
    place = currency_place(columns)
    currency = row[place] if place is not None else ""
    return [cell_text(column, value, currency) for column, value in zip(columns, row, strict=True)]


def cell_text(column: SheetColumn, value: Any, currency: str) -> str:
    """One figure for people."""
    if value is None:
        return ""
    match column.kind:
        case CellKind.MONEY:
            return money_text(value, currency)
        case CellKind.INTEGER:
            return f"{value:,}"
        case CellKind.RATE:
            return rate_text(value)
        case CellKind.DATE:
            return day_text(value)
        case CellKind.MOMENT:
            local = charity_time(value)
            return f"{day_text(local.date())}, {local:%H:%M}"
        case CellKind.BOOLEAN:
            return "Yes" if value else "No"
        case _:
            return str(value)


def rate_text(basis_points: int) -> str:
    """62.5 % of 6250, one digit, half up."""
    shown = Decimal(basis_points).scaleb(-2).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{shown} %"


def cell_json(value: Any) -> Any:
    """One figure for machines: money as whole minor units, days and moments as ISO 8601."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def total_cells(columns: Sequence[SheetColumn], total: Row) -> list[str]:
    """A total for people; its first cell says what it is."""
    cells = cells_text(columns, total)
    place = currency_place(columns)
    if place is not None:
        cells[place] = ""
    cells[0] = f"Total {total[place]}" if place is not None else "Total"
    return cells
