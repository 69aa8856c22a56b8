"""`summaries`: figures from the kept sums against tuned SQL on the raw rows, and what keeping them costs.

SUMMARIES_SIZE=5000000 says on how many gifts (demo data; made when they are not there).
"""

import http.client
import os
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection

from api.clock import charity_date, now
from api.models import Payment, Role, StaffSession, User
from api.services.demo_data import demo_data_make
from api.services.donor_figures import cohorts, donors_lapsed, retention_years
from api.services.giving_figures import giving_by_month
from api.services.sessions import session_start
from api.services.summaries import summaries_check, summaries_fold, summaries_rebuild
from bench.events import events_handle
from bench.load import percentile
from bench.servers import OURS, serving

SIZE = int(os.environ.get("SUMMARIES_SIZE", "5000000"))
LOOKS, PAGES, ROUNDS, GIFTS = 30, 100, 4, 2500
TRIGGERS = {
    "api_payment": ("sums_of_new", "sums_of_changed"),
    "api_ledgerentry": ("sums_of_new", "statement_sums_of_new"),
    "api_balancetransaction": (
        "sums_of_new",
        "sums_of_changed",
        "statement_sums_of_new",
        "statement_sums_of_changed",
    ),
    "api_donation": ("sums_of_moved",),
}

# The same questions to the raw rows, as one would write them by hand.
_MONTHLY = """
SELECT date_trunc('month', payment.received_at AT TIME ZONE %(zone)s)::date, gift.kind, payment.currency,
       count(*), sum(payment.amount_minor)
  FROM api_payment AS payment JOIN api_donation AS gift ON gift.id = payment.donation_id GROUP BY 1, 2, 3
"""
_COHORTS = """
WITH given AS (SELECT gift.donor_id, extract(year FROM payment.received_at AT TIME ZONE %(zone)s) AS year,
                      sum(payment.amount_minor) AS amount
                 FROM api_payment AS payment JOIN api_donation AS gift ON gift.id = payment.donation_id
                GROUP BY 1, 2),
first AS (SELECT donor_id, min(year) AS year FROM given GROUP BY donor_id)
SELECT first.year, given.year, count(*), sum(amount) FROM given JOIN first USING (donor_id) GROUP BY 1, 2
"""
_LAPSED = """
SELECT donor_id, sum(amount) FROM (
    SELECT gift.donor_id, payment.amount_minor AS amount FROM api_payment AS payment
      JOIN api_donation AS gift ON gift.id = payment.donation_id
     WHERE payment.received_at >= %(before)s AND payment.received_at < %(begins)s) AS last_year
 WHERE NOT EXISTS (SELECT FROM api_donation AS gift JOIN api_payment AS payment ON payment.donation_id = gift.id
                    WHERE gift.donor_id = last_year.donor_id AND payment.received_at >= %(begins)s)
 GROUP BY donor_id ORDER BY 2 DESC LIMIT 100
"""


def summaries_measure() -> None:
    """Data, reads, the page, the cost."""
    missing = SIZE - Payment.objects.count()
    if missing > 0:
        demo_data_make(size=missing, seed=Payment.objects.count() + 1)
    began = time.perf_counter()
    summaries_rebuild()
    print(f"{Payment.objects.count()} gifts; every sum made again in {_since(began):.1f} s")
    began = time.perf_counter()
    print(f"{len(summaries_check())} differences from a recount, found in {_since(began):.1f} s")
    _reads()
    _page()
    _cost()


def _reads() -> None:
    today = charity_date(now())
    first = today.replace(year=today.year - 7, month=1, day=1)
    year_begins = today.replace(month=1, day=1)
    values = {
        "zone": settings.CHARITY_TIME_ZONE,
        "before": year_begins.replace(year=today.year - 1),
        "begins": year_begins,
    }
    for name, promise, kept, raw in (
        ("monthly", "10 ms", lambda: giving_by_month(first, today, by=("kind",)), _MONTHLY),
        ("cohorts", "10 ms", cohorts, _COHORTS),
        ("retention", "none", retention_years, None),
        (
            "LYBUNT, the 100 largest",
            "150 ms",
            lambda: donors_lapsed(today.year, currency="GBP"),
            _LAPSED,
        ),
        (
            "LYBUNT, every donor",
            "150 ms",
            lambda: donors_lapsed(today.year, currency="GBP", limit=None),
            None,
        ),
    ):
        ours = _spent(kept, LOOKS)
        line = f"{name}: {ours:.1f} ms (promise: {promise})"
        if raw:
            bare = _spent(partial(_rows, raw, values), 3)
            line += f"; raw rows {bare:.0f} ms, {bare / ours:.0f} times"
        print(line, flush=True)


def _page() -> None:
    """The dashboard through gunicorn, signed in."""
    user = User.objects.filter(role=Role.FINANCE).first() or User.objects.create_user(
        "bench@example.org", is_staff=True, role=Role.FINANCE
    )
    started = session_start(user=user)
    waits = []
    with serving(OURS) as (port,):
        client = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(PAGES):
            began = time.perf_counter()
            client.request("GET", "/admin/", headers={"Cookie": _cookie(started)})
            answer = client.getresponse()
            body = answer.read()
            waits.append(_since(began) * 1000)
            if answer.status != http.HTTPStatus.OK or b'class="staff dashboard"' not in body:
                raise SystemExit(f"The dashboard answered {answer.status}.")
    StaffSession.objects.filter(user=user).delete()
    waits = waits[5:]  # the first of each process compiles templates
    print(
        f"dashboard page: p50 {median(waits):.0f} ms, p95 {percentile(waits, 0.95):.0f} ms (promise: 150)"
    )


def _cookie(started: Any) -> str:
    return f"{settings.JWT_COOKIE_NAME}={started.access}"


def _cost() -> None:
    """Events handled with the sums and without them, by turns, so that the machine's moods fall on both."""
    events_handle(200)
    kept, bare = [], []
    for _ in range(ROUNDS):
        kept.append(events_handle(GIFTS))
        summaries_fold()
        _triggers("DISABLE")
        try:
            bare.append(events_handle(GIFTS))
        finally:
            _triggers("ENABLE")
    summaries_rebuild()
    print(f"with sums: {'; '.join(str(one) for one in kept)}")
    print(f"without: {'; '.join(str(one) for one in bare)}")
    dearer = median(one.cost_ms for one in kept) / median(one.cost_ms for one in bare) - 1
    print(f"handling an event costs {dearer:.0%} more (promise: 20 %)")


def _triggers(how: str) -> None:
    with connection.cursor() as cursor:
        for table, names in TRIGGERS.items():
            for name in names:
                cursor.execute(f"ALTER TABLE {table} {how} TRIGGER {name}")


def _spent(work: Callable[[], object], times: int) -> float:
    """Milliseconds, the middle one."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append(_since(began) * 1000)
    return median(spent)


def _since(began: float) -> float:
    return time.perf_counter() - began


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
