"""Tables on their way to a file: what they are made of, and how they become CSV or Excel."""

import codecs
import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import batched
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import xlsxwriter
from django.conf import settings
from django.db import connection, transaction

from api.clock import charity_date
from api.money import currency_digits, money_plain

PAGE = 2000
# A spreadsheet takes these for the beginning of a formula (owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = re.compile("[=+\\-@\t\r\n＝＋－＠]")
Progress = Callable[[int], None]


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
    """One column: its name for machines, its heading for people. `is_summed` asks for a total."""

    name: str
    label: str
    kind: CellKind = CellKind.TEXT
    currency: str = ""  # for MONEY: the name of the column with the ISO 4217 code
    is_summed: bool = False


@dataclass(frozen=True)
class SheetQuery:
    """Rows that PostgreSQL makes: one SQL column per SheetColumn, in their order.

    As psycopg takes it: %s for each of `params`, %% for a percent sign.
    """

    sql: str
    params: Sequence[Any] = ()


@dataclass(frozen=True)
class Sheet:
    """A table: a title, lines that say what it holds (filters, who made it, when), columns, rows.

    A value is what the column's kind says (int of minor units, date, aware datetime ...) or None.
    """

    title: str
    columns: Sequence[SheetColumn]
    rows: SheetQuery | Iterable[Sequence[Any]]
    about: Sequence[tuple[str, str]] = field(default_factory=tuple)


def csv_stream(sheet: Sheet) -> Iterator[bytes]:
    """The table as CSV in UTF-8, in pieces: a line of headings, then the rows.

    It begins with a byte order mark: without one, Excel reads UTF-8 as the machine's old code page,
    and Zoë becomes ZoÃ«. Texts that a spreadsheet would run as a formula have an apostrophe before them.
    """
    yield codecs.BOM_UTF8 + _csv_lines([[column.label for column in sheet.columns]])
    writers = [_csv_writer(sheet, column) for column in sheet.columns]
    for page in batched(_rows(sheet), PAGE, strict=False):
        yield _csv_lines(
            [write(value, row) for write, value in zip(writers, row, strict=True)] for row in page
        )


def xlsx_write(
    sheets: Sheet | Sequence[Sheet], file: BinaryIO, progress: Progress | None = None
) -> None:
    """The tables as one Excel workbook, and what they hold on a last page, "About".

    `progress` is told how many rows are written so far, every few thousand. The file needn't seek.
    """
    told = progress or (lambda rows: None)
    pages = [sheets] if isinstance(sheets, Sheet) else list(sheets)
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        done = 0
        for sheet in pages:
            done = _xlsx_page(book, sheet, done, told)
        about = book.add_worksheet("About")
        lines = [line for sheet in pages for line in (("Table", sheet.title), *sheet.about)]
        for number, (label, text) in enumerate(lines):
            about.write_string(number, 0, label)
            about.write_string(number, 1, text)


def _rows(sheet: Sheet) -> Iterator[Sequence[Any]]:
    if not isinstance(sheet.rows, SheetQuery):
        yield from sheet.rows
        return
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sheet.rows.sql, sheet.rows.params)
        while rows := cursor.fetchmany(PAGE):
            yield from rows


def _currency_place(sheet: Sheet, column: SheetColumn) -> int:
    names = [each.name for each in sheet.columns]
    if column.currency not in names:
        raise ValueError(f"{column.name}: there is no column {column.currency!r} with its currency")
    return names.index(column.currency)


def _csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue().encode()


def _csv_writer(sheet: Sheet, column: SheetColumn) -> Callable[[Any, Sequence[Any]], str]:
    place = _currency_place(sheet, column) if column.kind == CellKind.MONEY else 0

    def write(value: Any, row: Sequence[Any]) -> str:
        if value is None:
            return ""
        match column.kind:
            case CellKind.MONEY:
                return money_plain(value, row[place])
            case CellKind.DATE:
                return (charity_date(value) if isinstance(value, datetime) else value).isoformat()
            case CellKind.MOMENT:
                return str(_local(value).isoformat(timespec="seconds"))
            case CellKind.BOOLEAN:
                return "true" if value else "false"
            case CellKind.INTEGER:
                return str(value)
            case CellKind.RATE:
                return f"{Decimal(value).scaleb(-2)}"
            case CellKind.TEXT:
                return _harmless(str(value))

    return write


def _harmless(text: str) -> str:
    return "'" + text if _FORMULA.match(text) else text


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(settings.CHARITY_TIME_ZONE))


def _xlsx_page(book: Any, sheet: Sheet, done: int, progress: Progress) -> int:
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\]+ *", " ", sheet.title)[:31].strip("' "))
    formats = {digits: book.add_format({"num_format": _pattern(digits)}) for digits in (0, 2, 3)}
    day = book.add_format({"num_format": "dd mmm yyyy"})
    moment = book.add_format({"num_format": "dd mmm yyyy hh:mm:ss"})
    rate = book.add_format({"num_format": "0.0%"})
    bold = book.add_format({"bold": True})
    page.freeze_panes(1, 0)
    for at, column in enumerate(sheet.columns):
        page.set_column(at, at, 24 if column.kind == CellKind.TEXT else 14)
        page.write_string(0, at, column.label, bold)
    totals: dict[tuple[int, str], int] = defaultdict(int)
    number = 0
    for number, row in enumerate(_rows(sheet), 1):
        for at, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            if value is None:
                continue
            match column.kind:
                case CellKind.MONEY:
                    money = row[_currency_place(sheet, column)]
                    totals[at, money] += value
                    digits = currency_digits(money)
                    shown = Decimal(value).scaleb(-digits)
                    page.write_number(number, at, shown, formats[digits])
                case CellKind.DATE:
                    on = charity_date(value) if isinstance(value, datetime) else value
                    page.write_datetime(number, at, on, day)
                case CellKind.MOMENT:
                    page.write_datetime(number, at, _local(value).replace(tzinfo=None), moment)
                case CellKind.BOOLEAN:
                    page.write_boolean(number, at, value)
                case CellKind.INTEGER:
                    totals[at, ""] += value
                    page.write_number(number, at, value)
                case CellKind.RATE:
                    page.write_number(number, at, Decimal(value).scaleb(-4), rate)
                case CellKind.TEXT:
                    page.write_string(number, at, str(value)[:32_767])
        if number % PAGE == 0:
            progress(done + number)
    page.autofilter(0, 0, number, len(sheet.columns) - 1)
    _xlsx_totals(page, sheet, number, totals, bold)
    progress(done + number)
    return done + number


def _xlsx_totals(
    page: Any, sheet: Sheet, rows: int, totals: dict[tuple[int, str], int], bold: Any
) -> None:
    letter = xlsxwriter.utility.xl_col_to_name
    summed = [at for at, column in enumerate(sheet.columns) if column.is_summed]
    currencies = sorted({money for at, money in totals if at in summed})
    for line, money in enumerate(currencies, rows + 2):
        page.write_string(line, 0, f"Total {money}".strip(), bold)
        for at in summed:
            if (at, money) not in totals:
                continue
            span = f"{letter(at)}2:{letter(at)}{rows + 1}"
            formula = f"=SUM({span})"
            if money:
                where = letter(_currency_place(sheet, sheet.columns[at]))
                formula = f'=ROUND(SUMIF({where}2:{where}{rows + 1},"{money}",{span}),3)'
            value = Decimal(totals[at, money]).scaleb(-currency_digits(money) if money else 0)
            page.write_formula(line, at, formula, bold, float(value))


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")
