"""What a donor gave in a period, as one document: for their tax return, and for their own books."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.clock import charity_date, day_begin, day_words, now
from api.models import (
    DONATION_PAID,
    REFUND_TAKEN,
    Donation,
    DonationStatus,
    Donor,
    Language,
)
from api.money import money_text
from api.services.donor_words import gifts_words, how_often_words
from api.services.gateways.pdf_donor_statements import (
    CurrencyTable,
    DonorStatementDocument,
    GiftRow,
    donor_statement_document_pdf,
)
from api.services.receipts import charity_words
from api.services.statement_periods import Period, period_of_days, period_title


# gov.uk/donating-to-charity/gift-aid: a tax return asks for what was given with Gift Aid, as it was paid.
@dataclass(frozen=True)
class _Words:
    """What a statement says around its figures, in one language."""

    language: Language
    tax_note: str
    other_note: str
    given: str
    given_back: str
    given_in_all: str
    given_back_on: str
    taken_back: str
    no: str


_WORDS = {
    Language.ENGLISH: _Words(
        language=Language.ENGLISH,
        tax_note="This is what a Self Assessment tax return asks for: gifts with Gift Aid, as you paid "
        "them. Gifts without Gift Aid are not entered there.",
        other_note="Gifts with Gift Aid in these days. A tax return asks for a tax year: ask us for that "
        "statement.",
        given="Given",
        given_back="Given back",
        given_in_all="Given in all",
        given_back_on="Given back on",
        taken_back="Taken back by your bank",
        no="No",
    ),
    Language.WELSH: _Words(
        language=Language.WELSH,
        tax_note="Dyma'r hyn y mae ffurflen dreth Hunanasesiad yn gofyn amdano: rhoddion gyda Rhodd "
        "Cymorth, fel y gwnaethoch eu talu. Nid yw rhoddion heb Rhodd Cymorth yn cael eu nodi yno.",
        other_note="Rhoddion gyda Rhodd Cymorth yn y dyddiau hyn. Mae ffurflen dreth yn gofyn am flwyddyn "
        "dreth: gofynnwch i ni am y datganiad hwnnw.",
        given="Rhoddwyd",
        given_back="Rhoddwyd yn ôl",
        given_in_all="Cyfanswm y rhoddion",
        given_back_on="Rhoddwyd yn ôl ar",
        taken_back="Cymerwyd yn ôl gan eich banc",
        no="Na",
    ),
}


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
    """The statement of a period, in the donor's language: three queries, however much was given."""
    gifts, words = _gifts(donor, period), _WORDS[Language(donor.language)]
    language = words.language
    by_currency: dict[str, list[Donation]] = {}
    for gift in gifts:
        by_currency.setdefault(gift.payment.currency, []).append(gift)
    # Pounds first: they are what the charity and the tax office count in.
    currencies = sorted(by_currency, key=lambda code: (code != "GBP", code))
    return DonorStatementDocument(
        **charity_words(language),
        donor_name=donor.name,
        donor_address_lines=tuple(donor.address_lines),
        donor_reference=donor.reference,
        title=period_title(period, language),
        first_day=day_words(period.begin, language),
        last_day=day_words(period.end, language),
        made_on=charity_date(now()),
        sums=tuple(money_text(_kept(by_currency[code]), code) for code in currencies)
        or (money_text(0, "GBP"),),
        count_words=gifts_words(len(gifts), language),
        tables=tuple(_table(code, by_currency[code], words) for code in currencies),
        # No Gift Aid is claimed yet: when it is, its gifts are told by their claims.
        tax_sum=money_text(0, "GBP"),
        tax_note=words.tax_note if period.is_tax_year else words.other_note,
        language=language.value,
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


def _table(currency: str, gifts: list[Donation], words: _Words) -> CurrencyTable:
    given = sum(gift.payment.amount_minor for gift in gifts)
    back = given - _kept(gifts)
    sums = [(words.given, money_text(given, currency))]
    if back:
        sums.append((words.given_back, money_text(-back, currency)))
        sums.append((words.given_in_all, money_text(given - back, currency)))
    return CurrencyTable(currency, tuple(_row(gift, words) for gift in gifts), tuple(sums))


def _row(gift: Donation, words: _Words) -> GiftRow:
    payment = gift.payment
    receipt = getattr(gift, "receipt", None)
    return GiftRow(
        received_on=_short_day(payment.received_at, words),
        fund=gift.fund.name,
        how=how_often_words(gift.subscription, words.language),
        receipt=receipt.number if receipt else "",
        gift_aid=words.no,
        amount=money_text(payment.amount_minor, payment.currency),
        given_back=tuple(
            (_said(on, words), money_text(-amount, payment.currency))
            for on, amount in _given_back(gift)
        ),
    )


def _kept(gifts: list[Donation]) -> int:
    return sum(
        gift.payment.amount_minor - sum(amount for _, amount in _given_back(gift)) for gift in gifts
    )


def _given_back(gift: Donation) -> Iterator[tuple[datetime | None, int]]:
    """What went back of a gift, whenever that was, in minor units; without its moment: the bank took it back."""
    for refund in sorted(gift.refunds.all(), key=lambda one: one.pk):
        if refund.status in REFUND_TAKEN:
            yield refund.created_at, refund.amount_minor
    if gift.status == DonationStatus.CHARGED_BACK:
        lost = [one for one in gift.disputes.all() if one.currency == gift.payment.currency]
        amount = sum(one.amount_minor for one in lost) or gift.payment.amount_minor
        yield None, min(amount, gift.payment.amount_minor)


def _said(given_back_at: datetime | None, words: _Words) -> str:
    if given_back_at is None:
        return words.taken_back
    return f"{words.given_back_on} {_short_day(given_back_at, words)}"


def _short_day(moment: datetime, words: _Words) -> str:
    return day_words(charity_date(moment), words.language, is_short=True)
