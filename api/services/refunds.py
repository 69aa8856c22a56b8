"""Refunds: asked for here or made in Stripe, followed until the donor has the money or it came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum

from api.errors import MoveRefused, NotFound, StripeRefused, StripeUnavailable
from api.models import (
    DONATION_PAID,
    DONATION_TAKEN_BACK,
    REFUND_MOVES,
    REFUND_UNDONE,
    Account,
    Donation,
    Refund,
    RefundReason,
    RefundStatus,
    User,
)
from api.models.fields import reference_new
from api.money import money_text
from api.services.audit import audit_record, audit_record_all
from api.services.donation_moves import donations_lock, donations_restate
from api.services.gateways import stripe
from api.services.gateways.stripe import payment_id_of
from api.services.ledger import Draft, ledger_post_new
from api.services.rows import rows_save

_ANOTHER = "This reference is of another refund. Send a new one."
_STATUSES = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.REQUIRES_ACTION,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.CANCELLED,
}


@dataclass(frozen=True)
class RefundFacts:
    """A Stripe refund as an event or a list tells it. Amount in minor units, positive."""

    id: str
    status: RefundStatus
    amount_minor: int
    currency: str
    reason: str
    failure_reason: str
    payment_intent_id: str
    reference: str


@dataclass(frozen=True)
class RefundRequest:
    """What staff ask: how much of a gift goes back (minor units), why, and who agreed.

    `reference` is made with the form: the same one is the same refund, however often it is sent.
    """

    amount_minor: int
    reason: RefundReason
    note: str
    asked_by: User
    approved_by: User
    reference: str = field(default_factory=reference_new)


def refund_left(donation: Donation) -> int:
    """What may still be given back, in minor units."""
    standing = donation.refunds.exclude(status__in=REFUND_UNDONE)
    given = standing.aggregate(total=Sum("amount_minor"))["total"] or 0
    return donation.payment.amount_minor - given


def refund_start(*, donation_id: int, request: RefundRequest) -> Refund:
    """Give money back through Stripe. Raises MoveRefused when that much is not there to give back.

    What was asked is written down first, so that a lost answer is found again under the same key.
    """
    try:
        refund, is_new = _record(donation_id, request)
    except IntegrityError as error:  # Sent for two gifts at once.
        raise MoveRefused(_ANOTHER) from error
    return refund_send(refund) if is_new else refund


@transaction.atomic
def _record(donation_id: int, request: RefundRequest) -> tuple[Refund, bool]:
    """The refund of this reference, and whether it is new."""
    donation = Donation.objects.select_for_update(of=("self",)).get(pk=donation_id)
    known = Refund.objects.filter(reference=request.reference).first()
    if known:
        if (known.donation_id, known.amount_minor) != (donation.pk, request.amount_minor):
            raise MoveRefused(_ANOTHER)
        return known, False
    refund_check(donation, request.amount_minor)
    refund = Refund.objects.create(
        reference=request.reference,
        donation=donation,
        amount_minor=request.amount_minor,
        currency=donation.payment.currency,
        reason=request.reason,
        note=request.note,
        asked_by=request.asked_by,
        approved_by=request.approved_by,
    )
    audit_record(
        action="refund.asked",
        subject=f"donation:{donation.reference}",
        actor=request.asked_by,
        amount_minor=request.amount_minor,
        reason=request.reason,
        approved_by=request.approved_by.pk,
        refund=refund.reference,
    )
    return refund, True


def refund_ask(*, donation_reference: str, request: RefundRequest) -> Refund:
    """A refund as a program asks for it: sent again under its reference it is the same, and one that
    Stripe did not answer is asked for again.

    Raises NotFound, MoveRefused, and what Stripe says in words for staff.
    """
    donation = Donation.objects.filter(reference=donation_reference).first()
    if donation is None:
        raise NotFound("There is no gift with this reference.")
    try:
        refund = refund_start(donation_id=donation.pk, request=request)
        return refund_send(refund) if refund.status == RefundStatus.ASKED else refund
    except StripeUnavailable as error:
        raise StripeUnavailable(
            "Stripe is not answering. The refund is written down: send the same again in a minute."
        ) from error
    except StripeRefused as error:
        raise StripeRefused(f"Stripe refused. It says: {error.reason}") from error


def refund_send(refund: Refund) -> Refund:
    """Ask Stripe for a refund that is written down. Safe to call again: its key is our reference."""
    payment = refund.donation.payment
    made = stripe.refund_create(
        reference=refund.reference,
        payment_intent_id=payment.stripe_payment_intent_id or "",
        amount_minor=refund.amount_minor,
        reason=refund.reason,
    )
    refund_follow(facts_from_payload(made), why="asked Stripe")
    refund.refresh_from_db()
    return refund


def refund_withdraw(refund_id: int, *, actor: User) -> None:
    """Give up a refund that Stripe did not take. Should Stripe have it after all, its word stands."""
    with transaction.atomic():
        refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
        if refund.status != RefundStatus.ASKED:
            raise MoveRefused("Stripe has this refund already: it can't be withdrawn.")
        refund.status = RefundStatus.CANCELLED
        refund.save()
        subject = f"donation:{refund.donation.reference}"
        audit_record(
            action="refund.withdrawn",
            subject=subject,
            actor=actor,
            amount_minor=refund.amount_minor,
            refund=refund.reference,
        )


def refund_check(donation: Donation, amount_minor: int) -> None:
    """Raises MoveRefused when that much is not there to give back."""
    if donation.status not in DONATION_PAID:
        raise MoveRefused("Only a paid gift can be refunded.")
    if donation.status in DONATION_TAKEN_BACK:
        # Stripe refuses it too (docs.stripe.com/disputes: it would pay the donor twice).
        raise MoveRefused("The donor's bank has taken this gift back: a refund would pay it twice.")
    left = refund_left(donation)
    if not 0 < amount_minor <= left:
        most = money_text(left, donation.payment.currency)
        raise MoveRefused(f"At most {most} of this gift can be refunded.")


def refund_follow(facts: RefundFacts, *, why: str) -> bool:
    """Bring our refund to what Stripe says; older news changes nothing. False: not of a gift of ours."""
    return refunds_follow([(facts, why)]) > 0


@transaction.atomic
def refunds_follow(told: Sequence[tuple[RefundFacts, str]]) -> int:
    """Follow many, each with how we know: a fixed number of queries. Returns how many are of gifts of ours."""
    found = donations_lock(facts.payment_intent_id for facts, _ in told)
    ours = {facts.id: (facts, why) for facts, why in told if facts.payment_intent_id in found}
    if not ours:
        return 0
    known = _refunds_known([facts for facts, _ in ours.values()])
    followed, moved = [], []
    for facts, _ in ours.values():
        refund = _refund_of(facts, found[facts.payment_intent_id], known)
        followed.append(refund)
        if _move(refund, facts):
            moved.append(refund)
    rows_save(Refund, followed, ["status", "failure_reason", "stripe_refund_id"])
    audit_record_all(_deed(refund) for refund in moved)
    ledger_post_new([draft for refund in followed for draft in _drafts(refund)])
    donations_restate([(found[facts.payment_intent_id], why) for facts, why in ours.values()])
    return len(ours)


def _deed(refund: Refund) -> tuple[str, str, dict[str, str | int]]:
    detail: dict[str, str | int] = {
        "amount_minor": refund.amount_minor,
        "refund": refund.reference,
    }
    return f"refund.{refund.status}", f"donation:{refund.donation.reference}", detail


def _refunds_known(told: Sequence[RefundFacts]) -> dict[tuple[int, str], Refund]:
    """Those that are here, by their gift and each name that they have."""
    references = [facts.reference for facts in told if facts.reference]
    named = Q(stripe_refund_id__in=[facts.id for facts in told]) | Q(reference__in=references)
    return {
        (refund.donation_id, name): refund
        for refund in Refund.objects.filter(named)
        for name in (refund.reference, refund.stripe_refund_id)
        if name
    }


def facts_from_payload(refund: dict[str, Any]) -> RefundFacts:
    """From a refund of any API version (before 2018 it had no status: it was done)."""
    return RefundFacts(
        id=refund["id"],
        status=_STATUSES.get(refund.get("status") or "succeeded", RefundStatus.PENDING),
        amount_minor=int(refund["amount"]),
        currency=str(refund["currency"]).upper(),
        reason=refund.get("reason") or "",
        failure_reason=str(refund.get("failure_reason") or "")[:64],
        payment_intent_id=payment_id_of(refund),
        reference=(refund.get("metadata") or {}).get("refund_reference", ""),
    )


def _refund_of(
    facts: RefundFacts, donation: Donation, known: Mapping[tuple[int, str], Refund]
) -> Refund:
    refund = known.get((donation.pk, facts.id)) or known.get((donation.pk, facts.reference))
    if refund is None or refund.stripe_refund_id not in (None, facts.id):
        # Unknown, or a second one at Stripe with the reference of the first: money that left again.
        return Refund(
            donation=donation,
            amount_minor=facts.amount_minor,
            currency=facts.currency,
            reason=facts.reason[:32],
        )
    refund.donation = donation
    return refund


def _move(refund: Refund, facts: RefundFacts) -> bool:
    """Bring it to where Stripe says it is. False: it was there, or further."""
    is_new = not refund.stripe_refund_id
    refund.stripe_refund_id = facts.id
    if not is_new and facts.status not in REFUND_MOVES[RefundStatus(refund.status)]:
        return False
    refund.status, refund.failure_reason = facts.status, facts.failure_reason
    return True


def _drafts(refund: Refund) -> list[Draft]:
    """Taken out when Stripe has it; put back when it failed."""
    name, amount = f"refund-{refund.stripe_refund_id}", refund.amount_minor
    drafts = [(name, amount)] if refund.status != RefundStatus.ASKED else []
    if refund.status in REFUND_UNDONE:
        drafts.append((f"{name}-returned", -amount))
    return [
        Draft(
            name=name,
            donation=refund.donation,
            currency=refund.currency,
            lines=[(Account.REFUNDS, amount), (Account.STRIPE_CLEARING, -amount)],
        )
        for name, amount in drafts
    ]
