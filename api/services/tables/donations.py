"""Gifts as a table."""

from django.db.models import F, Q

from api.models import (
    Campaign,
    Donation,
    DonationKind,
    DonationStatus,
    Fund,
    PlanInterval,
    Right,
)
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
from api.services.tables.spec import Column, Kind, Order, Table, Tone
from api.services.tables.tributes import TRIBUTE_COLUMNS

_S = DonationStatus
STATUS_TONES = {
    _S.CREATED: Tone.PLAIN,
    _S.REQUIRES_ACTION: Tone.WAITING,
    _S.PROCESSING: Tone.WAITING,
    _S.SUCCEEDED: Tone.GOOD,
    _S.FAILED: Tone.BAD,
    _S.CANCELLED: Tone.PLAIN,
    _S.PART_REFUNDED: Tone.CARE,
    _S.REFUNDED: Tone.CARE,
    _S.DISPUTED: Tone.BAD,
    _S.CHARGED_BACK: Tone.BAD,
}

DONATIONS = Table(
    noun="donations",
    label="Donations",
    one="donation",
    model=Donation,
    right=Right.GIVING_VIEW,
    aliases={"total_minor": F("amount_minor") + F("fee_cover_minor")},
    keys={"currency": "currency", "donor_reference": "donor__reference"},
    lookup="reference",
    columns=[
        Column("created_at", "Given", Kind.MOMENT),
        Column(
            "donor",
            "Donor",
            source="donor__name",
            right=Right.DONORS_VIEW,
            link="/admin/donors/{donor_reference}/",
        ),
        Column(
            "email", "E-mail", source="donor__email", right=Right.DONORS_CONTACT, is_default=False
        ),
        Column(
            "total_minor", "Amount", Kind.MONEY, source=F("amount_minor") + F("fee_cover_minor")
        ),
        Column("fee_cover_minor", "Of it for fees", Kind.MONEY, is_default=False),
        Column("currency", "Currency", Kind.CODE, is_default=False),
        Column("status", "Status", Kind.STATUS, choices=dict(_S.choices), tones=STATUS_TONES),
        Column("kind", "How often", Kind.STATUS, choices=dict(DonationKind.choices)),
        Column(
            "rhythm",
            "Rhythm",
            Kind.STATUS,
            source="subscription__interval",
            choices=dict(PlanInterval.choices),
            is_default=False,
            is_nullable=True,
        ),
        Column("fund", "Fund", source="fund__name"),
        Column("campaign", "Appeal", source="campaign__name", is_default=False, is_nullable=True),
        Column(
            "method",
            "Paid by",
            Kind.STATUS,
            source="payment__method_kind",
            choices=METHODS,
            is_nullable=True,
        ),
        Column("reference", "Reference", Kind.CODE, link="/admin/api/donation/{pk}/change/"),
        Column("settled_at", "Paid", Kind.MOMENT, is_default=False, is_nullable=True),
        Column("failure_code", "Why it failed", is_default=False),
        Column("message", "Message", is_default=False),
        *TRIBUTE_COLUMNS,
        Column(
            "tribute_message",
            "Words for them",
            source="tribute__message",
            is_default=False,
            is_nullable=True,
        ),
        Column("is_anonymous", "Anonymous", Kind.BOOLEAN, is_default=False),
        Column(
            "stripe_payment_intent_id",
            "Stripe's id",
            Kind.CODE,
            right=Right.BANK_VIEW,
            is_default=False,
            is_nullable=True,
        ),
    ],
    row_links={"Why?": "/admin/api/donation/{pk}/why/"},
    orders=[
        Order("created_at", "Given", ["created_at"], is_descending=True),
        Order(
            "total_minor", "Amount", [F("amount_minor") + F("fee_cover_minor")], is_descending=True
        ),
    ],
    filters=[
        Options("status", "Status", choices=dict(_S.choices)),
        Options("kind", "How often", choices=dict(DonationKind.choices)),
        Related("fund", "Fund", model=Fund),
        Related("campaign", "Appeal", model=Campaign),
        Options("method", "Paid by", path="payment__method_kind", choices=METHODS),
        Days("created", "Given", path="created_at"),
        Days("received", "Received", path="payment__received_at"),
        Money("amount", "Amount", path="total_minor"),
        methods.currency(),
        Flag("has_message", "Has a message", where=lambda: ~Q(message="")),
        Flag(
            "has_tribute",
            "In memory or honour of somebody",
            where=lambda: Q(tribute__isnull=False),
        ),
        Flag("is_anonymous", "Anonymous", where=lambda: Q(is_anonymous=True)),
        Flag("has_campaign", "From an appeal", where=lambda: Q(campaign__isnull=False)),
        Flag("has_fee_cover", "Fees covered", where=lambda: Q(fee_cover_minor__gt=0)),
        methods.reference("donor", "Donor", "donor__reference", right=Right.DONORS_VIEW),
        methods.reference("plan", "Plan", "subscription__reference"),
    ],
    searches=[
        References(
            model=Donation, paths=("reference", "donor__reference", "subscription__reference")
        ),
        StripeIds(
            paths={
                "pi": "stripe_payment_intent_id",
                "in": "stripe_invoice_id",
                "ch": "payment__stripe_charge_id",
                "py": "payment__stripe_charge_id",
                "cus": "donor__stripe_customer_id",
                "sub": "subscription__stripe_subscription_id",
            }
        ),
        ReceiptNumbers(gift="", receipt="receipt__"),
        Amounts(path="total_minor"),
        Emails(donor="donor"),
        Postcodes(donor="donor"),
        Names(donor="donor"),
        Emails(donor="donor", is_last=True),
        NamesAlike(donor="donor"),
    ],
    search_hint="Name, e-mail, postcode, reference, amount or receipt",
    empty="No gift has come yet. Open the giving page and make one: it is here at once.",
)
