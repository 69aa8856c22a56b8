"""Stripe's statement: every line of it is kept, tied to its gift or payout, and posted to the books."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from api.clock import from_unix, now
from api.models import (
    DONATION_PAID,
    Account,
    BalanceTransaction,
    Donation,
    Payment,
    Payout,
)
from api.services import disputes, payouts, refunds
from api.services.donations import donations_settle
from api.services.gateways.stripe import charge_facts, id_of, payment_id_of
from api.services.ledger import Draft, ledger_post_new
from api.services.payments import Settlement
from api.services.rows import rows_update

CHARGES = frozenset({"charge", "payment"})
REFUNDS = frozenset({"refund", "payment_refund", "refund_failure", "payment_failure_refund"})
PAYOUTS = frozenset({"payout", "payout_failure", "payout_cancel"})
# The charity's own costs: no gift and no payout stands behind them.
COSTS = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee"})


def balance_record(lines: Sequence[dict[str, Any]]) -> int:
    """Keep a page of Stripe's statement (each line with its source expanded). Returns how many were new.

    A line's source is followed first, so that a gift, refund, dispute or payout whose events were
    lost is mended by its money.
    """
    ids = [line["id"] for line in lines]
    known = set(
        BalanceTransaction.objects.filter(stripe_balance_transaction_id__in=ids).values_list(
            "stripe_balance_transaction_id", flat=True
        )
    )
    new = [line for line in lines if line["id"] not in known]
    settled = _followed(new)
    for line in new:
        if id_of(line.get("source")) not in settled:
            _source_follow(line)
    rows = [_row(line) for line in new]
    BalanceTransaction.objects.bulk_create(rows, ignore_conflicts=True)
    balance_post(ids=[row.stripe_balance_transaction_id for row in rows])
    return len(new)


def balance_post(*, ids: Sequence[str] | None = None) -> int:
    """Tie lines that are not in the books to their gifts and payouts, and post those that can be."""
    waiting = BalanceTransaction.objects.filter(posted_at=None).order_by("id")
    if ids is not None:
        waiting = waiting.filter(stripe_balance_transaction_id__in=ids)
    posted, rows = 0, list(waiting.values_list("pk", flat=True))
    for start in range(0, len(rows), 500):
        posted += _post(rows[start : start + 500])
    return posted


@transaction.atomic
def _post(primary_keys: Sequence[int]) -> int:
    rows = list(
        BalanceTransaction.objects.select_for_update()
        .filter(pk__in=primary_keys, posted_at=None)
        .order_by("pk")
    )
    _tie(rows)
    _settle([row for row in rows if row.type in CHARGES and row.donation])
    ready = [row for row in rows if _is_ready(row)]
    ledger_post_new([draft for row in ready for draft in _drafts(row)])
    moment = now()
    for row in ready:
        row.posted_at = moment
    rows_update(BalanceTransaction, ready, ["donation", "moved_payout", "posted_at"])
    _fees_keep(ready)
    return len(ready)


def _tie(rows: Sequence[BalanceTransaction]) -> None:
    """Find each line's gift by its PaymentIntent, or its payout: two queries for all."""
    intents = {row.stripe_payment_intent_id for row in rows} - {""}
    known = Donation.objects.select_related("fund").filter(stripe_payment_intent_id__in=intents)
    # Locked first and in one order, as where gifts are settled: their sums are counted below.
    locked = known.select_for_update(of=("self",)).order_by("pk")
    gifts = {gift.stripe_payment_intent_id: gift for gift in locked}
    moved = Payout.objects.filter(
        stripe_payout_id__in=[row.source_id for row in rows if row.type in PAYOUTS]
    )
    by_id = {payout.stripe_payout_id: payout for payout in moved}
    for row in rows:
        row.donation = gifts.get(row.stripe_payment_intent_id)
        row.moved_payout = by_id.get(row.source_id) if row.type in PAYOUTS else None


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
    return bool(row.donation or row.moved_payout or row.type in COSTS)


def _drafts(row: BalanceTransaction) -> list[Draft]:
    """What Stripe did with the money: held, kept as its fee, and against what we knew by events."""
    other_side = (Account.STRIPE_CLEARING, -row.amount_minor)
    drafts = []
    if row.type in COSTS:
        other_side = (Account.STRIPE_FEES, -row.amount_minor)
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
    payments = list(Payment.objects.filter(donation_id__in=fees))
    for payment in payments:
        payment.fee_minor = fees[payment.donation_id]
    rows_update(Payment, payments, ["fee_minor"])


def _followed(lines: Sequence[dict[str, Any]]) -> set[str]:
    """Refunds among the sources of these lines that we know just as they are told here."""
    told = {
        source["id"]: refunds.facts_from_payload(source)
        for line in lines
        if isinstance(source := line.get("source"), dict) and source.get("object") == "refund"
    }
    return refunds.refunds_known(list(told.values()))


def _source_follow(line: dict[str, Any]) -> None:
    source, why = line.get("source"), line["id"]
    if not isinstance(source, dict):
        return
    if line["type"] in REFUNDS and source.get("object") == "refund":
        refunds.refund_follow(refunds.facts_from_payload(source), why=why)
    elif source.get("object") == "dispute":
        disputes.dispute_follow(disputes.facts_from_payload(source), why=why)
    elif line["type"] in PAYOUTS and source.get("object") == "payout":
        payouts.payout_follow(payouts.facts_from_payload(source))


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
    if given_in == currency:
        return amount, currency
    whole = charge_facts(source).amount_minor if line["type"] in CHARGES else int(source["amount"])
    return (whole if amount > 0 else -whole), given_in
