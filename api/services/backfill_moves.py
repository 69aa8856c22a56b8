"""What happened to gifts of history after they were paid: refunds, disputes, payouts, Stripe's statement."""

from collections.abc import Container, Sequence
from typing import Any

from api.clock import from_unix
from api.models import BalanceTransaction, Dispute, Payout, Refund
from api.services import disputes, payouts, refunds
from api.services.backfill_sweeps import Sweep
from api.services.backfill_tallies import Tally
from api.services.balance_transactions import OTHER_SIDES, PAYOUTS, balance_record
from api.services.gateways.stripe import payment_id_of

_Thing = dict[str, Any]
_Page = Sequence[_Thing]


def refunds_take(sweep: Sweep, page: _Page) -> Tally:
    """Follow the refunds of gifts that are here."""
    known = Refund.objects.filter(stripe_refund_id__in=_ids(page))
    here = set(known.values_list("stripe_refund_id", flat=True))
    tally = Tally()
    ours = _ours(sweep, page, "refunds", here, tally)
    refunds.refunds_follow(
        [(refunds.facts_from_payload(one), f"backfill {one['id']}") for one in ours]
    )
    return tally


def disputes_take(sweep: Sweep, page: _Page) -> Tally:
    """Follow the disputes of gifts that are here."""
    known = Dispute.objects.filter(stripe_dispute_id__in=_ids(page))
    here = set(known.values_list("stripe_dispute_id", flat=True))
    tally = Tally()
    ours = _ours(sweep, page, "disputes", here, tally)
    disputes.disputes_follow(
        [(disputes.facts_from_payload(one), f"backfill {one['id']}") for one in ours]
    )
    return tally


def payouts_take(sweep: Sweep, page: _Page) -> Tally:
    """Follow payouts: all of the account are ours."""
    tally = Tally()
    known = Payout.objects.filter(stripe_payout_id__in=_ids(page))
    here = set(known.values_list("stripe_payout_id", flat=True))
    for payout in page:
        _count(tally, "payouts", payout, is_here=payout["id"] in here)
    if sweep.is_commit:
        payouts.payouts_follow([payouts.facts_from_payload(payout) for payout in page])
    return tally


def lines_take(sweep: Sweep, page: _Page) -> Tally:
    """Keep lines of Stripe's statement; those of no gift or payout wait there, out of the books."""
    tally = Tally()
    kept = {
        row.stripe_balance_transaction_id: row
        for row in (balance_record(page) if sweep.is_commit else [])
    }
    rest = [line for line in page if line["id"] not in kept]
    known = BalanceTransaction.objects.filter(stripe_balance_transaction_id__in=_ids(rest))
    here = set(known.values_list("stripe_balance_transaction_id", flat=True))
    gifts = sweep.gifts(_payment_id(line) for line in rest)
    gifts |= {row.stripe_payment_intent_id for row in kept.values() if row.donation}
    for line in page:
        amount, currency = int(line["net"]), str(line["currency"]).upper()
        if line["type"] not in PAYOUTS | OTHER_SIDES.keys() and _payment_id(line) not in gifts:
            why = f"lines of Stripe's statement that are of no gift here: {line['type']}"
            tally.leave(why, line["id"], amount, currency)
        elif line["id"] in here:
            tally.passed["lines of Stripe's statement that are here already"] += 1
        else:
            tally.make("lines of Stripe's statement", amount, currency, from_unix(line["created"]))
    return tally


def _ours(sweep: Sweep, page: _Page, what: str, here: Container[str | None], tally: Tally) -> _Page:
    """Those that are of gifts here."""
    gifts = sweep.gifts(payment_id_of(one) for one in page)
    ours = [one for one in page if payment_id_of(one) in gifts]
    tally.passed[f"{what} of charges that are no gift here"] += len(page) - len(ours)
    for one in ours:
        _count(tally, what, one, is_here=one["id"] in here)
    return ours if sweep.is_commit else []


def _count(tally: Tally, what: str, thing: _Thing, *, is_here: bool) -> None:
    if is_here:
        tally.passed[f"{what} that are here already"] += 1
    else:
        currency = str(thing["currency"]).upper()
        tally.make(what, int(thing["amount"]), currency, from_unix(thing["created"]))


def _ids(page: _Page) -> list[str]:
    return [one["id"] for one in page]


def _payment_id(line: _Thing) -> str:
    """The payment that a line is about; nothing for payouts and the like."""
    source = line.get("source")
    return payment_id_of(source) if isinstance(source, dict) else ""
