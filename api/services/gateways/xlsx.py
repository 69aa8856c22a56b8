"""The only door to Excel: workbooks written in one pass, whatever their length, in constant memory.

Rows come as the XML that stands in the file (ECMA-376, part 1, 18.3), so that PostgreSQL may make it.
Cells carry no addresses: the format lets them follow each other, and the file is a third shorter.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import IO, BinaryIO, Self

from api.services.gateways import xlsx_parts as parts

# A page of Excel has 1,048,576 rows; some are left for the heading and the totals.
ROWS_A_PAGE = 1_048_000
# Above 2 GiB a part of the archive needs ZIP64, about which Excel complains.
BYTES_A_PAGE = 1_900_000_000
TEXT_UNITS = 32_767  # Of UTF-16, in one cell.
# Excel believes that 1900 had a 29 February, LibreOffice does not: before it they read a number otherwise.
FIRST_DAY = date(1900, 3, 1)
DIGITS = 15  # What a number of Excel holds; longer ones would be rounded.
TITLE_LENGTH = 31
_STAMP = (1980, 1, 1, 0, 0, 0)  # The same rows are the same bytes.
EMPTY = "<c/>"


class XlsxStyle(IntEnum):
    """The looks of cells, by their places in styles.xml."""

    GENERAL = 0
    HEADING = 1
    TEXT = 2
    INTEGER = 3
    DATE = 4
    MOMENT = 5
    MONEY_0 = 6
    MONEY_2 = 7
    MONEY_3 = 8
    TOTAL = 9
    TOTAL_INTEGER = 10
    TOTAL_MONEY_0 = 11
    TOTAL_MONEY_2 = 12
    TOTAL_MONEY_3 = 13
    WRAPPED = 14
    RATE = 15
    HEADING_RIGHT = 16
    BOOLEAN = 17


_S = XlsxStyle
MONEY_STYLES = {0: _S.MONEY_0, 2: _S.MONEY_2, 3: _S.MONEY_3}
TOTAL_STYLES = {0: _S.TOTAL_MONEY_0, 2: _S.TOTAL_MONEY_2, 3: _S.TOTAL_MONEY_3}
# What stands in XML as something else; also `_x0041_`, which Excel reads as the letter A.
SPECIAL = "[\\x01-\\x1f&<>\\\\\ufffe\uffff]|^ | $|_x[0-9A-Fa-f]{4}_"
_SPECIAL = re.compile(SPECIAL.replace("\\x01", "\\x00") + "|[\ud800-\udfff]")
_HIDDEN = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_LETTERS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#92;", "\n": "&#10;", "\t": "&#9;"}
_ODD = re.compile("[\x00-\x1f&<>\\\\\ufffe\uffff\ud800-\udfff]")


def text_cell(text: str, style: XlsxStyle = XlsxStyle.TEXT) -> str:
    """A text, exactly as it is, cut to what a cell holds."""
    if len(text) * 2 > TEXT_UNITS:
        text = _cut(text)
    opening = "<t>"
    if _SPECIAL.search(text):
        opening = '<t xml:space="preserve">'
        text = _ODD.sub(_letter, _HIDDEN.sub("_x005F_", text))
    return f'<c s="{style}" t="inlineStr"><is>{opening}{text}</t></is></c>'


def number_cell(digits: str, style: XlsxStyle) -> str:
    """A number from its decimal digits; one too long for Excel stays whole, as text."""
    if len(digits.strip("-").replace(".", "").lstrip("0")) > DIGITS:
        return text_cell(digits)
    return f'<c s="{style}"><v>{digits}</v></c>'


def day_cell(day: date) -> str:
    """A date; one before FIRST_DAY as text."""
    if day < FIRST_DAY:
        return text_cell(day.isoformat())
    return f'<c s="{XlsxStyle.DATE}"><v>{_serial(day)}</v></c>'


def moment_cell(moment: datetime) -> str:
    """A date with a time to the second, as it stands on the clock (without a zone)."""
    if moment.date() < FIRST_DAY:
        return text_cell(moment.isoformat(sep=" ", timespec="seconds"))
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    serial = str((_serial(moment.date()) * 86400 + seconds) / 86400).removesuffix(".0")
    return f'<c s="{XlsxStyle.MOMENT}"><v>{serial}</v></c>'


def boolean_cell(is_true: bool) -> str:
    """TRUE or FALSE."""
    return f'<c s="{XlsxStyle.BOOLEAN}" t="b"><v>{int(is_true)}</v></c>'


def formula_cell(formula: str, digits: str, style: XlsxStyle) -> str:
    """A formula with its result, so that it is right before anything is calculated."""
    kept = formula.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<c s="{style}"><f>{kept}</f><v>{digits}</v></c>'


def row(cells: Sequence[str], *, lines: int = 1) -> bytes:
    """A row of cells, as high as so many lines of text."""
    height = f' ht="{15 * lines}" customHeight="1"' if lines > 1 else ""
    return f"<row{height}>{''.join(cells)}</row>".encode()


def column_letters(place: int) -> str:
    """A for the first column (0), then B ... Z, AA ..."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass
class XlsxPage:
    """One page while it is written. `rows` counts all of its rows, the heading with them."""

    title: str
    part: IO[bytes]
    rows: int = 0
    written: int = 0
    table_rows: int = 0  # Up to where the filters reach; 0: all.

    def write(self, xml: bytes, rows: int) -> None:
        """Rows that `row` or PostgreSQL made."""
        self.part.write(xml)
        self.rows += rows
        self.written += len(xml)

    def totals(self, rows: Sequence[bytes]) -> None:
        """Rows below the table, after an empty one."""
        self.table_rows = self.rows
        self.write(b"<row/>" + b"".join(rows), 1 + len(rows))

    @property
    def room(self) -> int:
        """How many more rows it takes before another page must begin."""
        return ROWS_A_PAGE - self.rows if self.written < BYTES_A_PAGE else 0

    @property
    def name(self) -> str:
        """As it stands in a formula."""
        return "'" + self.title.replace("'", "''") + "'"


@dataclass
class XlsxBook:
    """A workbook on its way into a file that needn't seek. Leave its `with` to have it complete."""

    file: BinaryIO
    titles: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Begin the archive. Level 1 is twice as fast as the usual 6, and a tenth longer."""
        self._zip = zipfile.ZipFile(self.file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Write what ties the pages together; after an error it is left out, and nothing opens the file."""
        with self._zip:
            tying = parts.tying(self.titles, self.names) if kind is None else ()
            for name, text in tying:
                with self._part(name) as part:
                    part.write(text.encode())

    @contextmanager
    def table(
        self, title: str, headings: Sequence[str], widths: Sequence[float]
    ) -> Iterator[XlsxPage]:
        """A page with headings (as cells) that stay in sight, filters, and columns as wide as so many letters."""
        with self._page(title, widths, parts.VIEW_FROZEN) as page:
            page.write(row(headings), 1)
            yield page
            self._filter(page, column_letters(len(headings) - 1))

    @contextmanager
    def notes(self, title: str, widths: Sequence[float]) -> Iterator[XlsxPage]:
        """A page of words."""
        with self._page(title, widths, parts.VIEW) as page:
            yield page
            page.part.write(f"</sheetData>{parts.PAPER}".encode())

    @contextmanager
    def _page(self, title: str, widths: Sequence[float], view: str) -> Iterator[XlsxPage]:
        self.titles.append(title_free(title, self.titles))
        with self._part(f"xl/worksheets/sheet{len(self.titles)}.xml") as part:
            part.write(f"{parts.SHEET}{view}{parts.columns(widths)}<sheetData>".encode())
            page = XlsxPage(self.titles[-1], part)
            yield page
            part.write(b"</worksheet>")

    @contextmanager
    def _part(self, name: str) -> Iterator[IO[bytes]]:
        about = zipfile.ZipInfo(name, _STAMP)
        about.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(about, "w") as part:
            yield part

    def _filter(self, page: XlsxPage, last: str) -> None:
        span, place = f"A1:{last}{page.table_rows or page.rows}", len(self.titles) - 1
        page.part.write(parts.table_end(span).encode())
        self.names += parts.table_names(page.name, span, place)


def title_free(title: str, taken: Sequence[str]) -> str:
    """A title as Excel allows it: short, without []:*?/\\, not the same as another page's."""
    kept = " ".join(re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).split()).strip("'")
    base = kept[:TITLE_LENGTH].strip("' ") or "Table"
    number, free = 1, base
    while free.casefold() in {one.casefold() for one in taken}:
        number += 1
        end = f" ({number})"
        free = base[: TITLE_LENGTH - len(end)] + end
    return free


def _letter(found: re.Match[str]) -> str:
    letter = found.group()
    if "\ud800" <= letter <= "\udfff":
        return "\ufffd"  # Half of a letter: no file can hold it.
    return _LETTERS.get(letter) or f"_x{ord(letter):04X}_"


def _cut(text: str) -> str:
    """As many letters as fit: one outside the basic plane (an emoji) takes two units."""
    left = TEXT_UNITS
    for place, letter in enumerate(text):
        left -= 2 if letter > "\uffff" else 1
        if left < 0:
            return text[:place]
    return text


def _serial(day: date) -> int:
    return (day - date(1899, 12, 30)).days
