"""Rows of tables as HTML. Made as plain text: a template or a widget per cell would cost more than the query."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from api.clock import charity_date, now
from api.money import money_text
from api.services.tables.pages import Row
from api.services.tables.spec import Column, Kind, Table, Tone

Cell = Callable[[Row], str]
_NUMBERS = {Kind.MONEY, Kind.INTEGER}
_NOTHING = '<span class="quiet" aria-label="nothing">-</span>'


def rows_html(
    table: Table, columns: Sequence[Column], rows: Sequence[Row], *, checkbox: str = ""
) -> list[SafeString]:
    """The rows of the body. `checkbox`: the name of a box before each, to choose it by."""
    cells = [_cell_of(column, is_first=not at) for at, column in enumerate(columns)]
    if checkbox:
        cells.insert(0, _box_of(checkbox, columns[0]))
    if table.row_links:
        cells.append(_links_of(table.row_links))
    return [mark_safe(f"<tr>{''.join([cell(row) for cell in cells])}</tr>") for row in rows]  # noqa: S308  (each part is escaped below)


def _cell_of(column: Column, *, is_first: bool) -> Cell:
    """Makes the cells of one column: all that does not depend on the row is said once."""
    name, link, shown = column.name, column.link, _SHOWN.get(column.kind, _plain)
    tag, scope = ("th", ' scope="row"') if is_first else ("td", "")
    number = ' class="number"' if column.kind in _NUMBERS else ""
    begins, ends = f'<{tag}{scope}{number} data-label="{escape(column.label)}">', f"</{tag}>"
    empty = escape(column.choices[""]) if "" in column.choices else _NOTHING

    def cell(row: Row) -> str:
        value = row[name]
        if value is None or value == "":
            inner = shown(column, value, row) if shown is _due else ""
            return f"{begins}{inner or (_NOTHING if value is None else empty)}{ends}"
        inner = shown(column, value, row)
        if link:
            inner = f'<a href="{escape(_address(link, row))}">{inner}</a>'
        return f"{begins}{inner}{ends}"

    return cell


def _box_of(name: str, column: Column) -> Cell:
    def cell(row: Row) -> str:
        key, label = escape(str(row["pk"])), escape(_words(column, row[column.name], row))
        box = f'<input type="checkbox" name="{name}" value="{key}" aria-label="Choose {label}">'
        return f'<td class="choose">{box}</td>'

    return cell


def _links_of(links: Mapping[str, str]) -> Cell:
    def cell(row: Row) -> str:
        shown = (
            f'<a href="{escape(_address(link, row))}">{escape(words)}</a>'
            for words, link in links.items()
        )
        return f'<td class="more">{" ".join(shown)}</td>'

    return cell


def _plain(column: Column, value: Any, row: Row) -> str:
    return escape(_words(column, value, row))


def _status(column: Column, value: Any, row: Row) -> str:
    words = _plain(column, value, row)
    if not column.tones:
        return words
    return f'<span class="tone tone-{column.tones.get(value, Tone.PLAIN)}">{words}</span>'


def _code(column: Column, value: Any, row: Row) -> str:
    return f'<span class="code">{_plain(column, value, row)}</span>'


def _moment(_: Column, value: datetime, row: Row) -> str:
    local = value.astimezone(_zone())
    return f'<time datetime="{value.isoformat()}">{_day(local)} <small>{local:%H:%M}</small></time>'


def _due(column: Column, value: datetime | None, row: Row) -> str:
    """Until when, in words as well as days; "" for a day that nobody waits for."""
    if not row["is_waiting"]:
        return "" if value is None else _plain(column, value, row)
    if value is None:
        return '<strong class="due">As soon as possible</strong>'
    days = (charity_date(value) - charity_date(now())).days
    left = "today" if days == 0 else "too late" if days < 0 else f"in {days} days"
    left = "tomorrow" if days == 1 else left
    local = value.astimezone(_zone())
    return f'<strong class="due">{_day(local)}, {local:%H:%M} <small>{left}</small></strong>'


_SHOWN: Mapping[Kind, Callable[[Column, Any, Row], str]] = {
    Kind.STATUS: _status,
    Kind.CODE: _code,
    Kind.MOMENT: _moment,
    Kind.DUE: _due,
}


def _words(column: Column, value: Any, row: Row) -> str:
    """A value as people read it."""
    match column.kind:
        case Kind.TEXT:
            return str(value)
        case Kind.MONEY:
            return money_text(value, row["currency"])
        case Kind.STATUS:
            return str(column.choices.get(value, value))
        case Kind.BOOLEAN:
            return "Yes" if value else "No"
        case Kind.MOMENT | Kind.DUE if isinstance(value, datetime):
            return _day(value.astimezone(_zone()))
        case Kind.DATE if isinstance(value, date):
            return _day(value)
        case Kind.INTEGER:
            return f"{value:,}"
    return str(value)


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"


def _address(link: str, row: Row) -> str:
    return link.format_map(row)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.CHARITY_TIME_ZONE)


def query_without(query: Sequence[tuple[str, str]], *names: str, value: str = "") -> str:
    """The same question without some names; of the first, without `value` alone where one is said."""
    left = [(name, text) for name, text in query if name not in names[value != "" :]]
    if value:
        taken = [(name, _without(text, value) if name == names[0] else text) for name, text in left]
        left = [(name, text) for name, text in taken if text]
    return urlencode(left)


def _without(text: str, value: str) -> str:
    """What is left of several values in one text."""
    if text == value:
        return ""
    return ",".join(one for one in text.split(",") if one.strip() != value)


def query_with(query: Sequence[tuple[str, str]], **more: str) -> str:
    """The same question with other values, from its first page."""
    left = [(name, text) for name, text in query if name not in more and name != "cursor"]
    return urlencode([*left, *more.items()])


def pairs(given: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """All names with their values, empty ones left out."""
    return ((name, value) for name, values in given.items() for value in values if value)
