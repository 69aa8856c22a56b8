"""Disputes: what a donor's bank takes back, and gives back when we win."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from api.clock import from_unix
from api.models import (
    DISPUTE_MOVES,
    DISPUTE_WAITS_FOR_US,
    Account,
    AlertKind,
    Dispute,
    DisputeStatus,
    Donation,
)
from api.services.alerts import alert_open, alerts_close
from api.services.audit import audit_record_all
from api.services.donation_moves import donations_lock, donations_restate
from api.services.gateways.stripe import payment_id_of
from api.services.ledger import Draft, ledger_post_new
from api.services.rows import rows_save


@dataclass(frozen=True)
class DisputeLine:
    """Money that a dispute moved: in minor units, negative when it left us."""

    balance_transaction_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class DisputeFacts:
    """A Stripe dispute as an event or a list tells it. Amount in minor units, positive."""

    id: str
    status: DisputeStatus
    amount_minor: int
    currency: str
    reason: str
    evidence_due_at: datetime | None
    opened_at: datetime
    payment_intent_id: str
    lines: Sequence[DisputeLine]


def dispute_follow(facts: DisputeFacts, *, why: str) -> bool:
    """Bring our dispute to what Stripe says; older news changes nothing. False: not of a gift of ours."""
    return disputes_follow([(facts, why)]) > 0


@transaction.atomic
def disputes_follow(told: Sequence[tuple[DisputeFacts, str]]) -> int:
    """Follow many, each with how we know. Returns how many are of gifts of ours.

    A fixed number of queries, and two for each that waits for us: those are few.
    """
    found = donations_lock(facts.payment_intent_id for facts, _ in told)
    ours = {facts.id: (facts, why) for facts, why in told if facts.payment_intent_id in found}
    if not ours:
        return 0
    kept = {
        one.stripe_dispute_id: one for one in Dispute.objects.filter(stripe_dispute_id__in=ours)
    }
    followed, moved = [], []
    for facts, _ in ours.values():
        donation = found[facts.payment_intent_id]
        known = kept.get(facts.id)
        dispute = known or _dispute(facts, donation)
        followed.append(dispute)
        if _move(dispute, facts) or known is None:
            subject = f"donation:{donation.reference}"
            moved.append((f"dispute.{dispute.status}", subject, {"dispute": facts.id}))
    rows_save(Dispute, followed, ["status", "evidence_due_at"])
    audit_record_all(moved)
    ledger_post_new(
        [
            _draft(found[facts.payment_intent_id], facts, line)
            for facts, _ in ours.values()
            for line in facts.lines
        ]
    )
    donations_restate([(found[facts.payment_intent_id], why) for facts, why in ours.values()])
    _alert(followed)
    return len(ours)


def _dispute(facts: DisputeFacts, donation: Donation) -> Dispute:
    return Dispute(
        stripe_dispute_id=facts.id,
        donation=donation,
        amount_minor=facts.amount_minor,
        currency=facts.currency,
        status=facts.status,
        reason=facts.reason[:64],
        evidence_due_at=facts.evidence_due_at,
        opened_at=facts.opened_at,
    )


def _move(dispute: Dispute, facts: DisputeFacts) -> bool:
    """Bring it to where Stripe says it is. False: it was there, or further."""
    dispute.evidence_due_at = facts.evidence_due_at or dispute.evidence_due_at
    if facts.status not in DISPUTE_MOVES[DisputeStatus(dispute.status)]:
        return False
    dispute.status = facts.status
    return True


def _alert(followed: Sequence[Dispute]) -> None:
    """Staff are told of those that wait for us."""
    waiting = [one.stripe_dispute_id for one in followed if one.status in DISPUTE_WAITS_FOR_US]
    for dispute_id in waiting:
        alert_open(AlertKind.DISPUTE, dispute_id)
    done = {one.stripe_dispute_id for one in followed} - set(waiting)
    alerts_close(AlertKind.DISPUTE, done)


def facts_from_payload(dispute: dict[str, Any]) -> DisputeFacts:
    """From a dispute of any API version."""
    due = (dispute.get("evidence_details") or {}).get("due_by")
    known = set(DisputeStatus.values)
    status = dispute.get("status", "")
    return DisputeFacts(
        id=dispute["id"],
        status=DisputeStatus(status if status in known else DisputeStatus.NEEDS_RESPONSE),
        amount_minor=int(dispute["amount"]),
        currency=str(dispute["currency"]).upper(),
        reason=dispute.get("reason") or "",
        evidence_due_at=from_unix(due) if due else None,
        opened_at=from_unix(dispute["created"]),
        payment_intent_id=payment_id_of(dispute),
        lines=[
            DisputeLine(line["id"], int(line["amount"]), str(line["currency"]).upper())
            for line in dispute.get("balance_transactions") or []
        ],
    )


def dispute_line_amount(line: DisputeLine, *, amount_minor: int, currency: str) -> int:
    """What a line moved in the gift's currency, minor units, negative when it left us.

    Stripe tells it in the account's currency; for a gift in another one the dispute's amount stands.
    """
    if line.currency == currency:
        return line.amount_minor
    return amount_minor if line.amount_minor > 0 else -amount_minor


def _draft(donation: Donation, facts: DisputeFacts, line: DisputeLine) -> Draft:
    amount = dispute_line_amount(line, amount_minor=facts.amount_minor, currency=facts.currency)
    return Draft(
        name=f"dispute-{line.balance_transaction_id}",
        donation=donation,
        currency=facts.currency,
        lines=[(Account.STRIPE_CLEARING, amount), (Account.DISPUTES, -amount)],
    )
