"""Rows of tables as HTML. Made as plain text: a template or a widget per cell would cost more than the query."""

from collections.abc import Iterator, Mapping, Sequence
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

_NUMBERS = {Kind.MONEY, Kind.INTEGER}
_NOTHING = '<span class="quiet" aria-label="nothing">-</span>'


def row_cells(
    table: Table, columns: Sequence[Column], row: Row, *, checkbox: str = ""
) -> SafeString:
    """One row of the body. `checkbox`: the name of a box before it, to choose it by."""
    cells = [_cell(column, row, is_first=not at) for at, column in enumerate(columns)]
    if checkbox:
        key, label = escape(str(row["pk"])), escape(_words(columns[0], row[columns[0].name], row))
        box = f'<input type="checkbox" name="{checkbox}" value="{key}" aria-label="Choose {label}">'
        cells.insert(0, f'<td class="choose">{box}</td>')
    if table.row_links:
        links = (
            f'<a href="{escape(_address(link, row))}">{escape(words)}</a>'
            for words, link in table.row_links.items()
        )
        cells.append(f'<td class="more">{" ".join(links)}</td>')
    return mark_safe(f"<tr>{''.join(cells)}</tr>")  # noqa: S308  (each part is escaped above)


def _cell(column: Column, row: Row, *, is_first: bool) -> str:
    value = row[column.name]
    shown = _shown(column, value, row)
    if column.link and value is not None:
        shown = f'<a href="{escape(_address(column.link, row))}">{shown}</a>'
    tag = "th" if is_first else "td"
    scope = ' scope="row"' if is_first else ""
    number = ' class="number"' if column.kind in _NUMBERS else ""
    return f'<{tag}{scope}{number} data-label="{escape(column.label)}">{shown}</{tag}>'


def _shown(column: Column, value: Any, row: Row) -> str:
    if column.kind == Kind.DUE and row["is_waiting"]:
        return _due(value)
    if value is None or value == "":
        return escape(column.choices[""]) if value == "" and "" in column.choices else _NOTHING
    words = escape(_words(column, value, row))
    match column.kind:
        case Kind.STATUS if column.tones:
            tone = column.tones.get(value, Tone.PLAIN)
            return f'<span class="tone tone-{tone}">{words}</span>'
        case Kind.CODE:
            return f'<span class="code">{words}</span>'
        case Kind.MOMENT:
            local = value.astimezone(_zone())
            return (
                f'<time datetime="{value.isoformat()}">{words} <small>{local:%H:%M}</small></time>'
            )
    return words


def _due(value: datetime | None) -> str:
    """Until when, in words as well as days."""
    if value is None:
        return '<strong class="due">As soon as possible</strong>'
    days = (charity_date(value) - charity_date(now())).days
    left = "today" if days == 0 else "too late" if days < 0 else f"in {days} days"
    left = "tomorrow" if days == 1 else left
    return f'<strong class="due">{value.astimezone(_zone()):%-d %b %Y, %H:%M} <small>{left}</small></strong>'


def _words(column: Column, value: Any, row: Row) -> str:
    """A value as people read it."""
    match column.kind:
        case Kind.MONEY:
            return money_text(value, row["currency"])
        case Kind.STATUS:
            return str(column.choices.get(value, value))
        case Kind.BOOLEAN:
            return "Yes" if value else "No"
        case Kind.MOMENT | Kind.DUE if isinstance(value, datetime):
            return f"{value.astimezone(_zone()):%-d %b %Y}"
        case Kind.DATE if isinstance(value, date):
            return f"{value:%-d %b %Y}"
        case Kind.INTEGER:
            return f"{value:,}"
    return str(value)


def _address(link: str, row: Row) -> str:
    return link.format_map(row)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.CHARITY_TIME_ZONE)


def query_without(query: Sequence[tuple[str, str]], *names: str, value: str = "") -> str:
    """The same question without some names, or without one value of a name."""
    left = [
        (name, text)
        for name, text in query
        if name not in names or (value and value not in text.split(","))
    ]
    return urlencode(left)


def query_with(query: Sequence[tuple[str, str]], **more: str) -> str:
    """The same question with other values, from its first page."""
    left = [(name, text) for name, text in query if name not in more and name != "cursor"]
    return urlencode([*left, *more.items()])


def pairs(given: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """All names with their values, empty ones left out."""
    return ((name, value) for name, values in given.items() for value in values if value)
