"""When people give: appeals of seven years, and the rhythm of the year, the week and the day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

# Shares of a day's gifts by hour: lunch and the evening on the sofa.
HOURS = (
    *(8, 4, 2, 1.5, 1.5, 3, 9, 20, 35, 48, 55, 56),
    *(58, 55, 50, 49, 50, 52, 58, 70, 80, 75, 45, 22),
)
MONTHS = (0.85, 0.8, 1.0, 1.0, 0.85, 0.85, 0.75, 0.7, 0.85, 1.0, 1.35, 1.9)
WEEKDAYS = (1.1, 1.15, 1.05, 1.0, 0.95, 0.8, 0.9)  # Monday first
GROWTH_A_YEAR = 0.12
# The first evenings of Ramadan (moonsighting.org.uk); it ends about 29 days later.
_RAMADAN = {
    2018: date(2018, 5, 16), 2019: date(2019, 5, 6), 2020: date(2020, 4, 24), 2021: date(2021, 4, 13),
    2022: date(2022, 4, 2), 2023: date(2023, 3, 23), 2024: date(2024, 3, 11), 2025: date(2025, 3, 1),
    2026: date(2026, 2, 18), 2027: date(2027, 2, 8), 2028: date(2028, 1, 28), 2029: date(2029, 1, 16),
}  # fmt: skip


@dataclass(frozen=True)
class Appeal:
    """A campaign of the past: its days, what it is for, and how many times the usual it brings."""

    code: str
    name: str
    begins_on: date
    ends_on: date
    fund: str
    boost: float
    fades: bool = False  # An emergency: most on the first day, then less each day.


def appeals(first: date, last: date) -> list[Appeal]:
    """All appeals that began in a span of days, oldest first."""
    years = range(first.year, last.year + 1)
    found = [appeal for year in years for appeal in _appeals_of(year, year - first.year)]
    return sorted(
        (one for one in found if first <= one.begins_on <= last), key=lambda one: one.begins_on
    )


def _appeals_of(year: int, age: int) -> Iterator[Appeal]:
    if begins := _RAMADAN.get(year):
        ends = begins + timedelta(days=29)
        yield Appeal(f"ramadan-{year}", f"Ramadan {year}", begins, ends, "food-bank", 1.5)
    spring = (date(year, 5, 1), date(year, 5, 31))
    yield Appeal(f"spring-walk-{year}", f"Spring Walk {year}", *spring, "youth-club", 1.2)
    summer = (date(year, 7, 1), date(year, 8, 31))
    yield Appeal(
        f"summer-lunches-{year}", f"Summer Lunches {year}", *summer, "holiday-hunger", 1.25
    )
    winter = (date(year, 11, 1), date(year + 1, 1, 31))
    yield Appeal(f"winter-warmth-{year}", f"Winter Warmth {year}", *winter, "winter-warmth", 1.2)
    tuesday = giving_tuesday(year)
    week = (tuesday, tuesday + timedelta(days=7))
    yield Appeal(f"big-week-{year}", f"The Big Week {year}", *week, "general", 2.6)
    if age % 7 == 2:
        span = (date(year, 2, 18), date(year, 4, 15))
        yield Appeal(f"flood-{year}", f"Flood Emergency {year}", *span, "emergency", 7, True)
    if age % 7 == 5:
        span = (date(year, 9, 9), date(year, 10, 31))
        yield Appeal(f"fire-{year}", f"Harbour Fire Appeal {year}", *span, "emergency", 5, True)


def giving_tuesday(year: int) -> date:
    """The Tuesday after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 21 + 5)


def day_weights(first: date, last: date, found: list[Appeal]) -> Iterator[tuple[date, float, str]]:
    """Each day with how much it brings, and the appeal that speaks loudest on it (its code, or none)."""
    on = first
    while on <= last:
        weight = (1 + GROWTH_A_YEAR * (on - first).days / 365.25) * MONTHS[on.month - 1]
        weight *= WEEKDAYS[on.weekday()]
        if on.month == 12 and on.day > 24:
            weight *= 1.3 if on.day == 31 else 0.5
        loudest, boost = "", 1.0
        for appeal in found:
            if appeal.begins_on <= on <= appeal.ends_on:
                this = _boost(appeal, on)
                if this > boost or not loudest:
                    loudest, boost = appeal.code, max(this, 1.0)
        yield on, weight * boost, loudest
        on += timedelta(days=1)


def _boost(appeal: Appeal, on: date) -> float:
    days = (on - appeal.begins_on).days
    return 1 + (appeal.boost - 1) * (0.85**days if appeal.fades else 1)
