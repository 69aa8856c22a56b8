"""Workbooks hold exactly what was written into them, whoever reads them."""

import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from api.money import money_plain
from api.services.gateways import xlsx
from api.services.sheets import CellKind, Sheet, SheetColumn, SheetQuery, xlsx_write

LONDON = ZoneInfo("Europe/London")
_CODE = re.compile("_x([0-9A-Fa-f]{4})_")
# All letters that PostgreSQL holds; NUL and halves of letters it has not.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
AWKWARD = st.sampled_from(
    [
        *(
            "]]>",
            "<b>&amp;</b>",
            "_x0041_",
            "_x0041_x0042_",
            "=1+1",
            " two  spaces ",
            "\r\n\t",
            "\\N",
        ),
        *("\x01\x1f\ufffe\uffff", "👩‍👩‍👧", "'", '"', "7" * 40, "a|b | c", "_x005F_", "\u2028"),
    ]
)
AMOUNTS = st.integers(-(10**15) + 1, 10**15 - 1)
MOMENTS = st.datetimes(
    datetime(1900, 1, 2),  # noqa: DTZ001
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)
COLUMNS = (
    SheetColumn("text", "Text"),
    SheetColumn("other", "Other"),
    SheetColumn("amount", "Amount", CellKind.MONEY, currency="currency", is_summed=True),
    SheetColumn("currency", "Currency"),
    SheetColumn("day", "Day", CellKind.DATE),
    SheetColumn("moment", "Moment", CellKind.MOMENT),
    SheetColumn("yes", "Yes", CellKind.BOOLEAN),
    SheetColumn("number", "Number", CellKind.INTEGER, is_summed=True),
)
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS | AWKWARD,
        TEXTS | AWKWARD,
        st.none() | AMOUNTS,
        st.sampled_from(["GBP", "JPY", "KWD", "EUR", "CHF"]),
        st.none() | st.dates(date(1900, 1, 1), date(9999, 12, 30)),
        st.none() | MOMENTS,
        st.none() | st.booleans(),
        st.none() | st.integers(-(2**63), 2**63 - 1),
    ),
    max_size=6,
)


def written(rows: Any) -> bytes:
    """A workbook of these rows."""
    file = io.BytesIO()
    xlsx_write(Sheet("Rows", COLUMNS, rows), file)
    return file.getvalue()


def in_sql(rows: list[tuple[Any, ...]]) -> SheetQuery:
    """The same rows as PostgreSQL would give them, in their order."""
    types = ("text", "text", "bigint", "text", "date", "timestamptz", "boolean", "bigint")
    values = ", ".join(f"CAST(%s AS {kind})" for kind in types)
    places = " UNION ALL ".join(f"SELECT {place}, {values}" for place in range(len(rows)))
    nothing = f"SELECT 0, {', '.join(f'NULL::{kind}' for kind in types)} WHERE false"
    sql = f"SELECT a, b, c, d, e, f, g, h FROM ({places or nothing}) AS row (at, a, b, c, d, e, f, g, h)"  # noqa: S608
    return SheetQuery(f"{sql} ORDER BY at", [value for row in rows for value in row])


def decoded(text: object) -> str:
    """As Excel shows a text: its codes of odd letters are letters."""
    return _CODE.sub(lambda code: chr(int(code.group(1), 16)), str(text))


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_any_row_comes_back_as_it_was(rows: list[tuple[Any, ...]]) -> None:
    page = load_workbook(io.BytesIO(written(rows))).worksheets[0]
    for row, cells in zip(rows, page.iter_rows(min_row=2), strict=False):
        text, other, amount, currency, day, moment, yes, number = row
        for value, cell in ((text, cells[0]), (other, cells[1])):
            assert decoded(cell.value or "") == (value or "")
            assert cell.data_type != "f"
        if amount is None:
            assert cells[2].value is None
        else:
            digits = {"JPY": 0, "KWD": 3}.get(currency, 2)
            assert Decimal(repr(cells[2].value)).quantize(Decimal(1).scaleb(-digits)) == Decimal(
                money_plain(amount, currency)
            )
        if day and day < xlsx.FIRST_DAY:
            assert cells[4].value == day.isoformat()
        else:
            assert (cells[4].value.date() if day else cells[4].value) == day
        if moment and moment.date() > xlsx.FIRST_DAY:
            local = moment.astimezone(LONDON).replace(tzinfo=None, microsecond=0)
            assert abs((cells[5].value - local).total_seconds()) < 0.001
        assert cells[6].value == yes
        assert number is None or int(cells[7].value) == number


@pytest.mark.django_db
@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_postgresql_writes_the_same_bytes_as_python(rows: list[tuple[Any, ...]]) -> None:
    with zipfile.ZipFile(io.BytesIO(written(rows))) as book:
        python = book.read("xl/worksheets/sheet1.xml")
    with zipfile.ZipFile(io.BytesIO(written(in_sql(rows)))) as book:
        sql = book.read("xl/worksheets/sheet1.xml")
    # Columns are as wide as the rows in hand need; those of a query are not known beforehand.
    ours, theirs = (xml[xml.index(b"<sheetData>") :] for xml in (python, sql))
    assert theirs.replace(b"</row>\n", b"</row>").decode() == ours.decode()


@given(st.text(st.characters(codec="utf-8"), max_size=5), st.integers(32_700, 32_800))
@settings(max_examples=20, deadline=None)
def test_a_text_longer_than_a_cell_is_cut_between_letters(text: str, length: int) -> None:
    for filling in ("x", "👧"):
        whole = text + filling * length
        cell = re.search("<t[^>]*>(.*)</t>", xlsx.text_cell(whole), re.DOTALL)
        assert cell is not None
        kept = len(whole.encode("utf-16-le")) // 2
        assert len(xlsx._cut(whole).encode("utf-16-le")) // 2 in (min(kept, 32_767), 32_766)


@pytest.mark.parametrize(
    ("title", "taken", "free"),
    [
        ("Gifts: all/any [x]?", [], "Gifts all any x"),
        ("'quoted'", [], "quoted"),
        ("", [], "Table"),
        ("A" * 40, ["a" * 31], "A" * 27 + " (2)"),
        ("About", ["about", "About (2)"], "About (3)"),
    ],
)
def test_titles_are_as_excel_allows(title: str, taken: list[str], free: str) -> None:
    assert xlsx.title_free(title, taken) == free
    Workbook().active.title = free


def test_a_long_table_goes_on_on_another_page_and_its_total_is_of_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xlsx, "ROWS_A_PAGE", 4)
    rows = [("a", "b", 100, "GBP", None, None, None, 1)] * 7
    book = load_workbook(io.BytesIO(written(rows)))
    assert book.sheetnames == ["Rows", "Rows (2)", "Rows (3)", "About"]
    assert [page.max_row for page in book.worksheets[:3]] == [4, 4, 5]
    total = book["Rows (3)"]["C5"].value
    assert total.count("SUMIF(") == 3 and "'Rows (2)'!D2:D4" in total
    assert [page.auto_filter.ref for page in book.worksheets[:3]] == ["A1:H4", "A1:H4", "A1:H2"]


@pytest.mark.django_db
def test_what_stops_a_download_leaves_the_connection_usable() -> None:
    from api.services.sheets import csv_stream

    numbers = SheetQuery("SELECT n::text FROM generate_series(1, 300000) AS n")
    stream = csv_stream(Sheet("Numbers", (SheetColumn("n", "N"),), numbers))
    assert next(stream).startswith(b"\xef\xbb\xbfN")
    assert len(next(stream)) > 1000
    stream.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
