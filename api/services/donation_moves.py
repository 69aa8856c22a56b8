"""The status of gifts: moved by a table, and, once paid, what their refunds and disputes say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Sum

from api.clock import now
from api.errors import MoveRefused
from api.models import (
    DISPUTE_OPEN,
    DONATION_MOVES,
    DONATION_PAID,
    REFUND_TAKEN,
    Dispute,
    DisputeStatus,
    Donation,
    DonationMove,
    DonationStatus,
    Payment,
    Refund,
)
from api.services.rows import rows_insert, rows_update


def donations_lock(payment_ids: Iterable[str]) -> dict[str, Donation]:
    """The donations of these payments, locked in one order until the commit."""
    asked = set(payment_ids) - {""}
    gifts = Donation.objects.filter(stripe_payment_intent_id__in=asked).order_by("pk")
    locked = gifts.select_for_update(of=("self",))
    return {gift.stripe_payment_intent_id or "": gift for gift in locked}


def donations_restate(due: Sequence[tuple[Donation, str]]) -> None:
    """Bring paid donations' statuses to what their refunds and disputes say, each with why: a fixed number of queries.

    The caller holds their locks.
    """
    paid = [(donation, why) for donation, why in due if donation.status in DONATION_PAID]
    if not paid:
        return
    gifts = [donation.pk for donation, _ in paid]
    payments = Payment.objects.filter(donation__in=gifts)
    amounts = dict(payments.values_list("donation_id", "amount_minor"))
    taken = Refund.objects.filter(donation__in=gifts, status__in=REFUND_TAKEN).order_by()
    refunded = dict(taken.values_list("donation_id").annotate(total=Sum("amount_minor")))
    disputes: dict[int, set[str]] = defaultdict(set)
    known = Dispute.objects.filter(donation__in=gifts)
    for gift, status in known.values_list("donation_id", "status"):
        disputes[gift].add(status)
    moves = [
        (
            donation,
            _status_since_paid(
                amounts[donation.pk], refunded.get(donation.pk, 0), disputes[donation.pk]
            ),
            why,
        )
        for donation, why in paid
    ]
    donations_move(
        [(donation, status, why) for donation, status, why in moves if status != donation.status]
    )


def _status_since_paid(paid_minor: int, refunded_minor: int, disputes: set[str]) -> DonationStatus:
    if disputes & DISPUTE_OPEN:
        return DonationStatus.DISPUTED
    if DisputeStatus.LOST in disputes:
        return DonationStatus.CHARGED_BACK
    if refunded_minor >= paid_minor:
        return DonationStatus.REFUNDED
    return DonationStatus.PART_REFUNDED if refunded_minor else DonationStatus.SUCCEEDED


def donation_moves_record(
    steps: Sequence[tuple[Donation, str, str, str]], at: Mapping[int, datetime] | None = None
) -> None:
    """Keep the steps of donations that are saved: from, to, why, and when by donation; now where that is not told."""
    times, moment = at or {}, now()
    rows_insert(
        DonationMove,
        {
            "donation_id": [donation.pk for donation, *_ in steps],
            "from_status": [before for _, before, _, _ in steps],
            "to_status": [after for _, _, after, _ in steps],
            "why": [why[:120] for *_, why in steps],
            "at": [times.get(donation.pk, moment) for donation, *_ in steps],
        },
    )


def donations_move(
    moves: Sequence[tuple[Donation, DonationStatus, str]], at: Mapping[int, datetime] | None = None
) -> None:
    """Write down where donations are now, where they came from and why; `at` as donation_moves_record has it."""
    if not moves:
        return
    for donation, status, _ in moves:
        before = DonationStatus(donation.status)
        if status != before and status not in DONATION_MOVES[before]:
            raise MoveRefused(f"A gift can't go from {before.label} to {status.label}.")
    donation_moves_record(
        [(donation, donation.status, status, why) for donation, status, why in moves], at
    )
    for donation, status, _ in moves:
        donation.status = status
    moved = [donation for donation, _, _ in moves]
    rows_update(Donation, moved, ["status", "failure_code", "stripe_event_at"])


def donations_restate_early(donations: Sequence[Donation]) -> None:
    """What was refunded or disputed may be known before the money is."""
    known = set(Refund.objects.filter(donation__in=donations).values_list("donation_id", flat=True))
    known |= set(
        Dispute.objects.filter(donation__in=donations).values_list("donation_id", flat=True)
    )
    early = [donation for donation in donations if donation.pk in known]
    donations_restate([(donation, "known before the payment") for donation in early])
