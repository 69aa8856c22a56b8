"""`make bench [ONLY=intake,handled,reconcile]`: each promise about speed, as a ratio, measured now."""

import os
import resource
import time
from collections.abc import Callable

from bench.servers import PRODUCT
from tools.product import product_database_start, product_database_stop

GIFTS = 2500


def main() -> None:
    """Run those that are named, or all."""
    wanted = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(BENCHES)
    os.environ.update(PRODUCT.environment)
    product_database_start(PRODUCT)
    try:
        import django
        from django.db import connections

        os.environ["DJANGO_SETTINGS_MODULE"] = "donor_management.settings"
        django.setup()
        for name in wanted:
            print(f"\n== {name}", flush=True)
            BENCHES[name]()
    finally:
        connections["default"].close_pool()  # type: ignore[attr-defined]
        product_database_stop(PRODUCT)


def intake() -> None:
    """Webhooks verified and kept, against a bare view that does the same."""
    from bench import intake

    intake.intake()


def handled() -> None:
    """From the inbox to the end: status, payment, ledger, receipt number, audit, job; dj-stripe beside."""
    from bench import djstripe

    djstripe.handled()


def sustained() -> None:
    """Gifts at Comic Relief's recorded rate for five minutes, the queue not growing."""
    from bench import sustained

    sustained.sustained()


def backfill() -> None:
    """A history brought in, against the bare listing of it."""
    from bench import backfill

    backfill.backfill_measure()


def flat() -> None:
    """The cost of an event with ten thousand gifts in the books, and with a million."""
    from statistics import median

    from api.models import Donation
    from bench.events import events_handle
    from bench.history import history_make

    costs = []
    for size in (10_000, 1_000_000):
        missing = size - Donation.objects.count()
        if missing > 0:
            history_make(missing)
        rounds = [events_handle(GIFTS) for _ in range(4)][1:]  # the first finds nothing in memory
        costs.append(median(one.cost_ms for one in rounds))
        print(f"{Donation.objects.count()} gifts: {'; '.join(str(one) for one in rounds)}")
    print(f"cost per event, a million to ten thousand: {costs[1] / costs[0]:.2f} (promise: 1.2)")


def summaries() -> None:
    """Figures from the kept sums, against SQL on the raw rows; the dashboard; what keeping them costs."""
    from bench import summaries

    summaries.summaries_measure()


def reconciled() -> None:
    """A million lines of Stripe's statement against our books: speed, and the memory that it takes."""
    from datetime import timedelta

    from api.clock import now
    from api.models import BalanceTransaction
    from api.services.reconciliations import reconcile
    from bench.history import history_make, statement

    missing = 1_000_000 - BalanceTransaction.objects.count()
    if missing > 0:
        history_make(missing * 11 // 10)  # Not each gift was paid.
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    ends = now() + timedelta(days=1)
    run = reconcile(begins_at=ends - timedelta(days=8 * 365), ends_at=ends, lines=statement())
    spent = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{run.lines} lines in {spent:.0f} s, {run.differences.count()} differences")
    print(f"{run.lines / spent:.0f} lines/s (promise: 20000)")
    print(f"memory at its peak {peak / 1024:.0f} MB (promise: 300), before {before / 1024:.0f} MB")


def demo_data() -> None:
    """Five million invented gifts (or BENCH_MADE) into whatever is there: the time that it takes."""
    from api.models import Donation
    from api.services.demo_data import demo_data_make

    size = int(os.environ.get("BENCH_MADE", "5000000"))
    began = time.perf_counter()
    demo_data_make(size=size, seed=Donation.objects.count() + 1)
    spent = time.perf_counter() - began
    print(
        f"{size:,} gifts in {spent:.0f} s, {size / spent:,.0f} a second (promise: 5,000,000 in 600)"
    )


def tables() -> None:
    """The tables of staff against Django's stock changelist."""
    from bench import tables

    tables.tables()


def export() -> None:
    """A million rows as Excel and CSV, against XlsxWriter and psql."""
    from bench import export

    export.export()


def receipts() -> None:
    """Ten thousand receipts as PDF, against WeasyPrint."""
    from bench import receipts

    receipts.receipts()


def report_pdf() -> None:
    """A monthly report from the figures to the PDF."""
    from bench import reports

    reports.reports_measure()


def rehearse() -> None:
    """A year of ten thousand plans (or BENCH_PLANS) under two policies at once: time, memory, truth."""
    from api.services.rehearsal.comparison import comparison_words
    from api.services.rehearsal.outcome import Wanted
    from api.services.rehearsals import policies_kept, rehearsal_carry_out

    plans = int(os.environ.get("BENCH_PLANS", "10000"))
    texts = [policies_kept()[name] for name in ("standard", "gentle")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    results = rehearsal_carry_out(texts, Wanted(plans, 12, 1), progress=lambda percent: None)
    spent = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(comparison_words(results))
    print(f"{plans:,} plans over 12 months in {spent:.0f} s (promise: 10,000 in 300)")
    print(
        f"processor time without PostgreSQL's {work:.0f} s, at most {after.ru_maxrss / 1024:.0f} MB"
    )


BENCHES: dict[str, Callable[[], None]] = {
    "intake": intake,
    "handled": handled,
    "sustained": sustained,
    "backfill": backfill,
    "flat": flat,
    "summaries": summaries,
    "reconciled": reconciled,
    "demo_data": demo_data,
    "tables": tables,
    "export": export,
    "receipts": receipts,
    "report_pdf": report_pdf,
    "rehearse": rehearse,
}

if __name__ == "__main__":
    main()
