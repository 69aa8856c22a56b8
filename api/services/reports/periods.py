"""Periods of reports: days where the charity is, first and last both included."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.clock import day_begin, tax_year_begin

OWN = "own"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From the beginning of its first day to the end of its last. `preset` is a name of PRESETS, or OWN."""

    preset: str
    first_on: date
    last_on: date

    @property
    def begins_at(self) -> datetime:
        """Its first moment."""
        return day_begin(self.first_on)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        return day_begin(self.last_on + _DAY)


def day_text(day: date) -> str:
    """22 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


def period_text(period: Period) -> str:
    """1 Nov 2026 to 30 Nov 2026."""
    if period.first_on == period.last_on:
        return day_text(period.first_on)
    return f"{day_text(period.first_on)} to {day_text(period.last_on)}"


def year_begin(day: date, *, is_tax: bool) -> date:
    """The first day of the year that a day is in."""
    if not is_tax:
        return date(day.year, 1, 1)
    return tax_year_begin(day)


def year_next(begin: date) -> date:
    """The first day of the following year of the same kind."""
    return begin.replace(year=begin.year + 1)


def _month(today: date) -> tuple[date, date]:
    return today.replace(day=1), _month_after(today.replace(day=1)) - _DAY


def _month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _before(make: Callable[[date], tuple[date, date]]) -> Callable[[date], tuple[date, date]]:
    return lambda today: make(make(today)[0] - _DAY)


def _quarter(today: date) -> tuple[date, date]:
    first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    return first, _month_after(_month_after(_month_after(first))) - _DAY


def _week(today: date) -> tuple[date, date]:
    first = today - timedelta(days=today.weekday())
    return first, first + timedelta(days=6)


def _calendar_year(today: date) -> tuple[date, date]:
    return date(today.year, 1, 1), date(today.year, 12, 31)


def _tax_year(today: date) -> tuple[date, date]:
    begin = year_begin(today, is_tax=True)
    return begin, year_next(begin) - _DAY


def _twelve_months(today: date) -> tuple[date, date]:
    """The twelve whole months before this one."""
    last = today.replace(day=1) - _DAY
    return _month_after(last.replace(year=last.year - 1, day=1)), last


PRESETS: dict[str, tuple[str, Callable[[date], tuple[date, date]]]] = {
    "last_month": ("Last month", _before(_month)),
    "this_month": ("This month", _month),
    "last_week": ("Last week", _before(_week)),
    "this_week": ("This week", _week),
    "last_quarter": ("Last quarter", _before(_quarter)),
    "this_quarter": ("This quarter", _quarter),
    "last_12_months": ("Last twelve months", _twelve_months),
    "this_tax_year": ("This tax year", _tax_year),
    "last_tax_year": ("Last tax year", _before(_tax_year)),
    "this_year": ("This calendar year", _calendar_year),
    "last_year": ("Last calendar year", _before(_calendar_year)),
}


def period_of(preset: str, today: date) -> Period:
    """The days of a named period, seen from a day. Raises KeyError for a name that is none."""
    return Period(preset, *PRESETS[preset][1](today))
