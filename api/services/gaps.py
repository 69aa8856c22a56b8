"""The gap detector: Stripe's lists against ours, every few minutes; what is missing is mended by the same handlers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum

from api.clock import from_unix, now
from api.models import (
    BalanceTransaction,
    Payout,
    PayoutStatus,
    StripeCursor,
    WebhookEvent,
    WebhookStatus,
)
from api.services.balance_transactions import balance_post, balance_record
from api.services.deadlocks import deadlock_again
from api.services.gateways.stripe import id_of, list_pages, read_ahead
from api.services.inbox import event_row, events_keep

_Page = list[dict[str, Any]]
# Stripe keeps events for 30 days (docs.stripe.com/api/events).
EVENTS_KEPT = timedelta(days=30)
# Stripe's lists are not in the order of commits: what is younger than this is read again.
OVERLAP = timedelta(minutes=10)
ROUTE = "gap detector"


@dataclass(frozen=True)
class Mended:
    """What a run found missing."""

    events: int
    balance_transactions: int
    requeued: int
    payouts: int


@deadlock_again
def gaps_mend() -> Mended:
    """Read Stripe's lists from where we stopped, keep what is missing, tie what can be tied now.

    The inbox locks gifts in the order of its events, so that the two may wait for each other:
    PostgreSQL then ends one, and we begin again, which is safe at any point.
    """
    return Mended(
        events=events_catch_up(),
        requeued=_unplaced_requeue(),
        balance_transactions=balance_catch_up(),
        payouts=payouts_fill(),
    )


def events_catch_up() -> int:
    """Keep events that no delivery brought. Returns how many."""
    since, begun = _position("events", now() - EVENTS_KEPT), now()
    missing = 0
    for page in list_pages("/v1/events", created={"gte": int(since.timestamp())}):
        missing += _events_keep(page)
    _advance("events", begun)
    return missing


def balance_catch_up() -> int:
    """Keep lines of Stripe's statement that we have not. Returns how many."""
    since, begun = _position("balance", from_unix(0)), now()
    window = {"created": {"gte": int(since.timestamp())}}
    missing = sum(
        len(balance_record(page))
        for page in list_pages("/v1/balance_transactions", expand=["data.source"], **window)
    )
    balance_post()
    _advance("balance", begun)
    return missing


def payouts_fill(tell: Callable[[int], None] = lambda done: None) -> int:
    """Tie each paid automatic payout to the lines that it brought to the bank. Returns how many were filled.

    `tell` hears after each payout how many have been read.
    """
    payouts = list(payouts_unfilled())
    filled = 0
    for done, (payout, pages) in enumerate(read_ahead(_made_of(payouts)), 1):
        filled += _payout_fill(payout, pages)
        tell(done)
    return filled


def payouts_unfilled() -> QuerySet[Payout]:
    """Those whose lines Stripe can tell and we have not read."""
    return Payout.objects.filter(is_automatic=True, lines_read_at=None, status=PayoutStatus.PAID)


def payout_lines(payout: Payout, **more: Any) -> Iterator[_Page]:
    """The pages of what a payout is made of, as Stripe lists them."""
    return list_pages("/v1/balance_transactions", payout=payout.stripe_payout_id, **more)


def payout_tie(payout: Payout, lines: Sequence[dict[str, Any]]) -> bool:
    """Note what came with a payout. False: a line of it is not here.

    Its own line is in its list, too. That of an earlier payout that came back is money in this one.
    """
    came = [line["id"] for line in lines if id_of(line["source"]) != payout.stripe_payout_id]
    kept = BalanceTransaction.objects.filter(stripe_balance_transaction_id__in=came)
    return kept.update(payout=payout) == len(came)


def payout_close(payout: Payout) -> bool:
    """Note that all that a payout is made of was read: True once it sums to its amount."""
    total = payout.balance_transactions.aggregate(total=Sum("net_minor"))["total"] or 0
    if total != payout.amount_minor:
        return False
    Payout.objects.filter(pk=payout.pk).update(lines_read_at=now())
    return True


def _made_of(payouts: Iterable[Payout]) -> Iterator[tuple[Payout, list[_Page]]]:
    """Each payout with the pages of its lines, which are here already but for a few."""
    for payout in payouts:
        yield payout, list(payout_lines(payout))


def _payout_fill(payout: Payout, pages: Iterable[_Page]) -> bool:
    """Keep what a payout is made of. True once its lines sum to its amount."""
    for page in pages:
        if not payout_tie(payout, page):
            # Some came after we read the statement: they are asked for once more, with their sources.
            for told in payout_lines(payout, expand=["data.source"]):
                balance_record(told)
            payout_tie(payout, page)
    return payout_close(payout)


def _events_keep(page: Iterable[dict[str, Any]]) -> int:
    events = {event["id"]: event for event in page}
    known = WebhookEvent.objects.filter(stripe_event_id__in=events)
    for event_id in known.values_list("stripe_event_id", flat=True):
        del events[event_id]
    rows = [event_row(event, route=ROUTE) for event in events.values()]
    return sum(events_keep(rows)) if rows else 0


def _unplaced_requeue() -> int:
    """Events that were of no gift of ours then, and are now: they wait again."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE api_webhookevent AS event SET status = %s, next_attempt_at = now(), attempts = 0
                 FROM api_donation AS donation
                WHERE event.status = %s
                  AND (donation.stripe_payment_intent_id
                           = coalesce(event.payload #>> '{data,object,payment_intent}',
                                      event.payload #>> '{data,object,id}')
                       OR donation.stripe_invoice_id = event.payload #>> '{data,object,invoice}')""",
            [WebhookStatus.WAITING, WebhookStatus.UNPLACED],
        )
        return int(cursor.rowcount)


def _position(name: str, first: datetime) -> datetime:
    kept = StripeCursor.objects.filter(name=name).first()
    return kept.position - OVERLAP if kept else first


def _advance(name: str, position: datetime) -> None:
    StripeCursor.objects.update_or_create(name=name, defaults={"position": position})
