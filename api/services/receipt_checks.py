"""What anybody may know of a receipt by its code: that it is ours, how much, when, and whether it holds."""

from dataclasses import dataclass
from datetime import date

from api.clock import charity_date
from api.errors import NotFound
from api.money import money_text
from api.services.receipt_codes import receipt_code_read
from api.services.receipt_marks import VOID, receipt_refunds, receipt_standing
from api.services.receipt_replacements import receipt_find_by


@dataclass(frozen=True)
class ReceiptCheck:
    """A receipt without a name."""

    number: str
    amount: str
    received_on: date
    standing: str
    is_void: bool
    refunds: tuple[tuple[str, str], ...]


def receipt_check(code: str) -> ReceiptCheck:
    """The receipt of a code. Raises NotFound for one that is not ours."""
    found = receipt_code_read(code)
    if found is None:
        raise NotFound("This is no code of a receipt of ours.")
    receipt = receipt_find_by(*found)
    payment, standing = receipt.donation.payment, receipt_standing(receipt)
    return ReceiptCheck(
        number=receipt.number,
        amount=money_text(payment.amount_minor, payment.currency),
        received_on=charity_date(payment.received_at),
        standing=standing.value,
        is_void=standing in VOID,
        refunds=tuple(receipt_refunds(receipt.donation)),
    )
