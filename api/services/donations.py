"""Gifts: started by a donor, moved by what Stripe tells, settled in one place."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from api.clock import charity_date, now
from api.errors import IdempotencyKeyReused, MoveRefused, NotFound
from api.models import (
    DONATION_FINAL,
    DONATION_MOVES,
    Account,
    Donation,
    DonationKind,
    DonationMove,
    DonationStatus,
    Fund,
)
from api.money import fee_cover_gross_up
from api.services import jobs
from api.services.audit import audit_record
from api.services.donors import DonorDetails, donor_customer, donor_record
from api.services.gateways import stripe
from api.services.gateways.stripe import IntentFacts
from api.services.ledger import ledger_post
from api.services.payments import payment_record
from api.services.receipts import receipt_issue

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
    collection_day: int | None = None

    @property
    def fingerprint(self) -> str:
        """Tells whether a repeated key comes with the same gift."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def fee_cover_minor(self) -> int:
        """What the donor adds for the fee, in minor units."""
        if not self.covers_fee:
            return 0
        return fee_cover_gross_up(
            self.amount_minor,
            percent_basis_points=settings.FEE_PERCENT_BASIS_POINTS,
            fixed_minor=settings.FEE_FIXED_MINOR,
        )


@dataclass(frozen=True)
class GiftStarted:
    """A gift that waits for the donor's card. `is_new` is False when the key was known."""

    donation: Donation
    client_secret: str
    is_new: bool


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
        known, is_new = Donation.objects.get_or_create(
            idempotency_key=gift.idempotency_key,
            defaults={
                "kind": kind,
                "donor": donor_record(gift.donor),
                "fund": fund,
                "amount_minor": gift.amount_minor,
                "fee_cover_minor": gift.fee_cover_minor,
                "currency": gift.currency,
                "message": gift.message,
                "is_anonymous": gift.is_anonymous,
                "request_fingerprint": gift.fingerprint,
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
    intent = stripe.payment_intent_retrieve(donation.stripe_payment_intent_id)
    donation_apply(donation_id=donation.pk, intent=intent, at=now(), why="asked Stripe")
    return donation_find(reference)


def donation_apply(*, donation_id: int, intent: IntentFacts, at: datetime, why: str) -> None:
    """Bring a donation to where its PaymentIntent is. Safe in any order and any number of times."""
    if intent.status == "succeeded":
        donation_settle(
            donation_id=donation_id,
            amount_minor=intent.amount_received_minor,
            currency=intent.currency,
            payment_intent_id=intent.id,
            received_at=at,
            why=why,
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


@transaction.atomic
def donation_settle(
    *,
    donation_id: int,
    amount_minor: int,
    currency: str,
    payment_intent_id: str,
    received_at: datetime,
    why: str,
) -> Donation:
    """Turn a promise into money: the only function that does. Safe to call any number of times.

    One transaction: status, payment, ledger, receipt number, audit, the job for the receipt e-mail.
    Amount in minor units, as Stripe received it. Raises MoveRefused on another currency.
    """
    donation = Donation.objects.select_for_update(of=("self",)).get(pk=donation_id)
    if donation.status == DonationStatus.SUCCEEDED:
        return donation
    if currency != donation.currency:
        raise MoveRefused(f"The payment is in {currency}, the gift in {donation.currency}.")
    donation.settled_at = now()
    donation.stripe_payment_intent_id = (
        donation.stripe_payment_intent_id or payment_intent_id or None
    )
    _move(donation, DonationStatus.SUCCEEDED, why)
    payment_record(
        donation=donation,
        amount_minor=amount_minor,
        currency=currency,
        payment_intent_id=payment_intent_id,
        received_at=received_at,
    )
    ledger_post(
        name=f"donation-{donation.pk}-settled",
        donation=donation,
        currency=currency,
        lines=[(Account.STRIPE_CLEARING, amount_minor), (Account.DONATION_INCOME, -amount_minor)],
    )
    audit_record(
        action="donation.settled",
        subject=f"donation:{donation.reference}",
        amount_minor=amount_minor,
    )
    jobs.defer("receipt_email", donation_id=donation.pk)
    # Last, since it locks the year's counter until the commit.
    receipt_issue(donation=donation, on=charity_date(received_at))
    return donation


@transaction.atomic
def donation_advance(
    *, donation_id: int, status: DonationStatus, at: datetime, why: str, failure_code: str = ""
) -> None:
    """Move a donation that is not money yet. Older news than what we know, and impossible moves, change nothing."""
    donation = Donation.objects.select_for_update(of=("self",)).get(pk=donation_id)
    is_old = donation.stripe_event_at is not None and at < donation.stripe_event_at
    is_repeated = donation.status == status and donation.failure_code == failure_code
    if (
        is_old
        or is_repeated
        or not (
            status in DONATION_MOVES[DonationStatus(donation.status)] or status == donation.status
        )
    ):
        return
    donation.stripe_event_at = at
    donation.failure_code = failure_code
    _move(donation, status, why)


def _move(donation: Donation, status: DonationStatus, why: str) -> None:
    before = DonationStatus(donation.status)
    if status != before and status not in DONATION_MOVES[before]:
        raise MoveRefused(f"A gift can't go from {before.label} to {status.label}.")
    donation.status = status
    if status == DonationStatus.SUCCEEDED:
        donation.failure_code = ""
    donation.save()
    DonationMove.objects.create(
        donation=donation, from_status=before, to_status=status, why=why[:120]
    )
