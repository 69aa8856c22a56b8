"""Billing periods, counted from the anchor."""

import calendar
from datetime import UTC, datetime

from stripe_sim.state import Thing

_STEPS = {"month": 1, "year": 12}


def period_after(moment: int, price: Thing, count: int) -> int:
    """A moment some periods later; the 31st becomes the last day of a shorter month."""
    recurring = price["recurring"] or {"interval": "month", "interval_count": 1}
    seconds = {"day": 86400, "week": 7 * 86400}.get(recurring["interval"])
    steps = count * int(recurring["interval_count"])
    if seconds:
        return moment + steps * seconds
    start = datetime.fromtimestamp(moment, UTC)
    months = start.month - 1 + steps * _STEPS[recurring["interval"]]
    year, month = start.year + months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def period_end(anchor: int, start: int, price: Thing) -> int:
    """The first billing moment after `start`, counted from the anchor: the 31st comes back after February."""
    count = 1
    while (moment := period_after(anchor, price, count)) <= start:
        count += 1
    return moment
