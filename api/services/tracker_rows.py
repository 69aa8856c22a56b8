"""The attempts to pay one by one: what is known of each, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from api.clock import charity_date, now
from api.errors import NotFound
from api.models import (
    DONATION_PAID,
    BalanceTransaction,
    Dispute,
    Donation,
    DonationMove,
    DonationStatus,
    FollowUp,
    FollowUpKind,
)
from api.services.balance_transactions import CHARGES
from api.services.declines import decline_read
from api.services.keysets import Cursor, Keyset, keyset_page
from api.services.tracker import IS_PAID_OUT, Stage, TrackerFilter, attempts, stage_of

ROWS_SHOWN = 50
# A first Bacs debit takes up to 7 working days, counted from the next when it was made after 20:00 UTC
# (docs.stripe.com/payments/payment-methods/bacs-debit).
DEBIT_DAYS = 7
DEBIT_CUT_OFF_HOUR = 20
_SATURDAY = 5
_DONOR_AGAIN = "Send a link, so that the donor can try again."


@dataclass(frozen=True)
class TrackerRow:
    """An attempt to pay in words: its stage, why it is there, what to do, and when money is expected."""

    donation: Donation
    stage: Stage
    since: datetime
    why: str
    advice: str
    expected_on: date | None
    follow_ups: Sequence[FollowUp]
    has_given_since: bool

    @property
    def written_off(self) -> FollowUp | None:
        """The write-off that stands."""
        standing = (
            one
            for one in self.follow_ups
            if one.kind == FollowUpKind.WRITE_OFF and one.undone_at is None
        )
        return next(standing, None)


def tracker_page(asked: TrackerFilter, cursor: Cursor | None) -> Keyset[Donation]:
    """One page of a filter's attempts, the newest first. A fixed number of queries."""
    return keyset_page(_told(attempts(asked)), cursor, size=ROWS_SHOWN)


def tracker_row(reference: str) -> TrackerRow:
    """One attempt. Raises NotFound."""
    found = _told(Donation.objects.filter(reference=reference)).first()
    if found is None:
        raise NotFound("There is no gift with this reference.")
    return row_read(found)


def _told(donations: QuerySet[Donation]) -> QuerySet[Donation, Any]:
    """With all that `row_read` asks for."""
    later = Donation.objects.filter(
        donor=OuterRef("donor"), status__in=DONATION_PAID, created_at__gt=OuterRef("created_at")
    )
    lines = BalanceTransaction.objects.filter(type__in=CHARGES).select_related("payout")
    return (
        donations.select_related("donor", "fund", "campaign", "subscription", "payment")
        .annotate(is_paid_out=IS_PAID_OUT, has_given_since=Exists(later.order_by()))
        .prefetch_related(
            Prefetch("follow_ups", FollowUp.objects.select_related("by", "undone_by")),
            Prefetch("moves", DonationMove.objects.order_by("id")),
            Prefetch("balance_transactions", lines, to_attr="charge_lines"),
            Prefetch("disputes", Dispute.objects.order_by("-id")),
        )
    )


def row_read(donation: Any) -> TrackerRow:
    """What a donation of `tracker_page` says."""
    stage = stage_of(DonationStatus(donation.status), is_paid_out=donation.is_paid_out)
    since = _since(donation)
    why, advice, expected_on = _WORDS[stage](donation, since)
    return TrackerRow(
        donation=donation,
        stage=stage,
        since=since,
        why=why,
        advice=advice,
        expected_on=expected_on,
        follow_ups=list(donation.follow_ups.all()),
        has_given_since=donation.has_given_since and donation.status not in DONATION_PAID,
    )


def _since(donation: Donation) -> datetime:
    """When it came to its status."""
    moves = [move for move in donation.moves.all() if move.to_status == donation.status]
    return moves[-1].at if moves else donation.created_at


type Words = tuple[str, str, date | None]


def _started(donation: Any, since: datetime) -> Words:
    why = "The form was sent, the card was not confirmed"
    return why, "Wait an hour, then send a link if you wish.", None


def _waiting(donation: Any, since: datetime) -> Words:
    why = "The donor's bank asked for a confirmation and got no answer"
    return why, "Wait an hour, then send a link if you wish.", None


def _processing(donation: Any, since: datetime) -> Words:
    day, expected_on = debit_days(since, now())
    if day > DEBIT_DAYS:
        return (
            f"Longer than the usual {DEBIT_DAYS} working days",
            "Look at the payment at Stripe; bank holidays come on top.",
            expected_on,
        )
    return (
        f"Working day {day} of {DEBIT_DAYS}",
        "Nothing to do: the bank takes its time.",
        expected_on,
    )


def _failed(donation: Any, since: datetime) -> Words:
    decline = decline_read(donation.failure_code)
    # Only a month of a plan has a saved card that could be tried.
    is_for_donor = decline.may_retry and not donation.stripe_invoice_id
    return decline.why, _DONOR_AGAIN if is_for_donor else decline.advice, None


def _cancelled(donation: Any, since: datetime) -> Words:
    return (
        "Given up: no money will come of it",
        "Send a link if the donor still wants to give.",
        None,
    )


def _paid(donation: Any, since: datetime) -> Words:
    payout = next((line.payout for line in donation.charge_lines if line.payout), None)
    if payout is None:
        return "With Stripe, in no payout yet", "", None
    return f"In a payout: {payout.get_status_display().lower()}", "", payout.arrives_on


def _paid_out(donation: Any, since: datetime) -> Words:
    payout = next(line.payout for line in donation.charge_lines if line.payout)
    return "In our bank", "", payout.arrives_on


def _refunded(donation: Any, since: datetime) -> Words:
    return donation.get_status_display(), "", None


def _disputed(donation: Any, since: datetime) -> Words:
    disputes = list(donation.disputes.all())
    why = disputes[0].get_status_display() if disputes else donation.get_status_display()
    due = disputes[0].evidence_due_at if disputes else None
    return why, "", charity_date(due) if due else None


_WORDS = {
    Stage.STARTED: _started,
    Stage.WAITING: _waiting,
    Stage.PROCESSING: _processing,
    Stage.FAILED: _failed,
    Stage.CANCELLED: _cancelled,
    Stage.PAID: _paid,
    Stage.PAID_OUT: _paid_out,
    Stage.REFUNDED: _refunded,
    Stage.DISPUTED: _disputed,
}


def debit_days(since: datetime, at: datetime) -> tuple[int, date]:
    """Which working day of a debit it is, from 1, and by when the money is expected.

    Weekends are left out, bank holidays are not known.
    """
    begun = since.astimezone(UTC)
    first = begun.date() + timedelta(days=begun.hour >= DEBIT_CUT_OFF_HOUR)
    while first.weekday() >= _SATURDAY:
        first += timedelta(days=1)
    today, day, last = at.astimezone(UTC).date(), 1, first
    for number in range(1, (today - first).days + 1):
        day += (first + timedelta(days=number)).weekday() < _SATURDAY
    left = DEBIT_DAYS - 1
    while left:
        last += timedelta(days=1)
        left -= last.weekday() < _SATURDAY
    return day, last
