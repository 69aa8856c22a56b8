"""What a donor gave in a period, as one document: for their tax return, and for their own books."""

from collections.abc import Iterator
from datetime import date, timedelta

from api.clock import charity_date, day_begin, now
from api.models import (
    DONATION_PAID,
    REFUND_TAKEN,
    Donation,
    DonationStatus,
    Donor,
)
from api.money import money_text
from api.services.gateways.pdf_donor_statements import (
    CurrencyTable,
    DonorStatementDocument,
    GiftRow,
    donor_statement_document_pdf,
)
from api.services.receipts import charity_words, how_often
from api.services.statement_periods import Period, period_of_days

# gov.uk/donating-to-charity/gift-aid: a tax return asks for what was given with Gift Aid, as it was paid.
_TAX_NOTE = (
    "This is what a Self Assessment tax return asks for: gifts with Gift Aid, as you paid them. "
    "Gifts without Gift Aid are not entered there."
)
_OTHER_NOTE = "Gifts with Gift Aid in these days. A tax return asks for a tax year: ask us for that statement."


def donor_statement(donor: Donor, begin: date, end: date) -> DonorStatementDocument:
    """The statement of the days from `begin` to `end`, both in it, as the charity's clocks show them."""
    return donor_statement_of(donor, period_of_days(begin, end))


def donor_statement_pdf(donor: Donor, period: Period) -> bytes:
    """The statement of a period (`statement_periods.period_read`) as PDF."""
    return donor_statement_document_pdf(donor_statement_of(donor, period))


def donor_statement_name(period: Period) -> str:
    """How its file is called."""
    return f"statement-{period.code.replace(':', '-')}.pdf"


def donor_statement_of(donor: Donor, period: Period) -> DonorStatementDocument:
    """The statement of a period: three queries, however much was given."""
    gifts = _gifts(donor, period)
    by_currency: dict[str, list[Donation]] = {}
    for gift in gifts:
        by_currency.setdefault(gift.payment.currency, []).append(gift)
    # Pounds first: they are what the charity and the tax office count in.
    currencies = sorted(by_currency, key=lambda code: (code != "GBP", code))
    return DonorStatementDocument(
        **charity_words(),
        donor_name=donor.name,
        donor_address_lines=tuple(donor.address_lines),
        donor_reference=donor.reference,
        title=period.title,
        first_day=_day(period.begin),
        last_day=_day(period.end),
        made_on=charity_date(now()),
        sums=tuple(money_text(_kept(by_currency[code]), code) for code in currencies)
        or (money_text(0, "GBP"),),
        count_words=f"{len(gifts):,} gift{'' if len(gifts) == 1 else 's'}",
        tables=tuple(_table(code, by_currency[code]) for code in currencies),
        # No Gift Aid is claimed yet: when it is, its gifts are told by their claims.
        tax_sum=money_text(0, "GBP"),
        tax_note=_TAX_NOTE if period.is_tax_year else _OTHER_NOTE,
    )


def _gifts(donor: Donor, period: Period) -> list[Donation]:
    first, after = day_begin(period.begin), day_begin(period.end + timedelta(days=1))
    return list(
        Donation.objects.filter(
            donor=donor,
            status__in=DONATION_PAID,
            payment__received_at__gte=first,
            payment__received_at__lt=after,
        )
        .select_related("payment", "fund", "receipt", "subscription")
        .prefetch_related("refunds", "disputes")
        .order_by("payment__received_at", "pk")
    )


def _table(currency: str, gifts: list[Donation]) -> CurrencyTable:
    given = sum(gift.payment.amount_minor for gift in gifts)
    back = sum(amount for gift in gifts for _, amount in _given_back(gift))
    sums = [("Given", money_text(given, currency))]
    if back:
        sums.append(("Given back", money_text(-back, currency)))
        sums.append(("Given in all", money_text(given - back, currency)))
    return CurrencyTable(currency, tuple(_row(gift) for gift in gifts), tuple(sums))


def _row(gift: Donation) -> GiftRow:
    payment = gift.payment
    receipt = getattr(gift, "receipt", None)
    return GiftRow(
        received_on=_short_day(charity_date(payment.received_at)),
        fund=gift.fund.name,
        how=how_often(gift.subscription),
        receipt=receipt.number if receipt else "",
        gift_aid="No",
        amount=money_text(payment.amount_minor, payment.currency),
        given_back=tuple(
            (words, money_text(-amount, payment.currency)) for words, amount in _given_back(gift)
        ),
    )


def _kept(gifts: list[Donation]) -> int:
    return sum(
        gift.payment.amount_minor - sum(amount for _, amount in _given_back(gift)) for gift in gifts
    )


def _given_back(gift: Donation) -> Iterator[tuple[str, int]]:
    """What went back of a gift, whenever that was: words with its day, and minor units."""
    for refund in sorted(gift.refunds.all(), key=lambda one: one.pk):
        if refund.status in REFUND_TAKEN:
            yield (
                f"Given back on {_short_day(charity_date(refund.created_at))}",
                refund.amount_minor,
            )
    if gift.status == DonationStatus.CHARGED_BACK:
        lost = [one for one in gift.disputes.all() if one.currency == gift.payment.currency]
        amount = sum(one.amount_minor for one in lost) or gift.payment.amount_minor
        yield "Taken back by your bank", min(amount, gift.payment.amount_minor)


def _day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"


def _short_day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
