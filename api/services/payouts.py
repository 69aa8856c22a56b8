"""Payouts: money on its way from Stripe to the bank, and back when the bank returns it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from api.clock import charity_date, from_unix
from api.models import (
    PAYOUT_MOVES,
    PAYOUT_RETURNED,
    Account,
    LedgerPosting,
    Payout,
    PayoutStatus,
)
from api.services.audit import audit_record_all
from api.services.ledger import Draft, ledger_post_new
from api.services.rows import rows_update

_STATUSES = {
    "pending": PayoutStatus.PENDING,
    "in_transit": PayoutStatus.IN_TRANSIT,
    "paid": PayoutStatus.PAID,
    "failed": PayoutStatus.FAILED,
    "canceled": PayoutStatus.CANCELLED,
}


@dataclass(frozen=True)
class PayoutFacts:
    """A Stripe payout as an event or a list tells it. Amount in minor units."""

    id: str
    status: PayoutStatus
    amount_minor: int
    currency: str
    is_automatic: bool
    arrives_on: date
    made_at: datetime
    failure_code: str


def payout_follow(facts: PayoutFacts) -> None:
    """Bring our payout to what Stripe says; older news changes no status but is still in the books."""
    payouts_follow([facts])


@transaction.atomic
def payouts_follow(told: Sequence[PayoutFacts]) -> None:
    """Follow many: a fixed number of queries."""
    by_id = {facts.id: facts for facts in told}
    if not by_id:
        return
    # Another one may write them meanwhile: whoever is second finds them.
    Payout.objects.bulk_create((_payout(facts) for facts in by_id.values()), ignore_conflicts=True)
    kept = Payout.objects.select_for_update().filter(stripe_payout_id__in=by_id)
    payouts = list(kept.order_by("pk"))
    moved = [payout for payout in payouts if _move(payout, by_id[payout.stripe_payout_id])]
    rows_update(Payout, moved, ["status", "failure_code", "arrives_on"])
    audit_record_all(
        (f"payout.{payout.status}", f"payout:{payout.stripe_payout_id}", {}) for payout in moved
    )
    _post(payouts, by_id)


def _payout(facts: PayoutFacts) -> Payout:
    return Payout(
        stripe_payout_id=facts.id,
        amount_minor=facts.amount_minor,
        currency=facts.currency,
        status=PayoutStatus.PENDING,
        is_automatic=facts.is_automatic,
        arrives_on=facts.arrives_on,
        made_at=facts.made_at,
    )


def _move(payout: Payout, facts: PayoutFacts) -> bool:
    """Bring it to where Stripe says it is. False: it was there, or further."""
    if facts.status not in PAYOUT_MOVES[PayoutStatus(payout.status)]:
        return False
    payout.status = facts.status
    payout.failure_code = facts.failure_code
    payout.arrives_on = facts.arrives_on
    return True


def _post(payouts: Sequence[Payout], told: Mapping[str, PayoutFacts]) -> None:
    names = [f"{_name(payout)}-paid" for payout in payouts]
    posted = LedgerPosting.objects.filter(name__in=names)
    known = set(posted.values_list("name", flat=True))
    ledger_post_new(
        [
            draft
            for payout in payouts
            for draft in _drafts(
                payout,
                is_paid=told[payout.stripe_payout_id].status == PayoutStatus.PAID
                or f"{_name(payout)}-paid" in known,
            )
        ]
    )


def _name(payout: Payout) -> str:
    return f"payout-{payout.stripe_payout_id}"


def facts_from_payload(payout: dict[str, Any]) -> PayoutFacts:
    """From a payout of any API version. Its day of arrival is told as midnight UTC of that day."""
    arrival = payout.get("arrival_date")
    return PayoutFacts(
        id=payout["id"],
        status=_STATUSES.get(payout.get("status", ""), PayoutStatus.PENDING),
        amount_minor=int(payout["amount"]),
        currency=str(payout["currency"]).upper(),
        is_automatic=bool(payout.get("automatic", True)),
        arrives_on=from_unix(arrival).date()
        if arrival
        else charity_date(from_unix(payout["created"])),
        made_at=from_unix(payout["created"]),
        failure_code=str(payout.get("failure_code") or "")[:64],
    )


def _drafts(payout: Payout, *, is_paid: bool) -> list[Draft]:
    """Left Stripe; reached the bank; came back. A bank may return what had been paid."""
    name, amount = _name(payout), payout.amount_minor
    clearing, transit, bank = (
        Account.STRIPE_CLEARING,
        Account.PAYOUTS_IN_TRANSIT,
        Account.BANK,
    )
    moves = [(name, clearing, transit)]
    if is_paid:
        moves.append((f"{name}-paid", transit, bank))
    if payout.status in PAYOUT_RETURNED:
        moves.append((f"{name}-returned", transit, clearing))
        if is_paid:
            moves.append((f"{name}-bank-returned", bank, transit))
    return [
        Draft(
            name=posting,
            payout=payout,
            currency=payout.currency,
            lines=[(there, amount), (here, -amount)],
        )
        for posting, here, there in moves
    ]
