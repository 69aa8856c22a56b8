"""A receipt that said something wrong: it becomes void, and one with a new number takes its place."""

from django.db import transaction

from api.clock import charity_date, now
from api.errors import MoveRefused, NotFound
from api.models import Receipt, ReceiptFault, ReplacedReceipt, User
from api.services import jobs
from api.services.audit import audit_record
from api.services.donor_locks import donor_hold
from api.services.receipt_marks import VOID, AnyReceipt, receipt_standing
from api.services.receipts import receipt_document, receipt_numbers_take


@transaction.atomic
def receipt_replace(
    *, number: str, reason: ReceiptFault, actor: User, is_sent: bool = False
) -> Receipt:
    """Void a receipt and issue the next number for the same gift, with what is known of it today.

    The donor gets the new one by e-mail, with what was wrong, if `is_sent`. Raises NotFound, or MoveRefused
    for one that is void already. No number is ever used again.
    """
    found = receipt_find(number)
    if isinstance(found, ReplacedReceipt):
        raise MoveRefused(f"Receipt {number} was replaced by {found.replaced_by} already.")
    # The donor before the receipt, as where donors are forgotten.
    donor = donor_hold(found.donation.donor_id)
    receipt = Receipt.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if receipt.number != number:
        raise MoveRefused(f"Receipt {number} was replaced by {receipt.number} already.")
    if receipt_standing(receipt) in VOID:
        raise MoveRefused("The gift was given back: there is nothing to give a receipt for.")
    if donor.erased_at is not None:
        raise MoveRefused("This donor was forgotten: their receipts stay as they are.")
    receipt_document(receipt)  # So that what it said is kept, also when nobody ever looked at it.
    year = charity_date(now()).year
    sequence = receipt_numbers_take(year, 1)
    after = f"{year}-{sequence:06d}"
    ReplacedReceipt.objects.create(
        donation=receipt.donation,
        year=receipt.year,
        sequence=receipt.sequence,
        document=receipt.document,
        issued_at=receipt.issued_at,
        reason=reason,
        replaced_by=after,
    )
    Receipt.objects.filter(pk=receipt.pk).update(
        year=year, sequence=sequence, document=None, issued_at=now()
    )
    receipt.refresh_from_db()
    audit_record(
        action="receipt.replaced",
        subject=f"donation:{receipt.donation.reference}",
        actor=actor,
        receipt=number,
        replaced_by=after,
        reason=reason,
        sent=is_sent,
    )
    if is_sent:
        jobs.defer("receipt_replaced_email", donation_id=receipt.donation_id, number=after)
    return receipt


def receipt_find(number: str) -> AnyReceipt:
    """By its number, whether it still holds or not. Raises NotFound."""
    year, _, sequence = number.partition("-")
    if not (year.isdecimal() and sequence.isdecimal() and len(number) < 20):
        raise NotFound("There is no receipt of this number.")
    return receipt_find_by(int(year), int(sequence))


def receipt_find_by(year: int, sequence: int) -> AnyReceipt:
    """By year and sequence. Raises NotFound."""
    asked = {"year": year, "sequence": sequence}
    for rows in (Receipt.objects, ReplacedReceipt.objects):
        found = (
            rows.select_related("donation__payment", "donation__donor", "donation__fund")
            .filter(**asked)
            .first()
        )
        if found is not None:
            return found
    raise NotFound("There is no receipt of this number.")


def receipt_chain(receipt: AnyReceipt) -> list[AnyReceipt]:
    """All receipts that its gift has had, the oldest first; the last one holds."""
    donation = receipt.donation
    return [*donation.replaced_receipts.order_by("pk"), donation.receipt]
