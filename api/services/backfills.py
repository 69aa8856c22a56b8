"""A Stripe account's history, list by list and page by page: what was given before this site, or beside it.

A dry run places everything and writes nothing: its transactions are read-only. A real one keeps with
each page how far it is, so that a killed run goes on where it was.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from threading import Event
from typing import Any

import structlog
from django.db import IntegrityError, connection, transaction

from api.clock import from_unix, now
from api.models import Payout, StripeCursor
from api.services.backfill_charges import charges_take
from api.services.backfill_funds import FundChoice
from api.services.backfill_moves import disputes_take, lines_take, payouts_take, refunds_take
from api.services.backfill_plans import (
    INVOICE_WAITS,
    months_take,
    plans_take,
    products_take,
)
from api.services.backfill_sweeps import Sweep
from api.services.backfill_tallies import Tally
from api.services.balance_transactions import balance_post
from api.services.gaps import (
    payout_close,
    payout_lines,
    payout_tie,
    payouts_fill,
    payouts_unfilled,
)
from api.services.gateways.stripe import list_pages, read_together

log = structlog.get_logger()
Page = Sequence[dict[str, Any]]
# Name of the list, how many are done, and which part of the list that is (unknown: None).
Tell = Callable[[str, int, float | None], None]
# Stripe opened in 2011.
STRIPE_BEGAN = 1293840000
_WEEK = 7 * 86400
_DONE = from_unix(0)
_OVERLAP = timedelta(minutes=10)
_ATTEMPTS = 3
_LONG_SECONDS = 5
# A page of a hundred charges in full is about half a megabyte.
_PAGES_AHEAD = 16


@dataclass(frozen=True)
class BackfillRequest:
    """Charges from (inclusive) to (exclusive); `fund_code`: for gifts that name none of our funds."""

    is_commit: bool = False
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    fund_code: str = ""

    def cursor(self, name: str) -> str:
        """The name under which a run with these wishes keeps how far it is."""
        wishes = f"{self.begins_at} {self.ends_at} {self.fund_code}"
        return f"backfill:{name}:{hashlib.sha256(wishes.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class _List:
    """One of Stripe's lists and what is done with a page of it.

    Plans may be older than their gifts in the period; what happened to those gifts may be younger.
    `is_kept`: how far it is, is kept in the database; else it is only remembered, and read by each run.
    """

    name: str
    take: Callable[[Sweep, Page], Tally]
    expand: tuple[str, ...] = ()
    status: str = ""
    has_begin: bool = True
    has_end: bool = False
    begins_before: timedelta = timedelta()
    is_kept: bool = True

    def asked(self, wished: BackfillRequest, kept: datetime | None) -> dict[str, Any]:
        """What Stripe is asked for: always a part of the list's time, so that it is always a filter."""
        window = {"gte": 0}
        if self.has_begin and wished.begins_at:
            window["gte"] = int((wished.begins_at - self.begins_before).timestamp())
        if self.has_end and wished.ends_at:
            window["lt"] = int(wished.ends_at.timestamp())
        if kept:
            window["lte"] = int(kept.timestamp())
        asked: dict[str, Any] = {"created": window}
        asked |= {"expand": list(self.expand)} if self.expand else {}
        return asked | ({"status": self.status} if self.status else {})


_LISTS = (
    _List("products", products_take, has_begin=False, is_kept=False),
    _List(
        "invoice_payments",
        months_take,
        ("data.invoice",),
        "paid",
        begins_before=INVOICE_WAITS,
        is_kept=False,
    ),
    _List("subscriptions", plans_take, ("data.customer",), "all", has_begin=False, has_end=True),
    _List("charges", charges_take, ("data.customer", "data.balance_transaction"), has_end=True),
    _List("refunds", refunds_take),
    _List("disputes", disputes_take),
    _List("payouts", payouts_take),
    _List("balance_transactions", lines_take, ("data.source",)),
)


def backfill(request: BackfillRequest, *, tell: Tell) -> Tally:
    """Bring in the history, or say what would be brought in. Safe to kill and to run again."""
    tally, wished = Tally(), request
    while True:
        begun, is_resumed = _begin(request)
        _sweep(request, wished, tally, tell)
        if request.is_commit:
            StripeCursor.objects.filter(name__in=_cursors(request)).delete()
        # A killed run began at the newest: what came since then is above it.
        since = begun - _OVERLAP
        if not is_resumed or (request.ends_at and request.ends_at <= since):
            return tally
        wished = replace(wished, begins_at=since)


def _begin(request: BackfillRequest) -> tuple[datetime, bool]:
    """When this run began, and whether it is one that was killed."""
    if not request.is_commit:
        return now(), False
    cursor, is_new = StripeCursor.objects.get_or_create(
        name=request.cursor("begun"), defaults={"position": now()}
    )
    return cursor.position, not is_new


def _cursors(request: BackfillRequest) -> list[str]:
    return [request.cursor(name) for name in ("begun", *(one.name for one in _LISTS))]


def _sweep(request: BackfillRequest, wished: BackfillRequest, tally: Tally, tell: Tell) -> None:
    """One pass over all lists. `wished` has the period, `request` the names of the cursors."""
    sweep = Sweep(request.is_commit, FundChoice(request.fund_code), wished.begins_at)
    payouts, is_over = _Payouts(request.is_commit), Event()
    left = _left(request, wished)
    if not any(one.name == payouts.after for one, _ in left):
        payouts.know()
    with ThreadPoolExecutor(1) as asker:
        way = _Way(asker.submit(_first_moment_later, wished, is_over), tell)
        try:
            # Stripe is asked for the next pages, also of the next list, while we work.
            pages = chain(_pages(left), payouts.pages())
            for came in read_together(pages, most=_PAGES_AHEAD):
                for one, page in _joined(came):
                    if page:
                        tally.join(_page_take(sweep, one, page, request))
                    elif request.is_commit and one.is_kept:
                        _advance(request.cursor(one.name), _DONE)
                    if not page and one.name == payouts.after:
                        payouts.know()
                    way.went(one, page)
        finally:
            payouts.forget()
            is_over.set()
    if request.is_commit:
        balance_post()
        # Those that lines are missing of, or that a killed run had begun.
        payouts_fill()


class _Payouts:
    """What each payout is made of: lists that can be asked for once the list of payouts is here.

    Its lines are here by then.
    """

    after = "payouts"

    def __init__(self, is_commit: bool) -> None:
        self._is_commit = is_commit
        self._known: Future[list[Payout]] = Future()

    def know(self) -> None:
        """All payouts are here."""
        self._known.set_result(list(payouts_unfilled()) if self._is_commit else [])

    def forget(self) -> None:
        """Let nobody wait for them any more."""
        self._known.cancel()

    def pages(self) -> Iterator[tuple["_List", Page]]:
        """The pages of each; called where Stripe is asked, so it waits until the payouts are known."""
        for payout in self._known.result():
            one = _List("payout lines", partial(_payout_take, payout), is_kept=False)
            for page in payout_lines(payout):
                yield one, page


def _payout_take(payout: Payout, sweep: Sweep, page: Page) -> Tally:
    payout_tie(payout, page)
    payout_close(payout)
    return Tally()


def _joined(came: Iterable[tuple["_List", Page]]) -> Iterator[tuple["_List", Page]]:
    """What came of one list as one page, so that it is one transaction; then its end, if that came, too."""
    for one, group in groupby(came, key=itemgetter(0)):
        pages = [page for _, page in group]
        if whole := list(chain.from_iterable(pages)):
            yield one, whole
        if not pages[-1]:
            yield one, []


def _left(request: BackfillRequest, wished: BackfillRequest) -> list[tuple[_List, dict[str, Any]]]:
    """The lists that are not done, and what of them is asked for."""
    names = _cursors(request) if request.is_commit else []
    kept = dict(StripeCursor.objects.filter(name__in=names).values_list("name", "position"))
    positions = [(one, kept.get(request.cursor(one.name))) for one in _LISTS]
    return [(one, one.asked(wished, position)) for one, position in positions if position != _DONE]


def _pages(lists: Iterable[tuple[_List, dict[str, Any]]]) -> Iterator[tuple[_List, Page]]:
    """The pages of one list after the other; an empty one ends each."""
    for one, asked in lists:
        for page in list_pages(f"/v1/{one.name}", **asked):
            yield one, page
        yield one, []


def _first_moment_later(wished: BackfillRequest, is_over: Event) -> int:
    """Asked beside the lists, once they take long: only the progress bar wants to know it."""
    return 0 if is_over.wait(_LONG_SECONDS) else _first_moment(wished)


def _first_moment(wished: BackfillRequest) -> int:
    """Where the lists will end: the period's beginning, or about when the first charge was made.

    That is found by halving, since Stripe's lists tell no totals.
    """
    if wished.begins_at:
        return int(wished.begins_at.timestamp())
    low, high = STRIPE_BEGAN, int(now().timestamp())
    while high - low > _WEEK:
        middle = (low + high) // 2
        before = list_pages("/v1/charges", limit=1, created={"lt": middle})
        low, high = (low, middle) if next(before, None) else (middle, high)
    return low


@dataclass
class _Way:
    """How far the list is that is being read, and whom to tell."""

    first: Future[int]
    tell: Tell
    _name: str = ""
    _done: int = 0
    _top: int = 0

    def went(self, one: _List, page: Page) -> None:
        """A page is done; an empty one: its list is."""
        if one.name != self._name:
            self._name, self._done = one.name, 0
            self._top = int(page[0]["created"]) if page else 0
        self._done += len(page)
        part = self._part(int(page[-1]["created"])) if page else 1.0
        self.tell(one.name, self._done, part)

    def _part(self, position: int) -> float | None:
        """How much of the list's time is behind us, once that is known."""
        if not self.first.done():
            return None
        whole = max(self._top - self.first.result(), 1)
        return min(max((self._top - position) / whole, 0.0), 1.0)


def _page_take(sweep: Sweep, one: _List, page: Page, request: BackfillRequest) -> Tally:
    """A page and the position after it, in one transaction."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _page_once(sweep, one, page, request)
        except IntegrityError as error:
            # The site wrote the same donor or gift meanwhile: it is found on the next attempt.
            log.info("backfill_page_again", list=one.name, error=str(error))
    return _page_once(sweep, one, page, request)


def _page_once(sweep: Sweep, one: _List, page: Page, request: BackfillRequest) -> Tally:
    with transaction.atomic():
        with connection.cursor() as sql:
            # Should the machine die, its last pages are asked for again: nothing waits for the disk.
            sql.execute(
                "SET LOCAL synchronous_commit TO off"
                if sweep.is_commit
                else "SET TRANSACTION READ ONLY"
            )
        made = one.take(sweep, page)
        if sweep.is_commit and one.is_kept:
            _advance(request.cursor(one.name), from_unix(int(page[-1]["created"])))
    return made


def _advance(name: str, position: datetime) -> None:
    if not StripeCursor.objects.filter(name=name).update(position=position):
        StripeCursor.objects.create(name=name, position=position)
