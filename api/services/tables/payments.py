"""Payments as a table: money that came."""

from django.db.models import Q

from api.models import Campaign, DonationKind, Fund, Payment, Right
from api.services.gateways.methods import METHODS
from api.services.tables import methods
from api.services.tables.filters import Days, Flag, Money, Options, Related
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
from api.services.tables.spec import Column, Kind, Order, Table

_DONOR = "donation__donor"

PAYMENTS = Table(
    noun="payments",
    label="Payments",
    one="payment",
    model=Payment,
    right=Right.BANK_VIEW,
    keys={
        "currency": "currency",
        "donation_id": "donation_id",
        "donor_reference": "donation__donor__reference",
    },
    columns=[
        Column("received_at", "Received", Kind.MOMENT, link="/admin/api/payment/{pk}/change/"),
        Column(
            "donor",
            "Donor",
            source="donation__donor__name",
            right=Right.DONORS_VIEW,
            link="/admin/donors/{donor_reference}/",
        ),
        Column("amount_minor", "Amount", Kind.MONEY),
        Column("fee_minor", "Stripe's fee", Kind.MONEY, is_nullable=True),
        Column("currency", "Currency", Kind.CODE, is_default=False),
        Column("method_kind", "Paid by", Kind.STATUS, choices=METHODS, is_default=False),
        Column("method", "Paid with"),
        Column("fund", "Fund", source="donation__fund__name"),
        Column(
            "donation",
            "Gift",
            Kind.CODE,
            source="donation__reference",
            link="/admin/api/donation/{donation_id}/why/",
        ),
        Column(
            "stripe_payment_intent_id",
            "Stripe's payment",
            Kind.CODE,
            is_default=False,
            is_nullable=True,
        ),
        Column(
            "stripe_charge_id", "Stripe's charge", Kind.CODE, is_default=False, is_nullable=True
        ),
    ],
    orders=[
        Order("received_at", "Received", ["received_at"], is_descending=True),
        Order("amount_minor", "Amount", ["amount_minor"], is_descending=True),
    ],
    filters=[
        Days("received", "Received", path="received_at"),
        Options("method", "Paid by", path="method_kind", choices=METHODS),
        Related("fund", "Fund", path="donation__fund", model=Fund),
        Related("campaign", "Appeal", path="donation__campaign", model=Campaign),
        Options("kind", "How often", path="donation__kind", choices=dict(DonationKind.choices)),
        Money("amount", "Amount"),
        methods.currency(),
        Flag("has_fee", "Fee is known", where=lambda: Q(fee_minor__isnull=False)),
        methods.reference("donor", "Donor", "donation__donor__reference", right=Right.DONORS_VIEW),
    ],
    searches=[
        References(
            model=Payment,
            paths=(
                "donation__reference",
                "donation__donor__reference",
                "donation__subscription__reference",
            ),
        ),
        StripeIds(
            paths={
                "pi": "stripe_payment_intent_id",
                "ch": "stripe_charge_id",
                "py": "stripe_charge_id",
                "cus": "donation__donor__stripe_customer_id",
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
    empty="No payment has come yet. Each is here as soon as Stripe has told of it.",
)
