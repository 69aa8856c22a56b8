"""Time: the only place that asks what the time is, and what day it is for the charity."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import dateformat, timezone, translation

COLLECTION_HOUR_UTC = 10
# gov.uk/hmrc-internal-manuals: the UK tax year begins on 6 April.
TAX_YEAR_BEGINS = (4, 6)


_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """This moment, aware, UTC."""
    return _told.get() or timezone.now()


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Within it, it is this moment: for rehearsals and tests on a simulated clock. Other threads go on."""
    token = _told.set(moment)
    try:
        yield
    finally:
        _told.reset(token)


def charity_time(moment: datetime) -> datetime:
    """The same moment as the clocks show it where the charity is."""
    return moment.astimezone(ZoneInfo(settings.CHARITY_TIME_ZONE))


def charity_date(moment: datetime) -> date:
    """The date of a moment where the charity is: what documents and tax rules go by."""
    return charity_time(moment).date()


def day_words(on: date, language: str = "en", *, is_short: bool = False) -> str:
    """A day as people read it: 22 November 2026, 22 Tachwedd 2026; short: 22 Nov 2026."""
    with translation.override(language):
        return dateformat.format(on, "j M Y" if is_short else "j F Y")


def day_begin(on: date) -> datetime:
    """The first moment of a day where the charity is."""
    return datetime.combine(on, time(), ZoneInfo(settings.CHARITY_TIME_ZONE))


def tax_year_begin(on: date) -> date:
    """The 6 April on or before a date: when its UK tax year began."""
    begins = date(on.year, *TAX_YEAR_BEGINS)
    return begins if on >= begins else date(on.year - 1, *TAX_YEAR_BEGINS)


def charity_year_end(on: date) -> date:
    """The last day of the charity's accounting year in which a date lies."""
    month, day = settings.CHARITY_YEAR_END
    end = date(on.year, month, day)
    return end if on <= end else date(on.year + 1, month, day)


def duration_words(seconds: int) -> str:
    """How long something takes, for people: '40 seconds', '3 minutes'."""
    if seconds >= 100:
        return f"{round(seconds / 60):,} minutes"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def from_unix(seconds: int) -> datetime:
    """Stripe's times are seconds since 1970, UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def collection_moment(on: date) -> datetime:
    """When Stripe collects on a date: mid-morning UTC, the same date in London all year round."""
    return datetime.combine(on, time(COLLECTION_HOUR_UTC), UTC)
