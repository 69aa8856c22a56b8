"""Refunds as a table."""

from api.models import Refund, RefundReason, RefundStatus, Right
from api.services.tables import methods
from api.services.tables.filters import Days, Money, Options
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

_S = RefundStatus
_TONES = {
    _S.ASKED: Tone.CARE,
    _S.PENDING: Tone.WAITING,
    _S.REQUIRES_ACTION: Tone.CARE,
    _S.SUCCEEDED: Tone.GOOD,
    _S.FAILED: Tone.BAD,
    _S.CANCELLED: Tone.PLAIN,
}
_DONOR = "donation__donor"

REFUNDS = Table(
    noun="refunds",
    label="Refunds",
    one="refund",
    model=Refund,
    right=Right.GIVING_VIEW,
    keys={
        "currency": "currency",
        "donation_id": "donation_id",
        "donor_reference": "donation__donor__reference",
    },
    lookup="reference",
    columns=[
        Column("created_at", "Asked for", Kind.MOMENT, link="/admin/api/refund/{pk}/change/"),
        Column(
            "donor",
            "Donor",
            source="donation__donor__name",
            right=Right.DONORS_VIEW,
            link="/admin/donors/{donor_reference}/",
        ),
        Column("amount_minor", "Amount", Kind.MONEY),
        Column("currency", "Currency", Kind.CODE, is_default=False),
        Column("status", "Status", Kind.STATUS, choices=dict(_S.choices), tones=_TONES),
        Column(
            "reason",
            "Reason",
            Kind.STATUS,
            choices={**dict(RefundReason.choices), "": "Made at Stripe"},
        ),
        Column("note", "Note", is_default=False),
        Column("asked_by", "Asked by", source="asked_by__email", is_nullable=True),
        Column("approved_by", "Approved by", source="approved_by__email", is_nullable=True),
        Column(
            "donation",
            "Gift",
            Kind.CODE,
            source="donation__reference",
            link="/admin/api/donation/{donation_id}/why/",
        ),
        Column("failure_reason", "Why it failed", is_default=False),
        Column("reference", "Reference", Kind.CODE, is_default=False),
        Column(
            "stripe_refund_id",
            "Stripe's id",
            Kind.CODE,
            right=Right.BANK_VIEW,
            is_default=False,
            is_nullable=True,
        ),
    ],
    orders=[Order("created_at", "Asked for", ["created_at"], is_descending=True)],
    filters=[
        Options("status", "Status", choices=dict(_S.choices)),
        Options("reason", "Reason", choices=dict(RefundReason.choices)),
        Days("created", "Asked for", path="created_at"),
        Money("amount", "Amount"),
        methods.currency(),
        methods.reference("donor", "Donor", "donation__donor__reference", right=Right.DONORS_VIEW),
        methods.reference("donation", "Gift", "donation__reference"),
    ],
    searches=[
        References(
            model=Refund,
            paths=(
                "reference",
                "donation__reference",
                "donation__donor__reference",
                "donation__subscription__reference",
            ),
        ),
        StripeIds(
            paths={
                "re": "stripe_refund_id",
                "pyr": "stripe_refund_id",
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
    search_hint="Name, e-mail, postcode, reference, amount or receipt",
    empty="No money was given back. To refund a gift, open it in Donations.",
)
