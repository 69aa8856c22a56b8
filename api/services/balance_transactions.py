"""Stripe's statement: every line of it is kept, tied to its gift or payout, and posted to the books."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from api.clock import from_unix, now
from api.models import (
    DONATION_PAID,
    Account,
    BalanceTransaction,
    Payment,
    Payout,
)
from api.services import disputes, payouts, refunds
from api.services.donation_moves import donations_lock
from api.services.donations import donations_settle
from api.services.gateways.stripe import charge_facts, id_of, payment_id_of
from api.services.ledger import Draft, ledger_post
from api.services.payments import Settlement
from api.services.rows import rows_create, rows_update
from api.services.turns import turn_take

CHARGES = frozenset({"charge", "payment"})
REFUNDS = frozenset({"refund", "payment_refund", "refund_failure", "payment_failure_refund"})
PAYOUTS = frozenset({"payout", "payout_failure", "payout_cancel"})
# The charity's own costs: no gift and no payout stands behind them.
COSTS = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee"})
# Behind these neither: paid in from the bank, and set aside by Stripe for a while.
TOP_UPS = frozenset({"topup", "topup_reversal"})
RESERVES = frozenset(
    {
        "reserve_hold",
        "reserve_release",
        "reserve_transaction",
        "reserved_funds",
        "payment_network_reserve_hold",
        "payment_network_reserve_release",
        "payout_minimum_balance_hold",
        "payout_minimum_balance_release",
    }
)
# Where the money of a line that is of no gift and no payout came from or went to.
OTHER_SIDES: Mapping[str, Account] = {
    **dict.fromkeys(COSTS, Account.STRIPE_FEES),
    **dict.fromkeys(TOP_UPS, Account.BANK),
    **dict.fromkeys(RESERVES, Account.STRIPE_RESERVE),
}
_LOCK = 0xBA1A  # one page at a time: two that bring the same line would post it twice


@transaction.atomic
def balance_record(lines: Sequence[dict[str, Any]]) -> list[BalanceTransaction]:
    """Keep a page of Stripe's statement (each line with its source expanded). Returns those that were new.

    A line's source is followed first, so that a gift, refund, dispute or payout whose events were
    lost is mended by its money. A fixed number of queries, however long the page is.
    """
    turn_take(_LOCK)
    ids = [line["id"] for line in lines]
    kept = BalanceTransaction.objects.filter(stripe_balance_transaction_id__in=ids)
    known = set(kept.values_list("stripe_balance_transaction_id", flat=True))
    new = [line for line in lines if line["id"] not in known]
    if not new:
        return []
    _sources_follow(new)
    rows = [_row(line) for line in new]
    ready = _place(rows)
    rows_create(BalanceTransaction, rows)
    _post(ready)
    return rows


def balance_post() -> int:
    """Tie lines that are not in the books to their gifts and payouts, and post those that can be."""
    waiting = BalanceTransaction.objects.filter(posted_at=None).order_by("id")
    posted, rows = 0, list(waiting.values_list("pk", flat=True))
    for start in range(0, len(rows), 500):
        posted += _post_waiting(rows[start : start + 500])
    return posted


@transaction.atomic
def _post_waiting(primary_keys: Sequence[int]) -> int:
    rows = list(
        BalanceTransaction.objects.select_for_update()
        .filter(pk__in=primary_keys, posted_at=None)
        .order_by("pk")
    )
    ready = _place(rows)
    rows_update(BalanceTransaction, ready, ["donation", "moved_payout", "posted_at"])
    _post(ready)
    return len(ready)


def _place(rows: Sequence[BalanceTransaction]) -> list[BalanceTransaction]:
    """Find what these lines are about. Returns those that can be posted, marked as such."""
    _tie(rows)
    _settle([row for row in rows if row.donation and _is_money(row)])
    ready, moment = [row for row in rows if _is_ready(row)], now()
    for row in ready:
        row.posted_at = moment
    return ready


def _post(rows: Sequence[BalanceTransaction]) -> None:
    # Stripe's statement has lines that move nothing.
    ledger_post([draft for row in rows for draft in _drafts(row) if draft.has_money])
    _fees_keep(rows)


def _tie(rows: Sequence[BalanceTransaction]) -> None:
    """Find each line's gift by its PaymentIntent, or its payout: two queries for all."""
    # Locked first and in one order, as where gifts are settled: their sums are counted below.
    gifts = donations_lock(row.stripe_payment_intent_id for row in rows)
    moved = Payout.objects.filter(
        stripe_payout_id__in=[row.source_id for row in rows if row.type in PAYOUTS]
    )
    by_id = {payout.stripe_payout_id: payout for payout in moved}
    for row in rows:
        row.donation = gifts.get(row.stripe_payment_intent_id)
        row.moved_payout = by_id.get(row.source_id) if row.type in PAYOUTS else None


def _is_money(row: BalanceTransaction) -> bool:
    """Whether the line proves that the gift was paid.

    Stripe writes that of a bank debit when it sends the debit, days before the bank answers
    (support.stripe.com/questions/changes-to-balance-transaction-behavior-for-debit-payment-methods).
    """
    return row.type in CHARGES and (row.type == "charge" or row.available_at <= now())


def _settle(rows: Sequence[BalanceTransaction]) -> None:
    """A line of Stripe's statement is money: a gift whose events were all lost is settled by it."""
    donations_settle(
        [
            Settlement(
                donation_id=row.donation.pk,
                amount_minor=row.source_amount_minor,
                currency=row.source_currency,
                received_at=row.made_at,
                why=row.stripe_balance_transaction_id,
                payment_intent_id=row.stripe_payment_intent_id,
                charge_id=row.source_id,
            )
            for row in rows
            if row.donation and row.donation.status not in DONATION_PAID
        ]
    )


def _is_ready(row: BalanceTransaction) -> bool:
    return bool(row.donation or row.moved_payout or row.type in OTHER_SIDES)


def _drafts(row: BalanceTransaction) -> list[Draft]:
    """What Stripe did with the money: held, kept as its fee, and against what we knew by events."""
    other_side = (Account.STRIPE_CLEARING, -row.amount_minor)
    drafts = []
    if row.type in OTHER_SIDES:
        other_side = (OTHER_SIDES[row.type], -row.amount_minor)
    elif row.source_currency != row.currency:
        other_side = (Account.EXCHANGE, -row.amount_minor)
        given = row.source_amount_minor
        drafts.append(
            _draft(
                row,
                f"exchange-{row.stripe_balance_transaction_id}",
                row.source_currency,
                [(Account.EXCHANGE, given), (Account.STRIPE_CLEARING, -given)],
            )
        )
    lines = [
        (Account.STRIPE_BALANCE, row.net_minor),
        (Account.STRIPE_FEES, row.fee_minor),
        other_side,
    ]
    name = f"stripe-{row.stripe_balance_transaction_id}"
    return [_draft(row, name, row.currency, lines), *drafts]


def _draft(
    row: BalanceTransaction, name: str, currency: str, lines: list[tuple[Account, int]]
) -> Draft:
    return Draft(
        name=name,
        currency=currency,
        lines=lines,
        donation=row.donation,
        payout=row.moved_payout,
    )


def _fees_keep(rows: Sequence[BalanceTransaction]) -> None:
    """The fee of a gift, as it really was, beside its payment."""
    fees = {
        row.donation_id: row.fee_minor for row in rows if row.type in CHARGES and row.donation_id
    }
    told = Payment.objects.filter(donation_id__in=fees).values_list("donation_id", "fee_minor")
    strange = [donation for donation, fee in told if fee != fees[donation]]
    payments = list(Payment.objects.filter(donation_id__in=strange))
    for payment in payments:
        payment.fee_minor = fees[payment.donation_id]
    rows_update(Payment, payments, ["fee_minor"])


def _sources_follow(lines: Sequence[dict[str, Any]]) -> None:
    told = [(line, line["source"]) for line in lines if isinstance(line.get("source"), dict)]
    refunds.refunds_follow(
        [
            (refunds.facts_from_payload(source), line["id"])
            for line, source in told
            if line["type"] in REFUNDS and source.get("object") == "refund"
        ]
    )
    disputes.disputes_follow(
        [
            (disputes.facts_from_payload(source), line["id"])
            for line, source in told
            if source.get("object") == "dispute"
        ]
    )
    payouts.payouts_follow(
        [
            payouts.facts_from_payload(source)
            for line, source in told
            if line["type"] in PAYOUTS and source.get("object") == "payout"
        ]
    )


def _row(line: dict[str, Any]) -> BalanceTransaction:
    amount, currency = int(line["amount"]), str(line["currency"]).upper()
    source = line["source"] if isinstance(line.get("source"), dict) else {}
    given, given_in = _given(line, source, amount, currency)
    return BalanceTransaction(
        stripe_balance_transaction_id=line["id"],
        type=line["type"][:40],
        source_id=id_of(line.get("source")),
        stripe_payment_intent_id=payment_id_of(source),
        amount_minor=amount,
        fee_minor=int(line["fee"]),
        net_minor=int(line["net"]),
        currency=currency,
        source_amount_minor=given,
        source_currency=given_in,
        available_at=from_unix(line["available_on"]),
        made_at=from_unix(line["created"]),
    )


def _given(
    line: dict[str, Any], source: dict[str, Any], amount: int, currency: str
) -> tuple[int, str]:
    """What moved in the gift's currency; the same as the line's where there is no exchange."""
    given_in = str(source.get("currency") or currency).upper()
    if given_in == currency or "amount" not in source:
        return amount, currency
    whole = charge_facts(source).amount_minor if line["type"] in CHARGES else int(source["amount"])
    # A line may move nothing but a fee.
    return (whole if amount > 0 else -whole if amount else 0), given_in
