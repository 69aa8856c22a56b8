"""Tables on their way to a file: how they become CSV and Excel."""

import codecs
import csv
import io
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal
from itertools import batched
from typing import Any, BinaryIO

from api.clock import charity_date, charity_time
from api.money import currency_digits, money_plain
from api.services.gateways import xlsx
from api.services.sheet_columns import CellKind, Sheet, SheetColumn, SheetQuery
from api.services.sheet_queries import (
    FORMULA_SIGNS,
    Totals,
    csv_rows,
    one_moment,
    xlsx_rows,
)

__all__ = ["CellKind", "Sheet", "SheetColumn", "SheetQuery", "csv_stream", "xlsx_write"]

PAGE = 1000
ABOUT_WIDTH = 90
WIDEST = 60  # Letters; longer texts go on below.
Progress = Callable[[int], None]
_WIDTHS = {
    CellKind.TEXT: 32,
    CellKind.INTEGER: 12,
    CellKind.MONEY: 18,
    CellKind.DATE: 14,
    CellKind.MOMENT: 22,
    CellKind.BOOLEAN: 12,
    CellKind.RATE: 12,
}


def csv_stream(sheet: Sheet) -> Generator[bytes]:
    """The table as CSV in UTF-8, in pieces: a line of headings, then the rows.

    It begins with a byte order mark: without one, Excel reads UTF-8 as the machine's old code page,
    and Zoë becomes ZoÃ«. Texts that a spreadsheet would run as a formula have an apostrophe before them.
    The connection is in a transaction of its own until the last piece; who stops before calls close().
    """
    yield codecs.BOM_UTF8 + _csv_lines([[_harmless(column.label) for column in sheet.columns]])
    if isinstance(sheet.rows, SheetQuery):
        yield from csv_rows(sheet, sheet.rows)
        return
    writers = [_csv_writer(sheet, column) for column in sheet.columns]
    for rows in batched(sheet.rows, PAGE, strict=False):
        yield _csv_lines(
            [write(value, row) for write, value in zip(writers, row, strict=True)] for row in rows
        )


def xlsx_write(
    sheets: Sheet | Sequence[Sheet], file: BinaryIO, progress: Progress | None = None
) -> None:
    """The tables as one Excel workbook, and what they hold on a last page, "About".

    `progress` is told how many rows are written so far, every few hundred. The file needn't seek.
    All queries see the database as it was at one moment, unless the caller is in a transaction of its own.
    """
    told = _Told(progress)
    tables = [sheets] if isinstance(sheets, Sheet) else list(sheets)
    has_query = any(isinstance(sheet.rows, SheetQuery) for sheet in tables)
    with one_moment() if has_query else nullcontext(), xlsx.XlsxBook(file) as book:
        for sheet in tables:
            _Table(book, sheet, told).write()
        with book.notes("About", (24, ABOUT_WIDTH)) as page:
            for row in _about(tables):
                page.write(row, 1)


class _Told:
    """How many rows are written, told to whom wants to know."""

    def __init__(self, progress: Progress | None) -> None:
        self.rows, self._progress = 0, progress

    def add(self, rows: int) -> None:
        self.rows += rows
        if self._progress:
            self._progress(self.rows)


class _Table:
    """One table on its way into a workbook: on more than one page if it is longer than a page may be."""

    def __init__(self, book: xlsx.XlsxBook, sheet: Sheet, told: _Told) -> None:
        self.book, self.sheet, self.told = book, sheet, told
        self.totals: Totals = defaultdict(int)
        self.spans: list[tuple[str, int]] = []  # Each page as a formula names it, and its last row.

    def write(self) -> None:
        """All rows, and the totals below the last of them."""
        if isinstance(self.sheet.rows, SheetQuery):
            pieces: Iterator[Sequence[Any]] = iter(
                xlsx_rows(self.sheet, self.sheet.rows, self.totals)
            )
        else:
            pieces = self._made(self.sheet.rows)
        waiting: Sequence[Any] = ()
        is_over = False
        labels = [_heading(column) for column in self.sheet.columns]
        widths = [_width(self.sheet, place) for place in range(len(self.sheet.columns))]
        while not is_over:
            with self.book.table(self.sheet.title, labels, widths) as page:
                while page.room:
                    if not waiting and not (waiting := next(pieces, ())):
                        is_over = True
                        break
                    rows, waiting = waiting[: page.room], waiting[page.room :]
                    page.write(b"".join(rows), len(rows))
                    self.told.add(len(rows))
                self.spans.append((page.name, page.rows))
                if is_over and (below := list(self._totals())):
                    page.totals(below)

    def _made(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[bytes]]:
        writers = [_xlsx_writer(self.sheet, column) for column in self.sheet.columns]
        texts = [at for at, column in enumerate(self.sheet.columns) if column.kind == CellKind.TEXT]
        summed = [
            (place, column.name, self.sheet.place(column.currency) if column.currency else None)
            for place, column in enumerate(self.sheet.columns)
            if column.is_summed
        ]
        for page in batched(rows, PAGE, strict=False):
            for row in page:
                for place, name, money in summed:
                    if row[place] is not None:
                        self.totals[name, row[money] if money is not None else ""] += row[place]
            yield [
                xlsx.row(
                    [write(value, row) for write, value in zip(writers, row, strict=True)],
                    lines=max(_lines(row[at]) for at in texts) if texts else 1,
                )
                for row in page
            ]

    def _totals(self) -> Iterator[bytes]:
        """One row for what is counted, and one for each currency."""
        free = next((at for at, one in enumerate(self.sheet.columns) if not one.is_summed), None)
        for currency in sorted({currency for _, currency in self.totals}):
            cells = [xlsx.EMPTY] * len(self.sheet.columns)
            if free is not None:
                cells[free] = xlsx.text_cell(f"Total {currency}".strip(), xlsx.XlsxStyle.TOTAL)
            for place, column in enumerate(self.sheet.columns):
                if column.is_summed and (column.name, currency) in self.totals:
                    cells[place] = self._total(place, column, currency)
            yield xlsx.row(cells)

    def _total(self, place: int, column: SheetColumn, currency: str) -> str:
        """A sum as a formula over all pages, with the figure that we know it to be."""
        total, letters = self.totals[column.name, currency], xlsx.column_letters(place)
        spans = [(page, f"{letters}2:{letters}{max(last, 2)}", last) for page, last in self.spans]
        if not column.currency:
            formula = "+".join(f"SUM({page}!{span})" for page, span, _ in spans)
            return xlsx.formula_cell(formula, str(total), xlsx.XlsxStyle.TOTAL_INTEGER)
        where = xlsx.column_letters(self.sheet.place(column.currency))
        sums = "+".join(
            f'SUMIF({page}!{where}2:{where}{max(last, 2)},"{currency}",{page}!{span})'
            for page, span, last in spans
        )
        if column.kind != CellKind.MONEY:
            return xlsx.formula_cell(sums, str(total), xlsx.XlsxStyle.TOTAL_INTEGER)
        digits = currency_digits(currency)
        # Rounded, as a sum of many fractions is a little off in the numbers that Excel counts with.
        return xlsx.formula_cell(
            f"ROUND({sums},{digits})", money_plain(total, currency), xlsx.TOTAL_STYLES[digits]
        )


def _heading(column: SheetColumn) -> str:
    """Above numbers on the right, as they are."""
    is_left = column.kind not in {CellKind.INTEGER, CellKind.MONEY, CellKind.RATE}
    style = xlsx.XlsxStyle.HEADING if is_left else xlsx.XlsxStyle.HEADING_RIGHT
    return xlsx.text_cell(column.label, style)


def _width(sheet: Sheet, place: int) -> int:
    """In letters, the arrow of the filter with them. Rows in hand have what their longest cell takes."""
    column = sheet.columns[place]
    is_currency = any(one.currency == column.name for one in sheet.columns)
    least = max(10 if is_currency else _WIDTHS[column.kind], len(column.label) + 4)
    if not isinstance(sheet.rows, Sequence):
        return least
    cells = [row[place] for row in sheet.rows if row[place] is not None]
    if column.kind == CellKind.TEXT:
        longest = max((_letters(str(cell)) for cell in cells), default=0) + 2
        return max(least, min(longest, WIDEST))
    if column.kind == CellKind.MONEY:
        # No total has more digits than all of them together.
        return max(least, len(f"{sum(map(abs, cells)):,}") + 3)
    return least


def _lines(text: str | None) -> int:
    """How many lines a cell needs."""
    return max(1, -(-_letters(str(text or "")) // WIDEST))


def _letters(text: str) -> int:
    """How wide a text is: a Chinese letter takes the room of two."""
    return len(text) + sum(unicodedata.east_asian_width(one) in "WF" for one in text)


def _about(tables: Sequence[Sheet]) -> Iterator[bytes]:
    style = xlsx.XlsxStyle
    told = [sheet for sheet in tables if sheet.about]
    for number, sheet in enumerate(told):
        if number:
            yield xlsx.row([])
        if len(told) == len(tables):  # Else the words are of the whole file.
            yield xlsx.row([xlsx.text_cell(sheet.title, style.TOTAL)])
        for label, text in sheet.about:
            cells = [xlsx.text_cell(label, style.WRAPPED), xlsx.text_cell(text, style.WRAPPED)]
            yield xlsx.row(cells, lines=-(-len(text) // ABOUT_WIDTH))


def _csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue().encode(errors="replace")


def _csv_writer(sheet: Sheet, column: SheetColumn) -> Callable[[Any, Sequence[Any]], str]:
    place = sheet.place(column.currency) if column.kind == CellKind.MONEY else 0

    def write(value: Any, row: Sequence[Any]) -> str:
        if value is None:
            return ""
        match column.kind:
            case CellKind.MONEY:
                return money_plain(value, row[place])
            case CellKind.DATE:
                return str(_day(value))
            case CellKind.MOMENT:
                return charity_time(value).isoformat(timespec="seconds")
            case CellKind.BOOLEAN:
                return "true" if value else "false"
            case CellKind.RATE:
                return str(Decimal(value).scaleb(-2))
        return _harmless(str(value)) if column.kind == CellKind.TEXT else str(value)

    return write


def _xlsx_writer(sheet: Sheet, column: SheetColumn) -> Callable[[Any, Sequence[Any]], str]:
    place = sheet.place(column.currency) if column.kind == CellKind.MONEY else 0
    style = xlsx.XlsxStyle

    def write(value: Any, row: Sequence[Any]) -> str:
        if value is None:
            return xlsx.EMPTY
        match column.kind:
            case CellKind.MONEY:
                look = xlsx.MONEY_STYLES[currency_digits(row[place])]
                return xlsx.number_cell(money_plain(value, row[place]), look)
            case CellKind.DATE:
                return xlsx.day_cell(_day(value))
            case CellKind.MOMENT:
                return xlsx.moment_cell(charity_time(value).replace(tzinfo=None))
            case CellKind.BOOLEAN:
                return xlsx.boolean_cell(value)
            case CellKind.RATE:
                return xlsx.number_cell(f"{Decimal(value).scaleb(-4):f}", style.RATE)
            case CellKind.INTEGER:
                return xlsx.number_cell(str(value), style.INTEGER)
        text = str(value)
        return xlsx.text_cell(text, style.WRAPPED if _lines(text) > 1 else style.TEXT)

    return write


def _harmless(text: str) -> str:
    return "'" + text if text[:1] and text[0] in FORMULA_SIGNS else text


def _day(value: Any) -> Any:
    return charity_date(value) if isinstance(value, datetime) else value
