"""The panel of filters of a table, ready for its template: it works without any script."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.services.tables.filters import Days, Filter, Flag, Money, Options

# More choices than these stand in a list that opens, not as boxes.
BOXES_MOST = 10


@dataclass(frozen=True)
class Choice:
    """One value to choose."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Group:
    """One filter: `widget` says which part of the template shows it."""

    label: str
    widget: str  # boxes, select, days, money, text
    name: str
    choices: Sequence[Choice] = ()
    fields: Sequence[tuple[str, str, str]] = field(default_factory=tuple)  # name, label, value


def panel_groups(filters: Sequence[Filter], query: Sequence[tuple[str, str]]) -> list[Group]:
    """The filters that are offered, with what is chosen now."""
    return [_group(one, query) for one in filters if not one.is_hidden]


def _group(one: Filter, query: Sequence[tuple[str, str]]) -> Group:
    given = {name: value for name, value in query}
    many = {part for name, value in query if name == one.name for part in value.split(",")}
    if isinstance(one, Options | Flag):
        choices = [Choice(value, label, value in many) for value, label in one.options().items()]
        is_boxes = isinstance(one, Options) and len(choices) <= BOXES_MOST
        return Group(one.label, "boxes" if is_boxes else "select", one.name, choices)
    if isinstance(one, Days):
        choices = [Choice(value, label, value in many) for value, label in one.options().items()]
        ends = zip(one.names[1:], ("From", "To"), strict=True)
        fields = [(name, label, given.get(name, "")) for name, label in ends]
        return Group(one.label, "days", one.name, choices, fields)
    if isinstance(one, Money):
        ends = zip(one.names, ("At least", "At most"), strict=True)
        return Group(one.label, "money", one.name, (), [(n, w, given.get(n, "")) for n, w in ends])
    return Group(one.label, "text", one.name, (), [(one.name, one.label, given.get(one.name, ""))])
