"""Disputes as a table: those that wait for us first, the nearest date first."""

from datetime import UTC, datetime

from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from api.models import DISPUTE_WAITS_FOR_US, Dispute, DisputeStatus, Right
from api.services.tables import methods
from api.services.tables.filters import Days, Flag, Money, Options
from api.services.tables.searches import (
    Amounts,
    Emails,
    Names,
    NamesAlike,
    Postcodes,
    ReceiptNumbers,
    References,
    StripeIds,
)
from api.services.tables.spec import Column, Kind, Order, Table, Tone

_S = DisputeStatus
_TONES = {
    _S.WARNING_NEEDS_RESPONSE: Tone.BAD,
    _S.WARNING_UNDER_REVIEW: Tone.WAITING,
    _S.WARNING_CLOSED: Tone.PLAIN,
    _S.NEEDS_RESPONSE: Tone.BAD,
    _S.UNDER_REVIEW: Tone.WAITING,
    _S.WON: Tone.GOOD,
    _S.LOST: Tone.CARE,
    _S.PREVENTED: Tone.PLAIN,
}
_DONOR = "donation__donor"
# docs.stripe.com/api/disputes/object#dispute_object-reason; one that is new is shown as Stripe writes it.
_REASONS = {
    "bank_cannot_process": "The bank can't process it",
    "check_returned": "Cheque returned",
    "credit_not_processed": "Refund not received",
    "customer_initiated": "Asked for by the donor",
    "debit_not_authorized": "Debit not authorised",
    "duplicate": "Taken twice",
    "fraudulent": "Fraudulent",
    "general": "General",
    "incorrect_account_details": "Wrong account details",
    "insufficient_funds": "Not enough money",
    "noncompliant": "Against the card scheme's rules",
    "product_not_received": "Not received",
    "product_unacceptable": "Not as expected",
    "subscription_canceled": "Monthly gift was stopped",
    "unrecognized": "Not recognised",
}
_WAITS = Q(status__in=DISPUTE_WAITS_FOR_US)
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9000, 1, 1, tzinfo=UTC)
# No index: there are few of them.
_DUE = Case(
    When(_WAITS, then=Coalesce(F("evidence_due_at"), Value(_AT_ONCE))), default=Value(_NEVER)
)

DISPUTES = Table(
    noun="disputes",
    label="Disputes",
    one="dispute",
    model=Dispute,
    right=Right.BANK_VIEW,
    keys={
        "is_waiting": Case(When(_WAITS, then=Value(True)), default=Value(False)),
        "currency": "currency",
        "donation_id": "donation_id",
        "donor_reference": "donation__donor__reference",
    },
    columns=[
        Column(
            "evidence_due_at",
            "Answer by",
            Kind.DUE,
            source=Case(When(_WAITS, then="evidence_due_at")),
            is_nullable=True,
        ),
        Column("status", "Status", Kind.STATUS, choices=dict(_S.choices), tones=_TONES),
        Column(
            "donor",
            "Donor",
            source="donation__donor__name",
            right=Right.DONORS_VIEW,
            link="/admin/donors/{donor_reference}/",
        ),
        Column("amount_minor", "Amount", Kind.MONEY),
        Column("currency", "Currency", Kind.CODE, is_default=False),
        Column("reason", "The bank's reason", Kind.STATUS, choices=_REASONS),
        Column("opened_at", "Opened", Kind.MOMENT, link="/admin/api/dispute/{pk}/change/"),
        Column(
            "donation",
            "Gift",
            Kind.CODE,
            source="donation__reference",
            link="/admin/api/donation/{donation_id}/why/",
        ),
        Column(
            "stripe_dispute_id",
            "Stripe's id",
            Kind.CODE,
            is_default=False,
            link="/admin/api/dispute/{pk}/change/",
        ),
    ],
    orders=[
        Order("evidence_due_at", "Answer by", [_DUE]),
        Order("opened_at", "Opened", ["opened_at"], is_descending=True),
    ],
    filters=[
        Flag("waits", "Waits for us", where=lambda: _WAITS),
        Options("status", "Status", choices=dict(_S.choices)),
        Days("opened", "Opened", path="opened_at"),
        Money("amount", "Amount"),
        methods.currency(),
        methods.reference("donor", "Donor", "donation__donor__reference", right=Right.DONORS_VIEW),
    ],
    searches=[
        References(
            model=Dispute,
            paths=(
                "donation__reference",
                "donation__donor__reference",
                "donation__subscription__reference",
            ),
        ),
        StripeIds(
            paths={
                **dict.fromkeys(("dp", "du"), "stripe_dispute_id"),
                "pi": "donation__stripe_payment_intent_id",
                "ch": "donation__payment__stripe_charge_id",
            }
        ),
        ReceiptNumbers(),
        Amounts(),
        Emails(donor=_DONOR),
        Postcodes(donor=_DONOR),
        Names(donor=_DONOR),
        Emails(donor=_DONOR, is_last=True),
        NamesAlike(donor=_DONOR),
    ],
    search_hint="Name, e-mail, postcode, reference, amount, receipt or Stripe's id",
    empty="No donor's bank has taken a payment back.",
)
