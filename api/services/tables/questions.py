"""What somebody asks of a table, checked against their rights: filters, search, order and columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from django.db.models import Q, QuerySet

from api.errors import DomaapError, Invalid
from api.models import Right
from api.services.tables.filters import Chip, Chosen, Given, ValueRefused
from api.services.tables.searches import NOTHING, TEXT_MOST, Found, search_find
from api.services.tables.spec import Column, Order, Table

# Names in addresses of the pages alone: a place, which saved view is open, and "no view at all".
PAGE_NAMES = ("cursor", "view", "all")


class TableRefused(DomaapError):
    """A question that a table can't answer; `fields` names what, and says what is accepted."""

    code = "invalid"
    status = 400
    title = "The question can't be answered"
    detail = "Please correct what is named."


@dataclass(frozen=True)
class Question:
    """A table as somebody wants to see it. Made by question_read, which checks it."""

    table: Table
    rights: frozenset[Right]
    columns: Sequence[Column]
    order: Order
    is_descending: bool
    chosen: Sequence[Chosen] = ()
    text: str = ""

    @property
    def ordered(self) -> str:
        """The order by its name: `-created_at`."""
        return f"-{self.order.name}" if self.is_descending else self.order.name

    @property
    def chips(self) -> list[Chip]:
        """All that is filtered, in words."""
        searched = [Chip("Search", self.text, "q")] if self.text else []
        return [*searched, *(chip for one in self.chosen for chip in one.chips)]

    @cached_property
    def found(self) -> Found | None:
        """What is searched for. Asks the database, once."""
        if not self.text:
            return None
        return search_find(self.table.searches_of(self.rights), self.text)

    @property
    def note(self) -> str:
        """What to say about the search."""
        return self.found.note if self.found else ""

    @property
    def is_nothing(self) -> bool:
        """The search knows already that no row fits."""
        return self.found is NOTHING

    def with_columns(self, columns: Sequence[Column]) -> "Question":
        """The same rows with other columns."""
        return replace(self, columns=columns)

    def rows(self) -> QuerySet[Any]:
        """The rows, in no order yet."""
        where = Q()
        for one in self.chosen:
            where &= one.where
        if self.found:
            where &= self.found.where
        rows: QuerySet[Any] = self.table.model._default_manager.alias(**self.table.aliases)
        return rows.filter(where).order_by()

    def ordered_rows(self, *, is_back: bool = False) -> QuerySet[Any]:
        """The rows in the order asked for, or in its reverse."""
        is_descending = self.is_descending != is_back
        expressions = self.order.expressions
        return self.rows().order_by(
            *(one.desc() if is_descending else one.asc() for one in expressions)
        )


def question_read(
    table: Table, given: Given, rights: frozenset[Right], *, others: Sequence[str] = ()
) -> Question:
    """What is asked by an address or the API. Raises TableRefused, naming each fault.

    `others`: names that mean something to the caller, beside those of the table.
    """
    faults = _faults_of_text(given)
    filters = table.filters_of(rights)
    known = {"q", "order", "columns", *others, *(name for one in filters for name in one.names)}
    for name in given:
        if name not in known and "\x00" not in name:
            faults[name] = (
                f"There is no filter of this name. There are: {', '.join(sorted(known))}."
            )
    chosen, hint = [], ""
    for one in filters if not faults else ():
        try:
            if found := one.read(given):
                chosen.append(found)
                hint = hint or one.order
        except ValueRefused as error:
            faults[error.name] = error.sentence
    order, is_descending = _order_read(table, given, rights, faults, hint)
    columns = _columns_read(table, given, rights, faults)
    text = " ".join((given.get("q") or [""])[-1].split())
    if len(text) > TEXT_MOST:
        faults["q"] = f"At most {TEXT_MOST} characters."
    if faults:
        raise TableRefused(_detail(faults), **faults)
    return Question(table, rights, columns, order, is_descending, chosen, text)


def query_read(table: Table, query: str, rights: frozenset[Right]) -> Question:
    """What a text such as `status=failed&q=smith` asks. Raises Invalid, naming `query`."""
    try:
        return question_read(table, parse_qs(query_clean(query)), rights)
    except TableRefused as error:
        raise Invalid(query=error.detail) from error


def query_clean(query: str) -> str:
    """The same question without what is of one page alone, be it of staff or of the API."""
    left = [pair for pair in parse_qsl(query) if pair[0] not in (*PAGE_NAMES, "limit")]
    return urlencode(left)


def given_as_shown(
    table: Table, given: Mapping[str, list[str]], rights: frozenset[Right]
) -> tuple[dict[str, list[str]], list[str]]:
    """What was kept, without columns and an order that are not for these rights, and what they are called.

    Its filters stay as they are: without one, it would show other rows under the same name.
    """
    columns = {one.name for one in table.columns_of(rights)}
    orders = {one.name for one in table.orders_of(rights)}
    wanted = [one for text in given.get("columns", ()) for one in text.split(",")]
    order = given.get("order", [""])[-1]
    kept = {
        "columns": [one for one in wanted if one in columns],
        "order": [order] if order.removeprefix("-") in orders else [],
    }
    labels = {one.name: one.label for one in table.columns}
    left_out = [labels.get(one, one) for one in wanted if one and one not in columns]
    if order and not kept["order"]:
        left_out.append(f"the order by {order.removeprefix('-')}")
    others = {name: values for name, values in given.items() if name not in kept}
    return others | {name: values for name, values in kept.items() if values}, left_out


def _detail(faults: dict[str, str]) -> str:
    return " ".join(f"{name}: {sentence}" for name, sentence in faults.items())


def _faults_of_text(given: Given) -> dict[str, str]:
    return {
        name.replace("\x00", "?"): "The character NUL is not accepted."
        for name, values in given.items()
        if "\x00" in name or any("\x00" in value for value in values)
    }


def _order_read(
    table: Table, given: Given, rights: frozenset[Right], faults: dict[str, str], hint: str
) -> tuple[Order, bool]:
    orders = {one.name: one for one in table.orders_of(rights)}
    first = next(iter(orders.values()))
    asked = (given.get("order") or [""])[-1] or hint
    if not asked:
        return first, first.is_descending
    if asked.removeprefix("-") not in orders:
        names = ", ".join(orders)
        faults["order"] = f"One of: {names}; with a - before it, the other way round."
        return first, first.is_descending
    return orders[asked.removeprefix("-")], asked.startswith("-")


def _columns_read(
    table: Table, given: Given, rights: frozenset[Right], faults: dict[str, str]
) -> list[Column]:
    columns = table.columns_of(rights)
    asked = {part for value in given.get("columns", ()) for part in value.split(",") if part}
    if unknown := asked - {one.name for one in columns}:
        known = ", ".join(one.name for one in columns)
        faults["columns"] = f"There is no column {', '.join(sorted(unknown))}. There are: {known}."
    return [one for one in columns if (one.name in asked if asked else one.is_default)]
