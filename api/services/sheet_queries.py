"""Rows that PostgreSQL itself writes as CSV or as the XML of Excel: they are passed on as they come."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from psycopg.abc import PQGen
from psycopg.waiting import Wait

from api.money import DIGITS_OF_CURRENCY
from api.services.gateways.xlsx import (
    DIGITS,
    EMPTY,
    MONEY_STYLES,
    SPECIAL,
    TEXT_UNITS,
    XlsxStyle,
)
from api.services.sheet_columns import CellKind, Sheet, SheetColumn, SheetQuery

PIECE = 1 << 18  # Bytes that are passed on at a time.
# A spreadsheet takes a cell that begins so for a formula (owasp.org/www-community/attacks/CSV_Injection);
# Excel reads the wide signs of Chinese and Japanese keyboards the same way.
FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠"
_MOMENT = 1184  # timestamptz
_TEXTS = (25, 1043)
_MOST = 10**DIGITS - 1
Totals = dict[tuple[str, str], int]


@contextmanager
def one_moment() -> Iterator[None]:
    """All queries inside see the database as it was at one moment, so that totals and rows agree."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def csv_rows(sheet: Sheet, query: SheetQuery) -> Iterator[bytes]:
    """The rows as lines of CSV, in pieces."""
    raw, types = _typed(sheet, query)
    cells = ", ".join(_csv_cell(sheet, place, types[place]) for place in range(len(types)))
    for rows in _copied(f"SELECT {cells} FROM {raw}", "WITH (FORMAT csv)"):  # noqa: S608
        yield b"".join(rows)


def xlsx_rows(sheet: Sheet, query: SheetQuery) -> Iterator[Sequence[memoryview]]:
    """The rows as XML, each by itself, in lists of about the size of a piece."""
    raw, types = _typed(sheet, query)
    values = ", ".join(
        f"{_day_value(column, f'c{place}', types[place])} AS c{place}"
        for place, column in enumerate(sheet.columns)
    )
    cells = [_xlsx_cell(sheet, place) for place in range(len(sheet.columns))]
    # A function takes at most 100 arguments.
    made = ", ".join(f"concat({', '.join(cells[at : at + 50])})" for at in range(0, len(cells), 50))
    # OFFSET 0: each value is worked out once, and not again wherever it is used.
    return _copied(
        f"SELECT concat('<row>', {made}, '</row>') FROM (SELECT {values} FROM {raw} OFFSET 0) AS typed",  # noqa: S608
        "",
    )


def totals_read(sheet: Sheet, query: SheetQuery) -> Totals:
    """The sums of the columns that have one: by column and, for money, by currency."""
    summed = [column for column in sheet.columns if column.is_summed]
    if not summed:
        return {}
    moneys = [column.currency if column.kind == CellKind.MONEY else None for column in summed]
    groups = sorted({f"c{sheet.place(name)}" for name in moneys if name})
    sums = [f"sum(c{sheet.place(column.name)})" for column in summed]
    grouping = f"GROUP BY {', '.join(groups)}" if groups else ""
    totals: Totals = defaultdict(int)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join([*sums, *groups])} FROM {_raw(sheet, query)} {grouping}",  # noqa: S608
            query.params,
        )
        for row in cursor.fetchall():
            for column, money, value in zip(summed, moneys, row, strict=False):
                currency = row[len(sums) + groups.index(f"c{sheet.place(money)}")] if money else ""
                if value is not None:
                    totals[column.name, currency or ""] += int(value)
    return dict(totals)


def _copied(select: str, options: str) -> Iterator[list[memoryview]]:
    """What COPY sends, row by row, gathered into pieces. The connection is busy until the last one."""
    with connection.cursor() as cursor, cursor.copy(f"COPY ({select}) TO STDOUT {options}") as copy:
        server = copy.connection.pgconn
        rows: list[memoryview] = []
        size = 0
        # psycopg's own loop asks its connection for each row, which takes longer than PostgreSQL
        # takes to make it; here it is asked only when there is nothing left to read.
        while (got := server.get_copy_data(1))[0] >= 0:
            if got[0] == 0:
                copy.connection.wait(_readable(server))
                continue
            rows.append(got[1])
            size += got[0]
            if size >= PIECE:
                yield rows
                rows, size = [], 0
        _finish(copy.connection, server)
        if rows:
            yield rows


def _readable(server: Any) -> PQGen[None]:
    while not (yield Wait.R):
        pass
    server.consume_input()


def _finish(open_connection: Any, server: Any) -> None:
    """Read how the COPY ended. Raises psycopg's error when it was broken off."""
    while result := server.get_result():
        if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result, encoding=open_connection.info.encoding)


def _typed(sheet: Sheet, query: SheetQuery) -> tuple[str, list[int]]:
    """The query with its parameters in it, and the type of each of its columns."""
    with connection.cursor() as cursor:
        raw = cursor.mogrify(_raw(sheet, query), query.params)
        cursor.execute(f"SELECT * FROM {raw} LIMIT 0")  # noqa: S608 (nothing of it is of a user)
        types = [column.type_code for column in cursor.description]
    return raw, types


def _raw(sheet: Sheet, query: SheetQuery) -> str:
    names = ", ".join(f"c{place}" for place in range(len(sheet.columns)))
    return f"({query.sql}) AS raw ({names})"


def _zone() -> str:
    return f"AT TIME ZONE '{settings.CHARITY_TIME_ZONE}'"


def _csv_cell(sheet: Sheet, place: int, kind: int) -> str:
    column, name = sheet.columns[place], f"c{place}"
    match column.kind:
        case CellKind.MONEY:
            return _decimal(name, f"c{sheet.place(column.currency)}")
        case CellKind.MOMENT:
            return _iso(name)
        case CellKind.DATE:
            return f"to_char({_day_value(column, name, kind)}, 'YYYY-MM-DD')"
        case CellKind.BOOLEAN | CellKind.INTEGER:
            return f"{name}::text"
        case CellKind.RATE:
            return f"({name} * 0.01)::text"
        case CellKind.TEXT:
            signs = ", ".join(str(ord(sign)) for sign in FORMULA_SIGNS)
            text = _day_value(column, name, kind)
            return f"CASE WHEN ascii({text}) IN ({signs}) THEN '''' || {text} ELSE {text} END"


def _day_value(column: SheetColumn, name: str, kind: int) -> str:
    """A column as text, as a day or as a time on the charity's clock, whatever type it came in."""
    match column.kind:
        case CellKind.TEXT if kind not in _TEXTS:
            return f"{name}::text"
        case CellKind.DATE if kind == _MOMENT:
            return f"({name} {_zone()})::date"
        case CellKind.MOMENT:
            return f"date_trunc('second', {name} {_zone()})"
    return name


def _iso(name: str) -> str:
    """2026-07-01T00:30:05+01:00."""
    local = f"({name} {_zone()})"
    ahead = f"date_part('epoch', {local} - ({name} AT TIME ZONE 'UTC'))::integer"
    return (
        f"to_char({local}, 'YYYY-MM-DD\"T\"HH24:MI:SS') || CASE {ahead} "
        f"WHEN 0 THEN '+00:00' WHEN 3600 THEN '+01:00' ELSE CASE WHEN {ahead} < 0 THEN '-' ELSE '+' END "
        f"|| to_char(make_interval(secs => abs({ahead})), 'HH24:MI') END"
    )


def _decimal(name: str, currency: str) -> str:
    """Minor units as a decimal number, exact: 1234.50."""
    return _by_digits(currency, {0: f"{name}::numeric", 2: f"{name} * 0.01", 3: f"{name} * 0.001"})


def _by_digits(currency: str, choices: dict[int, str]) -> str:
    """One of three expressions, by how many digits the currency has."""
    cases = ""
    for digits in (0, 3):
        codes = ", ".join(f"'{code}'" for code, has in DIGITS_OF_CURRENCY.items() if has == digits)
        cases += f"WHEN {currency} IN ({codes}) THEN {choices[digits]} "
    return f"CASE {cases}ELSE {choices[2]} END"


def _xlsx_cell(sheet: Sheet, place: int) -> str:
    column, name = sheet.columns[place], f"c{place}"
    match column.kind:
        case CellKind.TEXT:
            return _text_xml(name)
        case CellKind.BOOLEAN:
            true, false = (f"'<c t=\"b\"><v>{value}</v></c>'" for value in (1, 0))
            return f"CASE WHEN {name} THEN {true} WHEN NOT {name} THEN {false} ELSE '{EMPTY}' END"
        case CellKind.INTEGER:
            return _number_xml(name, f"{name}::text", _style(XlsxStyle.INTEGER))
        case CellKind.RATE:
            return _number_xml(name, f"{name} * 0.0001", _style(XlsxStyle.RATE))
        case CellKind.MONEY:
            currency = f"c{sheet.place(column.currency)}"
            looks = {digits: _style(style) for digits, style in MONEY_STYLES.items()}
            return _number_xml(name, _decimal(name, currency), _by_digits(currency, looks))
        case CellKind.DATE:
            serial = f"({name} - DATE '1899-12-30' - ({name} < '1900-03-01')::integer)"
            return _day_xml(name, serial, "YYYY-MM-DD", XlsxStyle.DATE)
        case CellKind.MOMENT:
            serial = f"date_part('epoch', {name} - CASE WHEN {name} < '1900-03-01' "
            serial += "THEN TIMESTAMP '1899-12-31' ELSE '1899-12-30' END) / 86400"
            return _day_xml(name, serial, "YYYY-MM-DD HH24:MI:SS", XlsxStyle.MOMENT)


def _style(style: XlsxStyle) -> str:
    return f"'<c s=\"{style}\"><v>'"


def _number_xml(name: str, digits: str, opening: str) -> str:
    return (
        f"CASE WHEN {name} BETWEEN -{_MOST} AND {_MOST} THEN concat({opening}, {digits}, '</v></c>') "
        f"WHEN {name} IS NULL THEN '{EMPTY}' ELSE {_text_of(f'({digits})::text')} END"
    )


def _day_xml(name: str, serial: str, shown: str, style: XlsxStyle) -> str:
    return (
        f"CASE WHEN {name} BETWEEN '1900-01-01' AND '9999-12-31 23:59:59' "
        f"THEN concat({_style(style)}, {serial}, '</v></c>') "
        f"WHEN {name} IS NULL THEN '{EMPTY}' ELSE {_text_of(f"to_char({name}, '{shown}')")} END"
    )


def _text_of(text: str, opening: str = "<t>") -> str:
    return f"concat('<c s=\"{XlsxStyle.TEXT}\" t=\"inlineStr\"><is>{opening}', {text}, '</t></is></c>')"


def _text_xml(name: str) -> str:
    """Most texts need no care, and are told by one look; the few others are taken apart."""
    kept = _text_of(_escaped(name), '<t xml:space="preserve">')
    return (
        f"CASE WHEN {name} IS NULL THEN '{EMPTY}' "
        f"WHEN octet_length({name}) > {TEXT_UNITS // 2} OR {name} ~ '{SPECIAL}' THEN {kept} "
        f"ELSE {_text_of(name)} END"
    )


def _escaped(name: str) -> str:
    """As `text_cell` of the gateway does: no more than a cell holds, and each odd letter told by its code."""
    return f"""(
        SELECT string_agg(CASE WHEN letter = '&' THEN '&amp;' WHEN letter = '<' THEN '&lt;'
                   WHEN letter = '>' THEN '&gt;' WHEN letter IN (chr(92), chr(9), chr(10))
                   THEN '&#' || ascii(letter) || ';'
                   WHEN ascii(letter) < 32 OR ascii(letter) IN (65534, 65535)
                   THEN '_x' || lpad(upper(to_hex(ascii(letter))), 4, '0') || '_'
                   WHEN letter = '_' AND substr({name}, place::integer + 1, 6) ~ '^x[0-9A-Fa-f]{{4}}_'
                   THEN '_x005F_' ELSE letter END, '' ORDER BY place)
          FROM (SELECT letter, place, sum(CASE WHEN ascii(letter) > 65535 THEN 2 ELSE 1 END)
                       OVER (ORDER BY place) AS units
                  FROM unnest(string_to_array({name}, NULL)) WITH ORDINALITY AS one (letter, place)
               ) AS counted
         WHERE units <= {TEXT_UNITS})"""  # noqa: S608 (the name is c0, c1 ...)
