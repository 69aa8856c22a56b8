"""Receipts: a gapless number in the settling transaction; the document and its PDF after."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from api.clock import charity_date
from api.models import (
    Donation,
    Language,
    Receipt,
    ReceiptCounter,
    ReplacedReceipt,
)
from api.money import money_text
from api.services.donor_locks import donor_hold
from api.services.donor_words import (
    how_often_words,
    method_without_ending,
    method_words,
    tribute_said,
)
from api.services.gateways.pdf import ReceiptDocument, receipt_pdf
from api.services.receipt_marks import receipt_marks
from api.services.rows import rows_insert

_WITH = (
    "donation__donor",
    "donation__fund",
    "donation__payment",
    "donation__subscription",
    "donation__tribute",
)


def receipts_issue(gifts: Sequence[tuple[Donation, date]]) -> None:
    """Give the next numbers of each gift's year. Roll the transaction back and they are free again: no gap."""
    if not connection.in_atomic_block:
        raise RuntimeError(
            "a receipt number is given only inside the transaction that settles the gift"
        )
    by_year: dict[int, list[Donation]] = {}
    for donation, on in gifts:
        by_year.setdefault(on.year, []).append(donation)
    # In the order of the years, so that two batches never wait for each other.
    for year, donations in sorted(by_year.items()):
        last = receipt_numbers_take(year, len(donations))
        rows_insert(
            Receipt,
            {
                "donation_id": [donation.pk for donation in donations],
                "year": [year] * len(donations),
                "sequence": range(last - len(donations) + 1, last + 1),
            },
        )


def receipt_numbers_take(year: int, count: int) -> int:
    """Take `count` numbers of a year; returns the last of them. Locks the counter until the commit."""
    ReceiptCounter.objects.bulk_create([ReceiptCounter(year=year)], ignore_conflicts=True)
    ReceiptCounter.objects.filter(year=year).update(last=F("last") + count)
    return ReceiptCounter.objects.values_list("last", flat=True).get(year=year)


def receipt_document(receipt: Receipt | ReplacedReceipt) -> ReceiptDocument:
    """What the receipt says: as kept, or written down now for the first time."""
    if isinstance(receipt, Receipt) and receipt.document is None:
        _document_keep(receipt)
        receipt.refresh_from_db()
    kept = dict(receipt.document or {})
    kept["received_on"] = date.fromisoformat(kept["received_on"])
    kept["donor_address_lines"] = tuple(kept["donor_address_lines"])
    kept["tribute"] = tuple(kept["tribute"]) if kept.get("tribute") else None
    return ReceiptDocument(**kept)


def receipt_pdf_make(
    receipt: Receipt | ReplacedReceipt, *, is_copy: bool = False, has_ending: bool = True
) -> bytes:
    """The receipt's PDF: what it said when issued, and whether it still holds.

    The same bytes whenever it is asked for, until something of its gift is given back. Without
    `has_ending` a card or account is not told by its last digits: for staff who may not see them.
    """
    document = receipt_document(receipt)
    if not has_ending:
        document = replace(document, method=method_without_ending(document.method))
    return receipt_pdf(document, receipt_marks(receipt, is_copy=is_copy))


_STATUS_LINES = {
    Language.ENGLISH: "Registered charity no. {number} in England and Wales",
    Language.WELSH: "Elusen gofrestredig rhif {number} yng Nghymru a Lloegr",
}
_CONTACT_LINES = {
    Language.ENGLISH: "Questions about this gift? Write to {email}.",
    Language.WELSH: "Cwestiynau am y rhodd hon? Ysgrifennwch at {email}.",
}
_HOW_TO_STOP = {
    Language.ENGLISH: "To stop your {rhythm} gift, use the link in the e-mail that brought this receipt.",
    Language.WELSH: "I stopio eich rhodd reolaidd, defnyddiwch y ddolen yn yr e-bost a ddaeth â'r dderbynneb hon.",
}


def charity_words(language: str = Language.ENGLISH) -> dict[str, Any]:
    """How the charity names itself on documents (Charities Act 2011: it must say that it is registered)."""
    status = _STATUS_LINES[Language(language)]
    return {
        "charity_name": settings.CHARITY_NAME,
        "charity_number": settings.CHARITY_NUMBER,
        "charity_status_line": status.format(number=settings.CHARITY_NUMBER),
        "charity_address": settings.CHARITY_ADDRESS,
        "charity_email": settings.CHARITY_EMAIL,
    }


@transaction.atomic
def _document_keep(receipt: Receipt) -> None:
    # All read anew under the donor's lock: they may have been forgotten since the gift was read.
    donor_hold(receipt.donation.donor_id)
    now_known = Receipt.objects.select_related(*_WITH).get(pk=receipt.pk)
    kept = asdict(_document(now_known))
    kept["received_on"] = kept["received_on"].isoformat()
    Receipt.objects.filter(pk=receipt.pk, document__isnull=True).update(document=kept)


def _document(receipt: Receipt) -> ReceiptDocument:
    donation, payment = receipt.donation, receipt.donation.payment
    plan, language = donation.subscription, Language(donation.donor.language)
    frequency = how_often_words(plan, language)
    cover = min(donation.fee_cover_minor, payment.amount_minor - 1)
    return ReceiptDocument(
        **charity_words(language),
        receipt_number=receipt.number,
        donor_name=donation.donor.name,
        donor_address_lines=tuple(donation.donor.address_lines),
        received_on=charity_date(payment.received_at),
        amount=money_text(payment.amount_minor - cover, payment.currency),
        fee_cover=money_text(cover, payment.currency) if cover else None,
        total=money_text(payment.amount_minor, payment.currency),
        fund_name=donation.fund.name,
        method=method_words(payment.method or "Card", language),
        frequency=frequency,
        reference=donation.reference,
        contact_line=_CONTACT_LINES[language].format(email=settings.CHARITY_EMAIL),
        how_to_stop=_HOW_TO_STOP[language].format(rhythm=frequency.lower()) if plan else None,
        language=language.value,
        tribute=tribute_said(donation.tribute, language),
    )
