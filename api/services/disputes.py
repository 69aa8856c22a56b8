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
from api.services.alerts import alert_close, alert_open
from api.services.audit import audit_record
from api.services.donations import donation_of_stripe, donation_restate
from api.services.gateways.stripe import payment_id_of
from api.services.ledger import Draft, ledger_post_new


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


@transaction.atomic
def dispute_follow(facts: DisputeFacts, *, why: str) -> bool:
    """Bring our dispute to what Stripe says; older news changes nothing. False: not of a gift of ours."""
    found = donation_of_stripe(payment_intent_id=facts.payment_intent_id)
    if found is None:
        return False
    donation = Donation.objects.select_for_update(of=("self",)).get(pk=found.pk)
    dispute, is_new = Dispute.objects.get_or_create(
        stripe_dispute_id=facts.id,
        defaults={
            "donation": donation,
            "amount_minor": facts.amount_minor,
            "currency": facts.currency,
            "status": facts.status,
            "reason": facts.reason[:64],
            "evidence_due_at": facts.evidence_due_at,
            "opened_at": facts.opened_at,
        },
    )
    if facts.status in DISPUTE_MOVES[DisputeStatus(dispute.status)]:
        dispute.status, is_new = facts.status, True
    dispute.evidence_due_at = facts.evidence_due_at or dispute.evidence_due_at
    dispute.save()
    if is_new:
        subject = f"donation:{donation.reference}"
        audit_record(action=f"dispute.{dispute.status}", subject=subject, dispute=facts.id)
    ledger_post_new([_draft(donation, facts, line) for line in facts.lines])
    donation_restate(donation, why=why)
    if dispute.status in DISPUTE_WAITS_FOR_US:
        alert_open(AlertKind.DISPUTE, facts.id)
    else:
        alert_close(AlertKind.DISPUTE, facts.id)
    return True


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
