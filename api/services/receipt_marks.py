"""What stands on a receipt beside what it said when it was issued: whether it still holds, and its proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings

from api.clock import charity_date, day_words
from api.models import (
    REFUND_TAKEN,
    Donation,
    DonationStatus,
    Language,
    Receipt,
    ReceiptFault,
    ReplacedReceipt,
)
from api.money import money_text
from api.services.gateways.pdf import ReceiptMarks
from api.services.gateways.qr_codes import qr_svg
from api.services.receipt_codes import ReceiptFacts, receipt_code, receipt_sign

type AnyReceipt = Receipt | ReplacedReceipt


class Standing(StrEnum):
    """Whether a receipt holds."""

    VALID = "valid"
    PART_REFUNDED = "valid, partly given back"
    REFUNDED = "void: the gift was given back"
    CHARGED_BACK = "void: the gift was taken back by the donor's bank"
    REPLACED = "void: replaced by another receipt"


_BY_STATUS = {
    DonationStatus.PART_REFUNDED: Standing.PART_REFUNDED,
    DonationStatus.REFUNDED: Standing.REFUNDED,
    DonationStatus.CHARGED_BACK: Standing.CHARGED_BACK,
}
VOID = frozenset({Standing.REFUNDED, Standing.CHARGED_BACK, Standing.REPLACED})


@dataclass(frozen=True)
class _Words:
    """What is printed beside, in one language."""

    language: Language
    given_back: str
    replaced: str
    refunded: str
    charged_back: str
    copy: str
    faults: Mapping[ReceiptFault, str]


_WORDS = {
    Language.ENGLISH: _Words(
        language=Language.ENGLISH,
        given_back="Given back on",
        replaced="Replaced by receipt {number} on {day} ({why}).",
        refunded="The whole gift was given back.",
        charged_back="The gift was taken back by the donor's bank.",
        copy="A copy of the receipt of this number; it is no second gift.",
        faults={fault: fault.label.lower() for fault in ReceiptFault},
    ),
    Language.WELSH: _Words(
        language=Language.WELSH,
        given_back="Rhoddwyd yn ôl ar",
        replaced="Disodlwyd gan dderbynneb {number} ar {day} ({why}).",
        refunded="Rhoddwyd y rhodd gyfan yn ôl.",
        charged_back="Cymerwyd y rhodd yn ôl gan fanc y rhoddwr.",
        copy="Copi o'r dderbynneb â'r rhif hwn; nid ail rodd mohoni.",
        faults={
            ReceiptFault.NAME: "roedd yr enw'n anghywir",
            ReceiptFault.ADDRESS: "roedd y cyfeiriad yn anghywir",
            ReceiptFault.AMOUNT: "roedd y swm neu'r gronfa'n anghywir",
            ReceiptFault.OTHER: "roedd rhywbeth arall yn anghywir",
        },
    ),
}


@dataclass(frozen=True)
class ReceiptProof:
    """Its code, the page that answers to it, and the signed text."""

    code: str
    address: str
    signed: str


def receipt_standing(receipt: AnyReceipt) -> Standing:
    """Told by its gift as it is now: a refund that fails makes the receipt valid again."""
    if isinstance(receipt, ReplacedReceipt):
        return Standing.REPLACED
    return _BY_STATUS.get(DonationStatus(receipt.donation.status), Standing.VALID)


def receipt_proof(receipt: AnyReceipt) -> ReceiptProof:
    """Of any receipt, however old."""
    payment = receipt.donation.payment
    code = receipt_code(receipt.year, receipt.sequence)
    signed = receipt_sign(
        ReceiptFacts(
            number=receipt.number,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            received_on=charity_date(payment.received_at),
            charity_number=settings.CHARITY_NUMBER,
        )
    )
    # What follows # is never sent to us: the signature is for whoever reads the square.
    return ReceiptProof(code, f"{settings.SITE_URL}/verify/{code}", signed)


def receipt_marks(receipt: AnyReceipt, *, is_copy: bool = False) -> ReceiptMarks:
    """What to print on it now."""
    proof, standing = receipt_proof(receipt), receipt_standing(receipt)
    address = f"{proof.address}#{proof.signed}"
    words = _WORDS[Language((receipt.document or {}).get("language", Language.ENGLISH))]
    refunds = receipt_refunds(receipt.donation, words.language)
    return ReceiptMarks(
        stamp="VOID" if standing in VOID else "DUPLICATE" if is_copy else "",
        stamp_note=_note(receipt, standing, words, is_copy=is_copy),
        refunds=tuple((f"{words.given_back} {on}", amount) for on, amount in refunds),
        code=proof.code,
        address=address,
        shown_address=proof.address.partition("://")[2],
        qr=qr_svg(address),
    )


def receipt_refunds(donation: Donation, language: str = Language.ENGLISH) -> list[tuple[str, str]]:
    """What was given back: the day and the amount of each."""
    found = donation.refunds.filter(status__in=REFUND_TAKEN).order_by("pk")
    return [
        (_day(one.created_at, language), money_text(-one.amount_minor, one.currency))
        for one in found
    ]


def _note(receipt: AnyReceipt, standing: Standing, words: _Words, *, is_copy: bool) -> str:
    if isinstance(receipt, ReplacedReceipt):
        return words.replaced.format(
            number=receipt.replaced_by,
            day=_day(receipt.replaced_at, words.language),
            why=words.faults[ReceiptFault(receipt.reason)],
        )
    if standing == Standing.REFUNDED:
        return words.refunded
    if standing == Standing.CHARGED_BACK:
        return words.charged_back
    return words.copy if is_copy else ""


def _day(moment: datetime, language: str) -> str:
    return day_words(charity_date(moment), language, is_short=True)
