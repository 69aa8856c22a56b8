"""Receipts as a table, by their gapless numbers."""

from collections.abc import Mapping

from django.db.models import CharField, F, Func, Value
from django.db.models.functions import Cast, Concat

from api.models import Fund, Receipt, ReceiptCounter, Right
from api.services.tables import methods
from api.services.tables.filters import Days, Money, Options, Related
from api.services.tables.searches import (
    Amounts,
    Emails,
    Names,
    NamesAlike,
    Postcodes,
    ReceiptNumbers,
    References,
)
from api.services.tables.spec import Column, Kind, Order, Table

_DONOR = "donation__donor"
_AMOUNT, _CURRENCY = "donation__payment__amount_minor", "donation__payment__currency"


def _number() -> Concat:
    """As it stands on the receipt: 2026-000001; more than six digits are not cut."""
    sequence = Func(
        F("sequence"),
        template="to_char(%(expressions)s, 'FM999999999000000')",
        output_field=CharField(),
    )
    return Concat(Cast("year", CharField()), Value("-"), sequence, output_field=CharField())


def _years() -> Mapping[str, str]:
    years = ReceiptCounter.objects.order_by("-year").values_list("year", flat=True)
    return {str(year): str(year) for year in years}


RECEIPTS = Table(
    noun="receipts",
    label="Receipts",
    one="receipt",
    model=Receipt,
    right=Right.GIVING_VIEW,
    keys={
        "currency": "donation__currency",
        "donation_id": "donation_id",
        "donor_reference": "donation__donor__reference",
    },
    columns=[
        Column(
            "number", "Number", Kind.CODE, source=_number(), link="/admin/api/receipt/{pk}/change/"
        ),
        Column("issued_at", "Issued", Kind.MOMENT),
        Column(
            "donor",
            "Donor",
            source="donation__donor__name",
            right=Right.DONORS_VIEW,
            link="/admin/donors/{donor_reference}/",
        ),
        Column(
            "email",
            "E-mail",
            source="donation__donor__email",
            right=Right.DONORS_CONTACT,
            is_default=False,
        ),
        Column("amount_minor", "Amount", Kind.MONEY, source=_AMOUNT),
        Column("currency", "Currency", Kind.CODE, source="donation__currency", is_default=False),
        Column("fund", "Fund", source="donation__fund__name"),
        Column(
            "donation",
            "Gift",
            Kind.CODE,
            source="donation__reference",
            link="/admin/api/donation/{donation_id}/why/",
        ),
    ],
    orders=[
        Order("number", "Number", ["year", "sequence"], is_descending=True),
        Order("issued_at", "Issued", ["issued_at"], is_descending=True),
    ],
    filters=[
        Options("year", "Year", choices=_years, order="-number"),
        Days("issued", "Issued", path="issued_at", order="-issued_at"),
        Related("fund", "Fund", path="donation__fund", model=Fund),
        Money("amount", "Amount", path=_AMOUNT, currency=_CURRENCY),
        methods.currency(_CURRENCY),
        methods.reference("donor", "Donor", "donation__donor__reference", right=Right.DONORS_VIEW),
    ],
    searches=[
        ReceiptNumbers(receipt=""),
        References(
            model=Receipt,
            paths=(
                "donation__reference",
                "donation__donor__reference",
                "donation__subscription__reference",
            ),
        ),
        Amounts(path=_AMOUNT, currency=_CURRENCY),
        Emails(donor=_DONOR),
        Postcodes(donor=_DONOR),
        Names(donor=_DONOR),
        Emails(donor=_DONOR, is_last=True),
        NamesAlike(donor=_DONOR),
    ],
    search_hint="Number, name, e-mail, postcode, reference or amount",
    empty="No receipt was issued yet. Each paid gift has one, by itself.",
)
