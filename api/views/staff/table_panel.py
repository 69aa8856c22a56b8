"""The panel of filters of a table, as HTML that works without any script."""

from collections.abc import Iterable, Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe

from api.services.tables.filters import Days, Filter, Flag, Money, Options
from api.services.tables.spec import Column

# More choices than these scroll.
BOXES_MOST = 10
Query = Sequence[tuple[str, str]]


def panel_html(filters: Sequence[Filter], query: Query) -> SafeString:
    """The filters that are offered, with what is chosen now."""
    groups = (_group(one, query) for one in filters if not one.is_hidden)
    return mark_safe("".join(groups))  # noqa: S308  (each part is escaped below)


def columns_html(columns: Sequence[Column], chosen: Iterable[str]) -> SafeString:
    """A box for each column."""
    names = set(chosen)
    boxes = (_box("columns", one.name, one.label, one.name in names) for one in columns)
    return mark_safe("".join(boxes))  # noqa: S308  (each part is escaped below)


def _group(one: Filter, query: Query) -> str:
    values = [value for name, value in query if name == one.name]
    chosen = {*values, *(part.strip() for value in values for part in value.split(","))}
    return f"<fieldset><legend>{escape(one.label)}</legend>{_inner(one, chosen, dict(query))}</fieldset>"


def _inner(one: Filter, chosen: set[str], given: dict[str, str]) -> str:
    if isinstance(one, Options):
        options = one.options()
        boxes = (_box(one.name, value, label, value in chosen) for value, label in options.items())
        shown = "".join(boxes)
        return f'<div class="many">{shown}</div>' if len(options) > BOXES_MOST else shown
    if isinstance(one, Flag):
        return _select(one, one.options().items(), chosen)
    if isinstance(one, Days):
        ends = [(name, _text(given, name)) for name in one.names[1:]]
        fields = (
            _field(name, label, value, ' type="date"')
            for (name, value), label in zip(ends, ("From", "To"), strict=True)
        )
        return _select(one, one.options().items(), chosen) + "".join(fields)
    if isinstance(one, Money):
        labels = ("At least", "At most")
        fields = (
            _field(name, label, _text(given, name), ' inputmode="decimal"')
            for name, label in zip(one.names, labels, strict=True)
        )
        return "".join(fields)
    return _field(one.name, one.label, _text(given, one.name), "", is_said=True)


def _text(given: dict[str, str], name: str) -> str:
    return given.get(name, "")


def _box(name: str, value: str, label: str, is_chosen: bool) -> str:
    checked = " checked" if is_chosen else ""
    return (
        f'<label class="box"><input type="checkbox" name="{name}" value="{escape(value)}"{checked}>'
        f" {escape(label)}</label>"
    )


def _select(one: Filter, options: Iterable[tuple[str, str]], chosen: set[str]) -> str:
    lines = (
        f'<option value="{escape(value)}"{" selected" if value in chosen else ""}>{escape(label)}</option>'
        for value, label in options
    )
    label = escape(one.label)
    return f'<select name="{one.name}" aria-label="{label}"><option value="">Any</option>{"".join(lines)}</select>'


def _field(name: str, label: str, value: str, more: str, *, is_said: bool = False) -> str:
    """A text to write; `is_said`: the group's own label says already what."""
    said = ' class="sr"' if is_said else ""
    return (
        f'<label class="field"><span{said}>{escape(label)}</span>'
        f'<input name="{name}" value="{escape(value)}"{more} autocomplete="off"></label>'
    )
