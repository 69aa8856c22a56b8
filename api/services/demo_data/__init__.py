"""A charity's past, invented: seven years of gifts as the product would have kept them, made by SQL in bulk."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from itertools import accumulate
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, connections, transaction

from api.clock import charity_date, now
from api.models import Campaign, Donation, Donor, LedgerPosting, Payout, Subscription
from api.services.demo_data import calendar, indexes, words
from api.services.funds import funds_seed
from api.services.name_words import name_words_gather
from api.services.summaries import summaries_rebuild

YEARS = 7
STRETCH = 250_000  # Gifts that are written down at a time.
MONTHLY_SHARE = 0.52
MONTHS_OF_A_PLAN = 21.6  # As it comes out on average: a third gives on, many stop within a year.
GIFTS_OF_A_DONOR = 5
BUSY_GIFTS = 50_000  # From here on Stripe pays out daily.
_SQL = Path(__file__).parent / "sql"
Say = Callable[[str], None]


@dataclass
class _Making:
    """One run: what is asked for, what the statements need to know, and how far it is."""

    size: int
    say: Say
    values: dict[str, Any]
    began: float = field(default_factory=time.monotonic)
    told: tuple[str, float] = ("", 0)

    def run(self, name: str) -> None:
        """One file of statements."""
        with connection.cursor() as cursor:
            cursor.execute((_SQL / f"{name}.sql").read_text(encoding="utf-8"), self.values)

    def step(self, done: float, words: str) -> None:
        """Tell how far it is: a share of the whole, and from it the time that is left."""
        if words == self.told[0] and done < self.told[1] + 0.05:
            return
        self.told = (words, done)
        spent = time.monotonic() - self.began
        left = f", about {spent / done - spent:.0f} s left" if done > 0.05 else ""
        self.say(f"{done:4.0%} {words} ({spent:.0f} s{left})")


def demo_data_make(
    *, size: int, seed: int = 1, until: datetime | None = None, say: Say = print
) -> None:
    """Write `size` invented gifts of the last seven years, and all that follows from them.

    Added to what is there, in one transaction: all of it or nothing. The same seed on the same day
    makes the same people and gifts; a second time on the same database, the seed must be another.
    The constraint triggers are off meanwhile: it is what they would allow, and check_ledger proves it.
    """
    funds_seed()
    made = _Making(size, say, {"seed": seed})
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off;
               SET LOCAL work_mem = '256MB'; SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL jit = off;
               SET LOCAL max_parallel_maintenance_workers = 2"""
        )
        _time_set(made, until or now())
        made.step(0, f"{size:,} gifts until {made.values['until']:%d %b %Y %H:%M}")
        _gifts_invent(made)
        kept = indexes.indexes_drop() if size >= BUSY_GIFTS else []
        _gifts_keep(made)
        for number, definition in enumerate(kept):
            made.step(0.52 + 0.28 * number / len(kept), "indexes")
            cursor.execute(definition)
    made.step(0.8, "sums, words for search, statistics for the planner")
    with ThreadPoolExecutor(1) as beside:
        sums = beside.submit(_sums_make)
        while name_words_gather():
            pass
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(indexes.TABLES)}")
            cursor.execute("ANALYZE")
        sums.result()
    made.step(1, "done")


def _sums_make() -> None:
    """In a thread of its own, so that two cores are at work."""
    try:
        summaries_rebuild()
    finally:
        connections.close_all()


def _time_set(made: _Making, until: datetime) -> None:
    """Where the past ends: now, in the middle of a day."""
    until = until.replace(microsecond=0)
    zone = ZoneInfo(settings.CHARITY_TIME_ZONE)
    today = charity_date(until)
    elapsed = (until - datetime.combine(today, clock_time(), zone)).total_seconds()
    total = sum(calendar.HOURS)
    made.values |= {
        "until": until,
        "today": today,
        "zone": settings.CHARITY_TIME_ZONE,
        "elapsed": max(elapsed, 1),
        "has_collected": until.astimezone(ZoneInfo("UTC")).hour >= 12,
        "hours": [so_far / total for so_far in accumulate(calendar.HOURS)][:-1],
        "cover_fixed": settings.FEE_FIXED_MINOR,
        "cover_points": settings.FEE_PERCENT_BASIS_POINTS,
        "is_busy": made.size >= BUSY_GIFTS,
        "messages": words.MESSAGES.split("|"),
    }


def _gifts_invent(made: _Making) -> None:
    """The gifts, in tables of their own: plans first, and one-off gifts for what is left of the size."""
    made.run("1_ground")
    _words_write()
    days = _days(made)
    plans = max(1, round(made.size * MONTHLY_SHARE / MONTHS_OF_A_PLAN))
    _rows_write(
        "demo.day (day, plans, gifts, appeal, is_loud)",
        (
            (day, share, 0, appeal or None, weight > 2.2)
            for (day, weight, appeal), share in zip(days, _shares(days, plans), strict=True)
        ),
    )
    made.run("2_plans")
    made.step(0.02, "plans")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(months) FROM demo.plan")
        gifts = made.size - int(cursor.fetchone()[0])
        if gifts < 1:
            raise ValueError(f"{made.size} gifts are too few for a past of {YEARS} years")
        shares = _shares(days, gifts)
        cursor.execute(
            """UPDATE demo.day SET gifts = share.gifts
                 FROM unnest(%s::date[], %s::integer[]) AS share (day, gifts)
                WHERE share.day = demo.day.day""",
            [[day for day, _, _ in days], shares],
        )
    made.values |= {
        "starts": gifts + plans,
        "donors": min(made.size // GIFTS_OF_A_DONOR, gifts + plans),
    }
    _ids_take(made, plans)
    made.run("3_gifts")
    made.step(0.12, "gifts")


def _gifts_keep(made: _Making) -> None:
    """Into the product's tables, stretch by stretch."""
    made.run("4_people")
    made.step(0.15, "donors and plans")
    for start in range(0, made.size, STRETCH):
        made.values |= {"from": start + 1, "to": min(start + STRETCH, made.size)}
        made.run("5_gifts_kept")
        made.step(0.15 + 0.33 * made.values["to"] / made.size, "gifts, payments and books")
    made.run("6_moves")
    made.step(0.5, "refunds, disputes and payouts")
    made.run("7_plan_moves")
    made.step(0.51, "moves of plans")
    made.run("8_recoveries")
    made.run("9_receipts")
    made.step(0.52, "receipts")


def _ids_take(made: _Making, plans: int) -> None:
    """Take ids from the tables' own sequences, so that nothing written meanwhile has the same."""
    size = made.size
    wanted = {
        "donor_base": (Donor, made.values["donors"]),
        "plan_base": (Subscription, plans),
        "gift_base": (Donation, size),
        "payout_base": (Payout, YEARS * 366),
        "posting_base": (LedgerPosting, 3 * size + 4 * YEARS * 366),
    }
    with connection.cursor() as cursor:
        for name, (model, count) in wanted.items():
            sequence = f"pg_get_serial_sequence('{model._meta.db_table}', 'id')"
            cursor.execute(f"SELECT nextval({sequence})")
            base = int(cursor.fetchone()[0])
            cursor.execute(f"SELECT setval({sequence}, %s)", [base + count])
            made.values[name] = base
    made.values["moved_base"] = made.values["posting_base"] + 2 * size
    made.values["paid_base"] = made.values["posting_base"] + 3 * size + 2 * YEARS * 366


def _days(made: _Making) -> list[tuple[date, float, str]]:
    """Each day's weight and appeal; the appeals become campaigns, each for its fund."""
    today = made.values["today"]
    first = today - timedelta(days=round(365.25 * YEARS))
    found = calendar.appeals(first, today)
    days = list(calendar.day_weights(first, today, found))
    for appeal in found:
        Campaign.objects.get_or_create(
            code=appeal.code,
            defaults={
                "name": appeal.name,
                "begins_on": appeal.begins_on,
                "ends_on": appeal.ends_on,
                "target_minor": _target(made.size, appeal, days),
            },
        )
    with connection.cursor() as cursor:
        for appeal in found:
            cursor.execute(
                """INSERT INTO demo.appeal SELECT %s, campaign.id, fund.id
                     FROM api_campaign AS campaign, api_fund AS fund
                    WHERE campaign.code = %s AND fund.code = %s""",
                [appeal.code, appeal.code, appeal.fund],
            )
    last, weight, code = days[-1]
    return [*days[:-1], (last, weight * made.values["elapsed"] / 86400, code)]


def _target(size: int, appeal: calendar.Appeal, days: Sequence[tuple[date, float, str]]) -> int:
    """A round sum near what the appeal will bring, in minor units."""
    share = sum(weight for _, weight, code in days if code == appeal.code)
    expected = size * 0.6 * 0.4 * 3500 * share / sum(weight for _, weight, _ in days)
    unit = int(10 ** max(4, len(str(round(expected))) - 2))
    return max(unit, round(expected / unit) * unit)


def _shares(days: Sequence[tuple[date, float, str]], total: int) -> list[int]:
    """How many of `total` fall on each day, by its weight; they sum to it."""
    whole = sum(weight for _, weight, _ in days)
    ends = [round(total * so_far / whole) for so_far in accumulate(weight for _, weight, _ in days)]
    return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


def _words_write() -> None:
    """The lists to pick from, each word on as many places as it is common."""
    origins = [(str(number), origin.share) for number, origin in enumerate(words.ORIGINS)]
    streets = [(street, 1 / (rank + 4)) for rank, street in enumerate(words.STREETS.split("|"))]
    lists: list[tuple[str, Iterator[tuple[int, str]]]] = [
        ("origin", words.slots(origins)),
        ("street", words.slots(streets)),
        ("domain", words.slots(words.MAIL_DOMAINS)),
    ]
    for number, origin in enumerate(words.ORIGINS):
        lists.append((f"first {number}", words.name_slots(origin.first)))
        lists.append((f"last {number}", words.name_slots(origin.last, origin.tail)))
    codes = {f"{town}|{code}": share for town, code, share in words.TOWNS}
    towns = (
        ("town", number, *both.split("|")) for number, both in words.slots(list(codes.items()))
    )
    _rows_write(
        "demo.word (list, number, text, plain)",
        ((name, number, text, words.plain(text)) for name, each in lists for number, text in each),
    )
    _rows_write("demo.word (list, number, text, plain)", towns)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE demo.word")


def _rows_write(table: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
