"""Payouts: money on its way from Stripe to the bank, and back when the bank returns it."""

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
from api.services.audit import audit_record
from api.services.ledger import Draft, ledger_post_new

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


@transaction.atomic
def payout_follow(facts: PayoutFacts) -> Payout:
    """Bring our payout to what Stripe says; older news changes no status but is still in the books."""
    Payout.objects.get_or_create(
        stripe_payout_id=facts.id,
        defaults={
            "amount_minor": facts.amount_minor,
            "currency": facts.currency,
            "status": PayoutStatus.PENDING,
            "is_automatic": facts.is_automatic,
            "arrives_on": facts.arrives_on,
            "made_at": facts.made_at,
        },
    )
    payout = Payout.objects.select_for_update().get(stripe_payout_id=facts.id)
    if facts.status in PAYOUT_MOVES[PayoutStatus(payout.status)]:
        payout.status = facts.status
        payout.failure_code = facts.failure_code
        payout.arrives_on = facts.arrives_on
        payout.save()
        audit_record(action=f"payout.{facts.status}", subject=f"payout:{facts.id}")
    ledger_post_new(_drafts(payout, is_paid=facts.status == PayoutStatus.PAID))
    return payout


def facts_from_payload(payout: dict[str, Any]) -> PayoutFacts:
    """From a payout of any API version."""
    return PayoutFacts(
        id=payout["id"],
        status=_STATUSES.get(payout.get("status", ""), PayoutStatus.PENDING),
        amount_minor=int(payout["amount"]),
        currency=str(payout["currency"]).upper(),
        is_automatic=bool(payout.get("automatic", True)),
        arrives_on=charity_date(from_unix(payout.get("arrival_date") or payout["created"])),
        made_at=from_unix(payout["created"]),
        failure_code=payout.get("failure_code") or "",
    )


def _drafts(payout: Payout, *, is_paid: bool) -> list[Draft]:
    """Left Stripe; reached the bank; came back. A bank may return what had been paid."""
    name, amount = f"payout-{payout.stripe_payout_id}", payout.amount_minor
    was_paid = is_paid or LedgerPosting.objects.filter(name=f"{name}-paid").exists()
    clearing, transit, bank = (
        Account.STRIPE_CLEARING,
        Account.PAYOUTS_IN_TRANSIT,
        Account.BANK,
    )
    moves = [(name, clearing, transit)]
    if was_paid:
        moves.append((f"{name}-paid", transit, bank))
    if payout.status in PAYOUT_RETURNED:
        moves.append((f"{name}-returned", transit, clearing))
        if was_paid:
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
