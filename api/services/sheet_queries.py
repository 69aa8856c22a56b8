"""Rows that PostgreSQL itself writes as CSV or as the XML of Excel: they are passed on as they come."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import transaction
from psycopg.abc import PQGen
from psycopg.waiting import Wait

from api.money import DIGITS_OF_CURRENCY
from api.services.replicas import reading
from api.services.sheet_columns import CellKind, Sheet, SheetColumn, SheetQuery
from api.services.sheet_xml import row_xml

PIECE = 1 << 18  # Bytes that are passed on at a time.
# A spreadsheet takes a cell that begins so for a formula (owasp.org/www-community/attacks/CSV_Injection);
# Excel reads the wide signs of Chinese and Japanese keyboards the same way.
FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠"
_MOMENT = 1184  # The number of the type timestamptz.
_TEXTS = (25, 1043)
_TOTAL = b"="  # A row of totals begins so; a row of XML can't.
Totals = dict[tuple[str, str], int]


@contextmanager
def one_moment() -> Iterator[None]:
    """All queries inside see the database as it was at one moment, and its clock is the charity's: PostgreSQL
    writes a moment in the session's zone in half the time that a change of zone takes.
    """
    is_outermost = not reading().in_atomic_block
    with transaction.atomic(using=reading().alias), reading().cursor() as cursor:
        if is_outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL datestyle = ISO")
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [settings.CHARITY_TIME_ZONE])
        yield
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [reading().timezone_name])


def csv_rows(sheet: Sheet, query: SheetQuery) -> Generator[bytes]:
    """The rows as lines of CSV, in pieces."""
    with one_moment():
        raw, types = _raw(sheet, query)
        cells = ", ".join(_csv_cell(sheet, place, kind) for place, kind in enumerate(types))
        # The query has an order, so PostgreSQL works out each of its columns once, however often it is used.
        select = f"SELECT {cells} FROM {raw}"  # noqa: S608
        with closing(_copied(select, "WITH (FORMAT csv)")) as pieces:
            for rows in pieces:
                yield b"".join(rows)


def xlsx_rows(sheet: Sheet, query: SheetQuery, totals: Totals) -> Iterator[Sequence[memoryview]]:
    """The rows as XML, each by itself, in lists of about the size of a piece.

    After the last one, `totals` holds the sums of the columns that have one. They come with the same
    query, so that it is run once and nothing can come between.
    """
    typed, row = _typed(sheet, query), row_xml(sheet)
    sums = [column for column in sheet.columns if column.is_summed]
    # OFFSET 0 and MATERIALIZED: each value is worked out once, and not again wherever it is used.
    select = f"SELECT {row} FROM ({typed} OFFSET 0) AS typed"  # noqa: S608
    if sums:
        select = (
            f"WITH typed AS MATERIALIZED ({typed}) SELECT {row} FROM typed "  # noqa: S608
            f"UNION ALL ({_totals(sheet, sums)})"
        )
    for rows in _copied(select, ""):
        while rows and bytes(rows[-1][:1]) == _TOTAL:
            _totals_add(totals, sums, bytes(rows.pop()).decode())
        yield rows


def _totals(sheet: Sheet, sums: Sequence[SheetColumn]) -> str:
    """For each combination of currencies a row: they, then the sums."""
    groups = sorted({f"c{sheet.place(column.currency)}" for column in sums if column.currency})
    moneys = [f"c{sheet.place(one.currency)}" if one.currency else "''" for one in sums]
    shown = [*moneys, *(f"sum(c{sheet.place(column.name)})" for column in sums)]
    parts = " || '|' || ".join(f"coalesce({part}::text, '')" for part in shown)
    grouping = f"GROUP BY {', '.join(groups)}" if groups else ""
    return f"SELECT '{_TOTAL.decode()}' || {parts} FROM typed {grouping}"  # noqa: S608


def _totals_add(totals: Totals, sums: Sequence[SheetColumn], line: str) -> None:
    fields = line[1:].strip().split("|")
    for column, currency, value in zip(sums, fields, fields[len(sums) :], strict=False):
        if value:
            key = (column.name, currency)
            totals[key] = totals.get(key, 0) + int(value)


def _copied(select: str, options: str) -> Generator[list[memoryview]]:
    """What COPY sends, row by row, gathered into pieces. The connection is busy until the last one."""
    with reading().cursor() as cursor, cursor.copy(f"COPY ({select}) TO STDOUT {options}") as copy:
        server, is_over = copy.connection.pgconn, False
        while not is_over:
            rows, is_over = copy.connection.wait(_piece(server))
            if is_over:
                _finish(copy.connection, server)
            if rows:
                yield rows


def _piece(server: Any) -> PQGen[tuple[list[memoryview], bool]]:
    """The next rows, and whether they were the last.

    psycopg's own loop asks its connection for each row, which takes longer than PostgreSQL takes to make
    it; here it is asked only when there is nothing left to read.
    """
    rows: list[memoryview] = []
    size = 0
    while size < PIECE:
        length, row = server.get_copy_data(1)
        if length > 0:
            rows.append(row)
            size += length
        elif length == 0:
            while not (yield Wait.R):
                pass
            server.consume_input()
        else:
            return rows, True
    return rows, False


def _finish(open_connection: Any, server: Any) -> None:
    """Read how the COPY ended. Raises psycopg's error when it was broken off."""
    while result := server.get_result():
        if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result, encoding=open_connection.info.encoding)


def _raw(sheet: Sheet, query: SheetQuery) -> tuple[str, list[int]]:
    """The query with its parameters in it, its columns being c0, c1 ..., and their types in PostgreSQL."""
    names = ", ".join(f"c{place}" for place in range(len(sheet.columns)))
    with reading().cursor() as cursor:
        raw = cursor.mogrify(f"({query.sql}) AS raw ({names})", query.params)
        cursor.execute(f"SELECT * FROM {raw} LIMIT 0")  # noqa: S608 (nothing of it is of a user)
        return raw, [column.type_code for column in cursor.description]


def _typed(sheet: Sheet, query: SheetQuery) -> str:
    """The query with each column in the type that its kind is written from."""
    raw, types = _raw(sheet, query)
    values = ", ".join(
        f"{_value(column, f'c{place}', types[place])} AS c{place}"
        for place, column in enumerate(sheet.columns)
    )
    return f"SELECT {values} FROM {raw}"  # noqa: S608


def _value(column: SheetColumn, name: str, kind: int) -> str:
    match column.kind:
        case CellKind.TEXT if kind not in _TEXTS:
            return f"{name}::text"
        case CellKind.DATE if kind == _MOMENT:
            return f"{name}::date"
        case CellKind.MOMENT:
            return f"date_trunc('second', {name})"
    return name


def _csv_cell(sheet: Sheet, place: int, kind: int) -> str:
    column, name = sheet.columns[place], f"c{place}"
    match column.kind:
        case CellKind.MONEY:
            return _decimal(name, f"c{sheet.place(column.currency)}")
        case CellKind.MOMENT:
            # JSON has 2026-07-01T00:30:05+01:00 as we want it, between quotation marks: three times as fast
            # as to put it together.
            return f"substr(to_json({_value(column, name, kind)})::text, 2, 25)"
        case CellKind.BOOLEAN:
            return f"{name}::text"
        case CellKind.RATE:
            return f"{name} * 0.01"
        case CellKind.TEXT if not column.is_code:
            signs = ", ".join(str(ord(sign)) for sign in FORMULA_SIGNS)
            text = _value(column, name, kind)
            return f"CASE WHEN ascii({text}) IN ({signs}) THEN '''' || {text} ELSE {text} END"
    return _value(column, name, kind)


def _decimal(name: str, currency: str) -> str:
    """Minor units as a decimal number, exact: 1234.50."""
    of = {
        digits: ", ".join(f"'{code}'" for code, has in DIGITS_OF_CURRENCY.items() if has == digits)
        for digits in (0, 3)
    }
    # Currencies that gifts mostly come in are asked for first: it is a tenth of the whole work.
    return (
        f"CASE WHEN {currency} IN ('GBP', 'EUR', 'USD') THEN {name} * 0.01 "
        f"WHEN {currency} IN ({of[0]}) THEN {name}::numeric "
        f"WHEN {currency} IN ({of[3]}) THEN {name} * 0.001 ELSE {name} * 0.01 END"
    )
