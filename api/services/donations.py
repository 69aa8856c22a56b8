"""Gifts: started by a donor, moved by what Stripe tells, settled in one place."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from api.clock import charity_date, now
from api.errors import IdempotencyKeyReused, MoveRefused, NotFound, StripeRefused
from api.models import (
    DONATION_FINAL,
    DONATION_MOVES,
    DONATION_PAID,
    Account,
    Campaign,
    Donation,
    DonationKind,
    DonationStatus,
    Fund,
    PlanInterval,
)
from api.money import fee_cover_gross_up, money_step
from api.services import jobs
from api.services.audit import audit_record, audit_record_all
from api.services.deadlocks import deadlock_again
from api.services.donation_moves import (
    donation_moves_record,
    donations_move,
    donations_restate_early,
)
from api.services.donors import (
    DonorDetails,
    donor_customer,
    donor_news,
    donor_record,
    donors_tell,
)
from api.services.gateways import stripe
from api.services.gateways.stripe import IntentFacts
from api.services.ledger import Draft, ledger_post
from api.services.payments import Settlement, payments_record
from api.services.receipts import receipts_issue
from api.services.rows import rows_create, rows_update
from api.services.tributes import TributeDetails, tribute_record

INTENT_STATUSES = {
    "requires_action": DonationStatus.REQUIRES_ACTION,
    "processing": DonationStatus.PROCESSING,
    "canceled": DonationStatus.CANCELLED,
}


@dataclass(frozen=True)
class GiftRequest:
    """What a donor asks to give. Amount in minor units; the key is made by the client, once per form."""

    donor: DonorDetails
    amount_minor: int
    currency: str
    fund_code: str
    idempotency_key: str
    is_anonymous: bool = False
    message: str = ""
    covers_fee: bool = False
    campaign_code: str = ""
    collection_day: int | None = None
    interval: PlanInterval = PlanInterval.MONTH
    # The last day that may be charged, or how many gifts in all; at most one of them.
    ends_on: date | None = None
    gifts_limit: int | None = None
    tribute: TributeDetails | None = None

    @property
    def fingerprint(self) -> str:
        """Tells whether a repeated key comes with the same gift."""
        told = asdict(self)
        # Younger than keys that may still be on their way: not told where nothing was chosen.
        usuals = {"interval": "month", "ends_on": None, "gifts_limit": None, "tribute": None}
        for name, usual in usuals.items():
            if told[name] == usual:
                del told[name]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def fee_cover_minor(self) -> int:
        """What the donor adds for the fee, in minor units."""
        return fee_cover_of(self.amount_minor, self.currency) if self.covers_fee else 0


def fee_cover_of(amount_minor: int, currency: str) -> int:
    """What a donor adds to an amount so that it is left whole after an estimated fee, in minor units.

    Both together are an amount that can be charged.
    """
    cover = fee_cover_gross_up(
        amount_minor,
        percent_basis_points=settings.FEE_PERCENT_BASIS_POINTS,
        fixed_minor=settings.FEE_FIXED_MINOR,
    )
    return cover + -(amount_minor + cover) % money_step(currency)


@dataclass(frozen=True)
class GiftStarted:
    """A gift that waits for the donor's card. `is_new` is False when the key was known."""

    donation: Donation
    client_secret: str
    is_new: bool


@dataclass(frozen=True)
class Advance:
    """Where a donation that is not money yet has come, as Stripe tells it at a time."""

    donation_id: int
    status: DonationStatus
    at: datetime
    why: str
    failure_code: str = ""


def donation_start(gift: GiftRequest) -> GiftStarted:
    """Start a one-off gift. The same key and details give the same gift, however often they are sent."""
    with transaction.atomic():
        donation, is_new = donation_record(gift, DonationKind.ONE_OFF)
    if donation.stripe_payment_intent_id:
        intent = stripe.payment_intent_retrieve(donation.stripe_payment_intent_id)
    else:
        intent = stripe.payment_intent_create(
            reference=donation.reference,
            amount_minor=donation.total_minor,
            currency=donation.currency,
            customer_id=donor_customer(donation.donor),
            description=f"Gift to {settings.CHARITY_NAME}: {donation.fund.name}",
        )
        Donation.objects.filter(pk=donation.pk).update(stripe_payment_intent_id=intent.id)
    donation_apply(donation_id=donation.pk, intent=intent, at=now(), why="asked Stripe")
    donation.refresh_from_db()
    return GiftStarted(donation, intent.client_secret, is_new)


def donation_record(gift: GiftRequest, kind: DonationKind, **extra: Any) -> tuple[Donation, bool]:
    """The donation of this key, made when new, in the caller's transaction.

    Raises IdempotencyKeyReused when the key came with other details before.
    """
    fund = Fund.objects.filter(code=gift.fund_code, is_active=True).first()
    if fund is None:
        raise NotFound(
            "This fund is not open for gifts any more. Please choose another.",
            fund="Choose another fund.",
        )
    known = Donation.objects.filter(idempotency_key=gift.idempotency_key).first()
    if known is None:
        donor = donor_record(gift.donor)
        known, is_new = Donation.objects.get_or_create(
            idempotency_key=gift.idempotency_key,
            defaults={
                "kind": kind,
                "donor": donor,
                "fund": fund,
                # Called for a new gift alone, which the types of Django don't know of.
                "tribute": lambda: tribute_record(donor, gift.tribute),  # type: ignore[misc]
                # An old link must never stop a gift: an appeal that we don't know is none.
                "campaign": Campaign.objects.filter(code=gift.campaign_code).first(),
                "amount_minor": gift.amount_minor,
                "fee_cover_minor": gift.fee_cover_minor,
                "currency": gift.currency,
                "message": gift.message,
                "is_anonymous": gift.is_anonymous,
                "request_fingerprint": gift.fingerprint,
                "donor_details": donor_news(donor, gift.donor),
                **extra,
            },
        )
        if is_new:
            audit_record(action="donation.started", subject=f"donation:{known.reference}")
            return known, True
    if known.request_fingerprint != gift.fingerprint or known.kind != kind:
        raise IdempotencyKeyReused
    return known, False


def donation_find(reference: str) -> Donation:
    """The donation of a public reference. Raises NotFound."""
    found = (
        Donation.objects.select_related("fund", "subscription").filter(reference=reference).first()
    )
    if found is None:
        raise NotFound("We don't know this gift. Check the link in your e-mail.")
    return found


def donation_look(reference: str) -> Donation:
    """The donation as it is now: when it is not final, Stripe is asked, so that no webhook is needed."""
    donation = donation_find(reference)
    if donation.status in DONATION_FINAL or not donation.stripe_payment_intent_id:
        return donation
    try:
        intent = stripe.payment_intent_retrieve(donation.stripe_payment_intent_id)
    except StripeRefused:  # It knows nothing of it, as of invented gifts: what we know stands.
        return donation
    donation_apply(donation_id=donation.pk, intent=intent, at=now(), why="asked Stripe")
    return donation_find(reference)


# The inbox may hold the counter of receipts and wait for this gift, which waits for the counter.
@deadlock_again
def donation_apply(*, donation_id: int, intent: IntentFacts, at: datetime, why: str) -> None:
    """Bring a donation to where its PaymentIntent is. Safe in any order and any number of times."""
    if intent.status == "succeeded":
        donation_settle(
            Settlement(
                donation_id=donation_id,
                amount_minor=intent.amount_received_minor,
                currency=intent.currency,
                payment_intent_id=intent.id,
                charge_id=intent.charge_id,
                received_at=at,
                why=why,
            )
        )
    elif intent.status in INTENT_STATUSES:
        donation_advance(
            donation_id=donation_id, status=INTENT_STATUSES[intent.status], at=at, why=why
        )
    elif intent.failure_code:
        donation_advance(
            donation_id=donation_id,
            status=DonationStatus.FAILED,
            at=at,
            why=why,
            failure_code=intent.failure_code,
        )


def donation_settle(settlement: Settlement) -> None:
    """Turn one promise into money: see donations_settle."""
    donations_settle([settlement])


@transaction.atomic
def donations_settle(settlements: Sequence[Settlement]) -> None:
    """Turn promises into money: the only function that does. Safe to call any number of times.

    One transaction and a fixed number of queries: status, payment, ledger, audit, the job for the
    receipt e-mail, receipt numbers. Raises MoveRefused on another currency than the gift's.
    """
    by_donation = {one.donation_id: one for one in reversed(settlements)}
    # Those that are paid are locked too: what follows in the same transaction changes their payments.
    locked = Donation.objects.select_for_update(of=("self",)).filter(pk__in=by_donation)
    due = [
        (donation, by_donation[donation.pk])
        for donation in locked.order_by("pk")
        if donation.status not in DONATION_PAID
    ]
    if not due:
        return
    before = _mark_paid(due)
    gifts = [donation for donation, _ in due]
    rows_update(
        Donation, gifts, ["status", "failure_code", "settled_at", "stripe_payment_intent_id"]
    )
    donors_tell(gifts)
    _settle(due, before)
    donations_restate_early(gifts)


@transaction.atomic
def donations_bring_in(due: Sequence[tuple[Donation, Settlement]]) -> None:
    """Write down gifts together with their money, as donations_settle does: each row is written once."""
    before = _mark_paid(due)
    rows_create(Donation, (donation for donation, _ in due))
    _settle(due, before)


def _settle(due: Sequence[tuple[Donation, Settlement]], before: Sequence[str]) -> None:
    """All that belongs to money that came, but the gift's own row."""
    donation_moves_record(
        [
            (donation, was, donation.status, money.why)
            for (donation, money), was in zip(due, before, strict=True)
        ]
    )
    payments_record(due)
    ledger_post([_settled_draft(donation, money) for donation, money in due])
    audit_record_all(
        ("donation.settled", f"donation:{donation.reference}", {"amount_minor": money.amount_minor})
        for donation, money in due
    )
    _acknowledge([(donation, money) for donation, money in due if not money.is_history])


def _acknowledge(due: Sequence[tuple[Donation, Settlement]]) -> None:
    """The job for the receipt e-mail, and the receipt's number."""
    if not due:
        return
    jobs.defer_all(
        "receipt_email",
        [{"donation_id": donation.pk} for donation, _ in due],
        events=[money.why for _, money in due],
    )
    # Last, since it locks the year's counter until the commit.
    receipts_issue([(donation, charity_date(money.received_at)) for donation, money in due])


def _settled_draft(donation: Donation, money: Settlement) -> Draft:
    return Draft(
        name=f"donation-{donation.pk}-settled",
        donation=donation,
        currency=money.currency,
        lines=[
            (Account.STRIPE_CLEARING, money.amount_minor),
            (Account.DONATION_INCOME, -money.amount_minor),
        ],
    )


def _mark_paid(due: Sequence[tuple[Donation, Settlement]]) -> list[str]:
    """Status, moment, PaymentIntent where it was not known; not written yet. Returns the statuses before."""
    before, moment = [], now()
    for donation, money in due:
        if money.currency != donation.currency:
            raise MoveRefused(
                f"The payment is in {money.currency}, the gift in {donation.currency}."
            )
        before.append(donation.status)
        donation.status, donation.failure_code = DonationStatus.SUCCEEDED, ""
        donation.settled_at = money.received_at if money.is_history else moment
        donation.stripe_payment_intent_id = (
            donation.stripe_payment_intent_id or money.payment_intent_id or None
        )
    return before


def donation_of_stripe(*, payment_intent_id: str, reference: str = "") -> Donation | None:
    """The donation of a PaymentIntent, or of the reference that we left in Stripe's metadata."""
    (found,) = donations_named([(payment_intent_id, reference)])
    return Donation.objects.get(pk=found) if found else None


def donations_named(names: Sequence[tuple[str, str]]) -> list[int | None]:
    """The keys of the donations of many pairs of PaymentIntent and reference, in their order: two queries.

    A reference counts only while its gift has no PaymentIntent: anybody who uses the Stripe account can
    copy what stands in metadata, and another payment is not this gift's.
    """
    intents = {intent for intent, _ in names if intent}
    by_intent = dict(
        Donation.objects.filter(stripe_payment_intent_id__in=intents)
        .order_by()
        .values_list("stripe_payment_intent_id", "pk")
    )
    references = {reference for intent, reference in names if reference and intent not in by_intent}
    by_reference = {}
    if references:
        gifts = Donation.objects.filter(reference__in=references, stripe_payment_intent_id=None)
        by_reference = dict(gifts.order_by().values_list("reference", "pk"))
    return [by_intent.get(intent) or by_reference.get(reference) for intent, reference in names]


def donation_advance(
    *, donation_id: int, status: DonationStatus, at: datetime, why: str, failure_code: str = ""
) -> None:
    """Move a donation that is not money yet: see donations_advance."""
    donations_advance([Advance(donation_id, status, at, why, failure_code)])


@transaction.atomic
def donations_advance(advances: Sequence[Advance]) -> None:
    """Move donations that are not money yet, each named once: a fixed number of queries.

    Older news than what we know, and impossible moves, change nothing.
    """
    by_donation = {one.donation_id: one for one in advances}
    locked = Donation.objects.select_for_update(of=("self",)).filter(pk__in=by_donation)
    moves = []
    for donation in locked.order_by("pk"):
        told = by_donation[donation.pk]
        if _is_news(donation, told):
            donation.stripe_event_at = told.at
            donation.failure_code = told.failure_code
            moves.append((donation, told.status, told.why))
    # Told late, it still happened then: reports count a failure on the day of its try.
    donations_move(moves, at={key: told.at for key, told in by_donation.items()})


def _is_news(donation: Donation, told: Advance) -> bool:
    if donation.stripe_event_at is not None and told.at < donation.stripe_event_at:
        return False
    if donation.status == told.status:
        return donation.failure_code != told.failure_code
    return told.status in DONATION_MOVES[DonationStatus(donation.status)]
