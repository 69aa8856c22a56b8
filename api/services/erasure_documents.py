"""The certificate of an erasure, and receipts of forgotten donors for finance."""

from dataclasses import replace
from datetime import date
from typing import Any

from api.clock import charity_date
from api.errors import NotFound
from api.models import Erasure, Receipt, ReplacedReceipt, RetainedRecord
from api.services.gateways.pdf import receipt_pdf
from api.services.gateways.pdf_reports import ReportDocument, report_pdf, words_table
from api.services.receipt_marks import AnyReceipt, receipt_marks
from api.services.receipt_replacements import receipt_find
from api.services.receipts import charity_words, receipt_document

YEARS_KEPT = 6
WHY_KEPT = (
    f"Proof of income in the accounts: {YEARS_KEPT} years after the end of the accounting year of the "
    "last gift (Charities Act 2011, section 131; HMRC's rules on records)."
)


def erasure_certificate_pdf(erasure: Erasure) -> bytes:
    """What was erased, what is kept and why, until when: without a word of whom. Raises NotFound."""
    if erasure.erased_at is None:
        raise NotFound("The erasure is not carried out yet.")
    words = charity_words()
    on = charity_date(erasure.erased_at)
    said: dict[str, Any] = erasure.certificate
    return report_pdf(
        ReportDocument(
            charity_name=words["charity_name"],
            charity_status_line=words["charity_status_line"],
            charity_address=words["charity_address"],
            title="Certificate of erasure",
            question=f"Erasure {erasure.reference}, carried out on {on:%-d %B %Y}.",
            filters=(),
            made_by=words["charity_name"],
            made_at=f"{on:%-d %B %Y}",
            made_on=on,
            is_wide=False,
            charts=(),
            tables=(
                words_table("Erased", ("What", "How many"), _erased(said)),
                words_table("Kept", ("What", "Why", "Until"), _kept(said)),
            ),
            notes=(f"Questions? Write to {words['charity_email']}.",),
            meaning=(),
        )
    )


def retained_receipt_pdf(record: RetainedRecord, number: str) -> bytes:
    """A receipt as it was issued, with the name and address of then; of a gift that came after the erasure
    with those of the day of that. Raises NotFound."""
    receipt = receipt_find(number)
    if receipt.donation.donor_id != record.erasure.donor_id:
        raise NotFound("No such receipt is kept.")
    last = {"donor_name": record.name, "donor_address_lines": record.address_lines}
    said = record.receipts.get(number, last)
    document = receipt_document(receipt)
    return receipt_pdf(
        replace(
            document,
            donor_name=said["donor_name"],
            donor_address_lines=tuple(said["donor_address_lines"]),
        ),
        receipt_marks(receipt),
    )


def retained_receipts(record: RetainedRecord) -> list[str]:
    """The numbers of all receipts of the donor, also of those that were replaced or came later."""
    found: list[AnyReceipt] = []
    for rows in (Receipt.objects, ReplacedReceipt.objects):
        found += rows.filter(donation__donor=record.erasure.donor_id)
    return [one.number for one in sorted(found, key=lambda one: (one.year, one.sequence))]


def _erased(said: dict[str, Any]) -> list[tuple[str, ...]]:
    rows = [(one, "1") for one in said["erased"]]
    return rows + [(what.capitalize(), f"{count:,}") for what, count in said["counts"].items()]


def _kept(said: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            one["what"],
            one["why"],
            f"{date.fromisoformat(one['until']):%-d %B %Y}" if one["until"] else "for good",
        )
        for one in said["kept"]
    ]


def certificate_words(
    counts: dict[str, int], kept_until: date | None, *, wants_silence: bool
) -> dict[str, Any]:
    """What was done, in words and numbers, without personal data."""
    kept = [
        {
            "what": "Amounts, dates, funds and numbers of gifts and receipts, and the books",
            "why": "They are the charity's accounts, and name nobody any more.",
            "until": None,
        },
        {
            "what": "What was said about hearing from us: which channel, when, to which words",
            "why": "Proof that the charity kept to it; it names nobody any more.",
            "until": None,
        },
        {
            "what": "Keyed hashes of the e-mail address and of Stripe's ids",
            "why": "So that what Stripe still sends, or tells again, is known and names nobody; neither can be "
            "told from them.",
            "until": None,
        },
        {
            "what": "Payments at Stripe",
            "why": "Stripe was asked to delete the customer, with its cards and accounts. What it must keep of "
            "payments it keeps under its own duties: ask it at stripe.com/privacy.",
            "until": None,
        },
        {
            "what": "Backups",
            "why": "They can't be changed; each is deleted at the end of its time, and a restore repeats the erasure.",
            "until": None,
        },
    ]
    if kept_until:
        kept.insert(
            0,
            {
                "what": "Name, address, and what receipts said of them; finance alone sees it",
                "why": WHY_KEPT,
                "until": kept_until.isoformat(),
            },
        )
        kept.insert(
            1,
            {
                "what": "Lines of the charity's bank statement, should one name the payer; finance and auditors "
                "see it",
                "why": WHY_KEPT,
                "until": kept_until.isoformat(),
            },
        )
    if wants_silence:
        kept.append(
            {
                "what": "A keyed hash of the e-mail address",
                "why": "So that nobody writes appeals to it again; the address can't be told from it.",
                "until": None,
            }
        )
    erased = ["E-mail address, telephone, address and name on the donor's row"]
    return {"erased": erased, "counts": counts, "kept": kept}
