"""Filters of tables: what may be asked, in which words, and what it means to the database."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Model, Q

from api.clock import charity_date, day_begin, now, tax_year_begin
from api.models import Right
from api.money import money_parse, money_text
from api.services.tables.spec import Choices, Source

# What was asked: each name with its values.
Given = Mapping[str, Sequence[str]]


class ValueRefused(Exception):
    """A value that a filter does not take; the sentence says what it takes."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name, self.sentence = name, sentence


@dataclass(frozen=True)
class Chip:
    """One thing that is filtered, in words, and what takes it away again."""

    label: str
    text: str
    name: str
    value: str = ""  # empty: all values of that name


@dataclass(frozen=True)
class Chosen:
    """What a filter asks of the rows."""

    where: Q
    chips: Sequence[Chip]


@dataclass(frozen=True)
class Filter(ABC):
    """One filter. `name` is what addresses and the API call it."""

    name: str
    label: str
    right: Right | None = None
    is_hidden: bool = False  # only links use it: the panel does not offer it
    order: str = ""  # in which order rows of this filter are found at once

    @property
    def names(self) -> Sequence[str]:
        """The names that it reads."""
        return (self.name,)

    @property
    def widget(self) -> str:
        """How the panel offers it."""
        return type(self).__name__.lower()

    @abstractmethod
    def read(self, given: Given) -> Chosen | None:
        """What is asked, None when nothing is. Raises ValueRefused."""

    @abstractmethod
    def accepts(self) -> Mapping[str, str]:
        """Each name with what it takes, for people who write programs."""


def _values(given: Given, name: str) -> list[str]:
    """The values of a name, also as one text with commas; empty ones left out."""
    parts = (part.strip() for value in given.get(name, ()) for part in value.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def _one(given: Given, name: str) -> str:
    """The last value of a name."""
    return given[name][-1].strip() if given.get(name) else ""


@dataclass(frozen=True)
class Options(Filter):
    """Any of some choices."""

    path: str = ""
    choices: Choices = dict
    where: Callable[[Sequence[str]], Q] | None = None  # instead of the path

    def options(self) -> Mapping[str, str]:
        """Each value with its words."""
        return self.choices() if callable(self.choices) else self.choices

    def read(self, given: Given) -> Chosen | None:
        """Rows that have one of the values."""
        if not any(given.get(self.name, ())):
            return None
        known = self.options()
        asked = [value for value in dict.fromkeys(given[self.name]) if value]
        if any(value not in known for value in asked):  # several in one text, with commas between
            asked = _values(given, self.name)
        for value in asked:
            if value not in known:
                raise ValueRefused(self.name, f"`{value}` is not one of: {_listed(known)}.")
        chips = [Chip(self.label, str(known[value]), self.name, value) for value in asked]
        if self.where:
            return Chosen(self.where(asked), chips)
        return Chosen(Q(**{f"{self.path or self.name}__in": asked}), chips)

    def accepts(self) -> Mapping[str, str]:
        """The values."""
        fixed = "" if callable(self.choices) else f": {_listed(self.choices)}"
        return {self.name: f"One or more of the known values{fixed}."}


@dataclass(frozen=True)
class Related(Options):
    """Any of some funds or appeals, by their codes."""

    model: type[Model] | None = None

    def options(self) -> Mapping[str, str]:
        """Each code with its name."""
        return {code: name for code, name, _ in self._known()}

    def _known(self) -> list[tuple[str, str, int]]:
        assert self.model is not None  # noqa: S101
        return list(self.model._default_manager.values_list("code", "name", "pk"))

    def read(self, given: Given) -> Chosen | None:
        """By their keys, which is what the rows' index holds."""
        asked = _values(given, self.name)
        if not asked:
            return None
        known = {code: (name, key) for code, name, key in self._known()}
        for code in asked:
            if code not in known:
                raise ValueRefused(self.name, f"`{code}` is not one of: {_listed(known)}.")
        keys = [known[code][1] for code in asked]
        chips = [Chip(self.label, known[code][0], self.name, code) for code in asked]
        return Chosen(Q(**{f"{self.path or self.name}__in": keys}), chips)

    def accepts(self) -> Mapping[str, str]:
        """Codes."""
        return {self.name: "One or more codes."}


@dataclass(frozen=True)
class Flag(Filter):
    """Yes or no."""

    where: Callable[[], Q] = Q
    words: tuple[str, str] = ("Yes", "No")

    def options(self) -> Mapping[str, str]:
        """The two answers."""
        return {"yes": self.words[0], "no": self.words[1]}

    def read(self, given: Given) -> Chosen | None:
        """Rows of the one side."""
        asked = _one(given, self.name)
        if not asked:
            return None
        if asked not in ("yes", "no"):
            raise ValueRefused(self.name, "Only `yes` and `no` are accepted.")
        where = self.where() if asked == "yes" else ~self.where()
        return Chosen(where, [Chip(self.label, self.options()[asked], self.name)])

    def accepts(self) -> Mapping[str, str]:
        """The two answers."""
        return {self.name: "`yes` or `no`."}


@dataclass(frozen=True)
class Money(Filter):
    """From and to an amount of one currency: the one that is asked for, else the charity's."""

    path: str = "amount_minor"
    currency: str = "currency"

    @property
    def names(self) -> Sequence[str]:
        """Both ends."""
        return (f"{self.name}_min", f"{self.name}_max")

    def read(self, given: Given) -> Chosen | None:
        """Rows between the two, both included."""
        currencies = _values(given, "currency")
        currency = (currencies or settings.GIFT_CURRENCIES)[0].upper()
        where, chips, ends = Q(), [], []
        for name, lookup, words in zip(self.names, ("gte", "lte"), ("from", "up to"), strict=True):
            if text := _one(given, name):
                minor = _minor(name, text, currency)
                ends.append(minor)
                where &= Q(**{f"{self.path}__{lookup}": minor})
                chips.append(Chip(self.label, f"{words} {money_text(minor, currency)}", name))
        if ends != sorted(ends):
            raise ValueRefused(self.names[1], "At most is less than at least.")
        return Chosen(where & Q(**{self.currency: currency}), chips) if chips else None

    def accepts(self) -> Mapping[str, str]:
        """Amounts as people write them."""
        return dict.fromkeys(
            self.names, "An amount such as `25` or `25.00`, in `currency` or the charity's own."
        )


def _minor(name: str, text: str, currency: str) -> int:
    try:
        minor = money_parse(text, currency)
    except ValueError:
        minor = 2**63
    if abs(minor) >= 2**63:
        raise ValueRefused(name, "Write an amount such as 25 or 25.00.")
    return minor


@dataclass(frozen=True)
class Days(Filter):
    """A span of days where the charity is: a named one, or from and to, both included."""

    path: str = ""
    is_date: bool = False  # the column is a day already, not a moment
    is_ahead: bool = False  # days to come are of interest

    @property
    def names(self) -> Sequence[str]:
        """The named span, and both ends."""
        return (self.name, f"{self.name}_from", f"{self.name}_to")

    def options(self) -> Mapping[str, str]:
        """The named spans."""
        return {
            name: words
            for name, (words, _) in _SPANS.items()
            if self.is_ahead or name[:4] != "next"
        }

    def read(self, given: Given) -> Chosen | None:
        """Rows of those days."""
        name, first_name, last_name = self.names
        where, chips = Q(), list[Chip]()
        if span := _one(given, name):
            if span not in self.options():
                raise ValueRefused(name, f"`{span}` is not one of: {_listed(self.options())}.")
            words, make = _SPANS[span]
            where &= self._between(*make(charity_date(now())))
            chips.append(Chip(self.label, words, name))
        first, last = _day_of(given, first_name), _day_of(given, last_name)
        if first and last and last < first:
            raise ValueRefused(last_name, "The last day is before the first.")
        where &= self._between(first, last)
        if first:
            chips.append(Chip(self.label, f"from {first:%-d %b %Y}", first_name))
        if last:
            chips.append(Chip(self.label, f"to {last:%-d %b %Y}", last_name))
        return Chosen(where, chips) if chips else None

    def _between(self, first: date | None, last: date | None) -> Q:
        path, where = self.path or self.name, Q()
        if first:
            where &= Q(**{f"{path}__gte": first if self.is_date else day_begin(first)})
        if last:
            end = last + timedelta(days=1)
            where &= Q(**{f"{path}__lt": end if self.is_date else day_begin(end)})
        return where

    def accepts(self) -> Mapping[str, str]:
        """Names of spans, and days."""
        span, first, last = self.names
        day = "A day such as `2026-11-22`"
        return {
            span: f"One of: {_listed(self.options())}.",
            first: f"{day}: from then on.",
            last: f"{day}: up to then, that day included.",
        }


def _day_of(given: Given, name: str) -> date | None:
    if not (text := _one(given, name)):
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        day = date.min
    if not 1900 <= day.year <= 9000:
        raise ValueRefused(name, "Write a day such as 2026-11-22.")
    return day


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _tax_years(day: date) -> tuple[date, date]:
    """The first days of this tax year and of the one before."""
    first = tax_year_begin(day)
    return first, tax_year_begin(first - timedelta(days=1))


Span = tuple[date, date]
_DAY = timedelta(days=1)
_SPANS: dict[str, tuple[str, Callable[[date], Span]]] = {
    "today": ("Today", lambda day: (day, day)),
    "yesterday": ("Yesterday", lambda day: (day - _DAY, day - _DAY)),
    "last_7_days": ("The last 7 days", lambda day: (day - 6 * _DAY, day)),
    "last_30_days": ("The last 30 days", lambda day: (day - 29 * _DAY, day)),
    "this_month": ("This month", lambda day: (day.replace(day=1), day)),
    "last_month": ("Last month", lambda day: (_month_before(day), day.replace(day=1) - _DAY)),
    "this_year": ("This year", lambda day: (date(day.year, 1, 1), day)),
    "last_year": ("Last year", lambda day: (date(day.year - 1, 1, 1), date(day.year - 1, 12, 31))),
    "this_tax_year": ("This tax year", lambda day: (_tax_years(day)[0], day)),
    "last_tax_year": (
        "Last tax year",
        lambda day: (_tax_years(day)[1], _tax_years(day)[0] - _DAY),
    ),
    "next_7_days": ("The next 7 days", lambda day: (day, day + 6 * _DAY)),
    "next_30_days": ("The next 30 days", lambda day: (day, day + 29 * _DAY)),
}


@dataclass(frozen=True)
class Words(Filter):
    """A text that one field begins with or is, made ready by `fold`; shown as it was written."""

    path: str = ""
    lookup: str = "exact"
    fold: Callable[[str], str] = str
    example: str = ""
    pattern: Callable[[str], bool] = bool
    source: Source = ""

    def read(self, given: Given) -> Chosen | None:
        """Rows whose field fits."""
        text = _one(given, self.name)
        if not text:
            return None
        folded = self.fold(text)
        if len(text) > 255 or not self.pattern(folded):
            raise ValueRefused(self.name, f"Write a value such as {self.example}.")
        where = Q(**{f"{self.path or self.name}__{self.lookup}": folded})
        return Chosen(where, [Chip(self.label, text, self.name)])

    def accepts(self) -> Mapping[str, str]:
        """Such as the example."""
        return {self.name: f"A value such as `{self.example}`."}


def _listed(choices: Any) -> str:
    values: Iterator[str] = iter(choices)
    return ", ".join(values)
