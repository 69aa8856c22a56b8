"""Periods of donor statements: UK tax years, the charity's own years, and any range of days."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from api.clock import (
    TAX_YEAR_BEGINS,
    charity_date,
    charity_year_end,
    day_words,
    now,
    tax_year_begin,
)
from api.errors import Invalid
from api.models import Language

_TAX_YEAR = re.compile(r"(\d{4})-(\d{2})")
_YEARS_OFFERED = 7
_ACCEPTS_TAX_YEAR = "It takes a tax year such as 2025-26."
_ACCEPTS_YEAR = "It takes the year in which the charity's year ends, such as 2026."
_ACCEPTS_DAY = "It takes a day such as 2026-04-06."
_EARLIEST, _LATEST = 1950, 2200


@dataclass(frozen=True)
class Period:
    """Days from `begin` to `end`, both of them in it. `code` names it: tax:2025-26, charity:2026, days:A:B."""

    code: str
    begin: date
    end: date
    title: str

    @property
    def is_tax_year(self) -> bool:
        """Whether Self Assessment asks for these days."""
        return self.code.startswith("tax:")


def period_read(asked: Mapping[str, str]) -> Period:
    """The period of `year`, or `charity_year`, or `from` and `to`, or `period` (a code). Raises Invalid."""
    if code := asked.get("period", ""):
        return _of_code(code, asked)
    if asked.get("charity_year"):
        return _charity_year(asked["charity_year"])
    if asked.get("from") or asked.get("to"):
        return _days(asked.get("from", ""), asked.get("to", ""))
    if asked.get("year"):
        return _tax_year(asked["year"])
    raise Invalid(year=f"{_ACCEPTS_TAX_YEAR} Or give charity_year, or from and to.")


def periods_offered() -> list[Period]:
    """What is usually asked for, the newest first: the tax year that ended last is the first of all."""
    today = charity_date(now())
    this_year = tax_year_begin(today).year
    tax = [_tax_year(_tax_name(year)) for year in range(this_year, this_year - _YEARS_OFFERED, -1)]
    ends = charity_year_end(today).year
    own = [_charity_year(str(year)) for year in range(ends, ends - _YEARS_OFFERED, -1)]
    return [tax[1], tax[0], *tax[2:], *own]


def period_of_days(begin: date, end: date) -> Period:
    """Any range. Raises Invalid when it ends before it begins."""
    if end < begin:
        raise Invalid(to="The last day is before the first.")
    return Period(f"days:{begin}:{end}", begin, end, f"{day_words(begin)} to {day_words(end)}")


def period_title(period: Period, language: str) -> str:
    """Its title in a donor's language."""
    if language != Language.WELSH:
        return period.title
    kind, _, rest = period.code.partition(":")
    begin, end = (day_words(on, language) for on in (period.begin, period.end))
    if kind == "tax":
        return f"Blwyddyn dreth {rest.replace('-', '/')}"
    return f"Ein blwyddyn hyd {end}" if kind == "charity" else f"{begin} hyd {end}"


def _of_code(code: str, asked: Mapping[str, str]) -> Period:
    kind, _, rest = code.partition(":")
    if kind == "tax":
        return _tax_year(rest)
    if kind == "charity":
        return _charity_year(rest)
    if kind == "days":
        begin, _, end = rest.partition(":")
        return _days(begin or asked.get("from", ""), end or asked.get("to", ""))
    raise Invalid(period="It takes tax:2025-26, charity:2026 or days:2026-01-01:2026-12-31.")


def _tax_year(name: str) -> Period:
    found = _TAX_YEAR.fullmatch(name)
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
        raise Invalid(year=_ACCEPTS_TAX_YEAR)
    begin = date(_year(found[1], "year", _ACCEPTS_TAX_YEAR), *TAX_YEAR_BEGINS)
    end = date(begin.year + 1, *TAX_YEAR_BEGINS) - timedelta(days=1)
    return Period(f"tax:{name}", begin, end, f"Tax year {name.replace('-', '/')}")


def _tax_name(year: int) -> str:
    return f"{year}-{(year + 1) % 100:02d}"


def _charity_year(name: str) -> Period:
    year = _year(name, "charity_year", _ACCEPTS_YEAR)
    end = charity_year_end(date(year, 1, 1))
    begin = charity_year_end(date(year - 1, 1, 1)) + timedelta(days=1)
    return Period(f"charity:{name}", begin, end, f"Our year to {day_words(end)}")


def _days(begin: str, end: str) -> Period:
    return period_of_days(_date(begin, "from"), _date(end, "to"))


def _date(text: str, field: str) -> date:
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        found = None
    if found is None or not _EARLIEST <= found.year <= _LATEST:
        raise Invalid(**{field: _ACCEPTS_DAY})
    return found


def _year(text: str, field: str, accepts: str) -> int:
    if not re.fullmatch(r"[0-9]{4}", text) or not _EARLIEST <= int(text) <= _LATEST:
        raise Invalid(**{field: accepts})
    return int(text)
