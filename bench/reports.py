"""A report of last month as PDF, from the figures to the file, on whatever gifts are there.

`SIZE=5000000 ONLY=report_pdf make bench` fills the bench's database up to so many first.
"""

import io
import os
import statistics
import time
from collections.abc import Callable

PROMISE_SECONDS = 5.0
SIZE = int(os.environ.get("SIZE") or 20_000)
ROUNDS = 5


def reports_measure() -> None:
    """The monthly PDF, and beside it the other reports of figures."""
    from api.models import Donation, GivingSum
    from api.services.demo_data import demo_data_make
    from api.services.summaries import summaries_rebuild

    missing = SIZE - Donation.objects.count()
    if missing > 0:
        demo_data_make(size=missing, say=print)
    if not GivingSum.objects.exists():
        summaries_rebuild()
    print(f"{Donation.objects.count()} gifts")
    middle = _middle(lambda: _pdf("giving"))
    print(f"report_pdf: donations of last month, {middle:.2f} s (promise: {PROMISE_SECONDS:g})")
    for name in ("monthly", "donors", "cohorts", "funds", "fees", "recovery", "payouts"):
        print(f"  {name}: {_middle(lambda name=name: _pdf(name)):.2f} s")  # type: ignore[misc]


def _pdf(name: str) -> None:
    """One report as its page offers it, as PDF."""
    from api.clock import charity_date, now
    from api.models import Right
    from api.services.reports.catalogue import REPORTS
    from api.services.reports.engine import report_make
    from api.services.reports.formats import Format, file_write
    from api.services.reports.parameters import parameters_read

    report, today = REPORTS[name], charity_date(now())
    asked = parameters_read(report, {}, today=today, rights=frozenset(Right))
    # Who made it is on every page: a new name each time, so that typst lays every page out again.
    result = report_make(report, asked, made_by=f"bench {time.perf_counter_ns()}")
    file_write(result, Format.PDF, io.BytesIO())


def _middle(work: Callable[[], None]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)
