"""What stands on a receipt beside what it said when it was issued: whether it still holds, and its proof."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings

from api.clock import charity_date
from api.models import (
    REFUND_TAKEN,
    Donation,
    DonationStatus,
    Receipt,
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
    refunds = receipt_refunds(receipt.donation)
    return ReceiptMarks(
        stamp="VOID" if standing in VOID else "DUPLICATE" if is_copy else "",
        stamp_note=_note(receipt, standing, is_copy=is_copy),
        refunds=tuple((f"Given back on {on}", amount) for on, amount in refunds),
        code=proof.code,
        address=address,
        shown_address=proof.address.partition("://")[2],
        qr=qr_svg(address),
    )


def receipt_refunds(donation: Donation) -> list[tuple[str, str]]:
    """What was given back: the day and the amount of each."""
    found = donation.refunds.filter(status__in=REFUND_TAKEN).order_by("pk")
    return [(_day(one.created_at), money_text(-one.amount_minor, one.currency)) for one in found]


def _note(receipt: AnyReceipt, standing: Standing, *, is_copy: bool) -> str:
    if isinstance(receipt, ReplacedReceipt):
        why = receipt.get_reason_display().lower()
        return f"Replaced by receipt {receipt.replaced_by} on {_day(receipt.replaced_at)} ({why})."
    if standing == Standing.REFUNDED:
        return "The whole gift was given back."
    if standing == Standing.CHARGED_BACK:
        return "The gift was taken back by the donor's bank."
    return "A copy of the receipt of this number; it is no second gift." if is_copy else ""


def _day(moment: datetime) -> str:
    on = charity_date(moment)
    return f"{on.day} {on:%b %Y}"
