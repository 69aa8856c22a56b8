"""Billing periods, counted from the anchor."""

import calendar
from datetime import UTC, datetime

from stripe_sim.state import Thing

_STEPS = {"month": 1, "year": 12}


def period_after(moment: int, price: Thing, count: int, day: int | None = None) -> int:
    """A moment some periods later; the 31st becomes the last day of a shorter month.

    `day`: the day of the month that a billing_cycle_anchor_config wants, also where the anchor's own
    month is too short for it (docs.stripe.com/billing/subscriptions/billing-cycle).
    """
    recurring = price["recurring"] or {"interval": "month", "interval_count": 1}
    seconds = {"day": 86400, "week": 7 * 86400}.get(recurring["interval"])
    steps = count * int(recurring["interval_count"])
    if seconds:
        return moment + steps * seconds
    start = datetime.fromtimestamp(moment, UTC)
    months = start.month - 1 + steps * _STEPS[recurring["interval"]]
    year, month = start.year + months // 12, months % 12 + 1
    day = min(day or start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def period_end(anchor: int, start: int, price: Thing, config: Thing | None = None) -> int:
    """The first billing moment after `start`, counted from the anchor: the 31st comes back after February."""
    count, day = 1, (config or {}).get("day_of_month")
    while (moment := period_after(anchor, price, count, day)) <= start:
        count += 1
    return moment


def anchor_of(config: Thing, now: int) -> int:
    """The first moment after now that a billing_cycle_anchor_config names, in UTC."""
    start = datetime.fromtimestamp(now, UTC)
    clock = {
        name: int(getattr(start, name) if config.get(name) is None else config[name])
        for name in ("hour", "minute", "second")
    }
    for ahead in range(3):
        year, month = (
            start.year + (start.month - 1 + ahead) // 12,
            (start.month - 1 + ahead) % 12 + 1,
        )
        day = min(int(config["day_of_month"]), calendar.monthrange(year, month)[1])
        on = datetime(year, month, day, clock["hour"], clock["minute"], clock["second"], tzinfo=UTC)
        moment = int(on.timestamp())
        if moment > now:
            return moment
    raise ValueError("no such day")
