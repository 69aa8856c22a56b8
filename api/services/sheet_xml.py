"""The SQL that writes a row of a table as the XML of Excel, just as `gateways/xlsx.py` does in Python."""

from collections.abc import Iterable

from api.money import DIGITS_OF_CURRENCY
from api.services.gateways.xlsx import (
    DIGITS,
    EMPTY,
    FIRST_DAY,
    MONEY_STYLES,
    SPECIAL,
    TEXT_UNITS,
    XlsxStyle,
    boolean_cell,
)
from api.services.sheet_columns import CellKind, Sheet

_MOST = 10**DIGITS - 1
# The same as SPECIAL in texts that are put side by side, each between two bars.
_SPECIAL_BARRED = SPECIAL.replace("^ | $", "\\| | \\|")


def row_xml(sheet: Sheet) -> str:
    """An expression over the columns c0, c1 ... that gives a row as text without line breaks or backslashes.

    Texts that need care are few: one look at all of a row together tells that none is in it.
    """
    texts = [
        f"c{place}" for place, column in enumerate(sheet.columns) if column.kind == CellKind.TEXT
    ]
    plain = _row(_cell(sheet, place, is_plain=True) for place in range(len(sheet.columns)))
    if not texts:
        return plain
    careful = _row(_cell(sheet, place, is_plain=False) for place in range(len(sheet.columns)))
    # A function takes at most 100 arguments.
    barred = " || ".join(
        f"concat_ws('|', '', {', '.join(texts[at : at + 90])}, '')"
        for at in range(0, len(texts), 90)
    )
    size = " + ".join(f"coalesce(octet_length({name}), 0)" for name in texts)
    return (
        f"CASE WHEN ({barred}) ~ '{_SPECIAL_BARRED}' OR {size} > {TEXT_UNITS // 2} "
        f"THEN {careful} ELSE {plain} END"
    )


def _row(cells: Iterable[str]) -> str:
    # Not by concat(), which calls a function for each of its arguments and takes three times as long.
    return f"'<row>' || {' || '.join(cells)} || '</row>'"


def _cell(sheet: Sheet, place: int, *, is_plain: bool) -> str:
    column, name = sheet.columns[place], f"c{place}"
    match column.kind:
        case CellKind.TEXT:
            return _text(name) if is_plain else _text_careful(name)
        case CellKind.BOOLEAN:
            return _cases(
                (name, f"'{boolean_cell(True)}'"),
                (f"NOT {name}", f"'{boolean_cell(False)}'"),
                other=f"'{EMPTY}'",
            )
        case CellKind.INTEGER:
            digits = f"{name}::text"
            return _cases(
                (f"{name} BETWEEN -{_MOST} AND {_MOST}", _value(digits, XlsxStyle.INTEGER)),
                other=_text(digits),
            )
        case CellKind.RATE:
            rate = _value(f"({name} * 0.0001)::text", XlsxStyle.RATE)
            return f"coalesce({rate}, '{EMPTY}')"
        case CellKind.MONEY:
            return _money(name, f"c{sheet.place(column.currency)}")
        case CellKind.DATE:
            serial = f"({name} - DATE '1899-12-30')"
            return _day(name, serial, "YYYY-MM-DD", XlsxStyle.DATE)
        case CellKind.MOMENT:
            local = f"{name}::timestamp"  # on the session's clock, the charity's
            serial = f"(date_part('epoch', {local} - TIMESTAMP '1899-12-30') / 86400)"
            return _day(local, serial, "YYYY-MM-DD HH24:MI:SS", XlsxStyle.MOMENT)


def _cases(*cases: tuple[str, str], other: str) -> str:
    told = " ".join(f"WHEN {condition} THEN {value}" for condition, value in cases)
    return f"CASE {told} ELSE {other} END"


def _value(digits: str, style: XlsxStyle) -> str:
    return f"'<c s=\"{style}\"><v>' || {digits} || '</v></c>'"


def _money(name: str, currency: str) -> str:
    """Minor units as a number with as many digits as the currency has; the usual currencies first."""
    whole = {0: f"{name}::text", 2: f"({name} * 0.01)::text", 3: f"({name} * 0.001)::text"}
    codes = {
        digits: ", ".join(f"'{code}'" for code, has in DIGITS_OF_CURRENCY.items() if has == digits)
        for digits in (0, 3)
    }
    codes[2] = "'GBP', 'EUR', 'USD'"
    fits = f"{name} BETWEEN -{_MOST} AND {_MOST}"
    shown = {digits: _value(whole[digits], MONEY_STYLES[digits]) for digits in (0, 2, 3)}
    long = _cases(
        *((f"{currency} IN ({codes[digits]})", whole[digits]) for digits in (0, 3)), other=whole[2]
    )
    return _cases(
        *((f"{fits} AND {currency} IN ({codes[digits]})", shown[digits]) for digits in (2, 0, 3)),
        (fits, shown[2]),
        other=_text(long),
    )


def _day(name: str, serial: str, shown: str, style: XlsxStyle) -> str:
    return _cases(
        (
            f"{name} BETWEEN '{FIRST_DAY}' AND '9999-12-31 23:59:59'",
            _value(f"{serial}::text", style),
        ),
        other=_text(f"to_char({name}, '{shown}')"),
    )


def _text(text: str, opening: str = "<t>") -> str:
    """Nothing where there is nothing: what is joined to NULL is NULL."""
    cell = f"'<c s=\"{XlsxStyle.TEXT}\" t=\"inlineStr\"><is>{opening}' || {text} || '</t></is></c>'"
    return f"coalesce({cell}, '{EMPTY}')"


def _text_careful(name: str) -> str:
    """As `text_cell` of the gateway: no more than a cell holds, and each odd letter told by its code."""
    escaped = f"""(
        SELECT coalesce(string_agg(CASE WHEN letter = '&' THEN '&amp;' WHEN letter = '<' THEN '&lt;'
                   WHEN letter = '>' THEN '&gt;' WHEN letter IN (chr(92), chr(9), chr(10))
                   THEN '&#' || ascii(letter) || ';'
                   WHEN ascii(letter) < 32 OR ascii(letter) IN (65534, 65535)
                   THEN '_x' || lpad(upper(to_hex(ascii(letter))), 4, '0') || '_'
                   WHEN letter = '_' AND substr({name}, place::integer + 1, 6) ~ '^x[0-9A-Fa-f]{{4}}_'
                   THEN '_x005F_' ELSE letter END, '' ORDER BY place), '')
          FROM (SELECT letter, place, sum(CASE WHEN ascii(letter) > 65535 THEN 2 ELSE 1 END)
                       OVER (ORDER BY place) AS units
                  FROM unnest(string_to_array({name}, NULL)) WITH ORDINALITY AS one (letter, place)
               ) AS counted
         WHERE units <= {TEXT_UNITS})"""  # noqa: S608 (the name is c0, c1 ...)
    is_odd = f"octet_length({name}) > {TEXT_UNITS // 2} OR {name} ~ '{SPECIAL}'"
    return _cases((is_odd, _text(escaped, '<t xml:space="preserve">')), other=_text(name))
