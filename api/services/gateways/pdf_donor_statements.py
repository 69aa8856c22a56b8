"""Donor statements as PDF: as many A4 pages as the gifts need, each with the charity's name and a page number."""

from dataclasses import asdict, dataclass
from datetime import date

from api.clock import day_words
from api.services.gateways.pdf import document_pdf


@dataclass(frozen=True)
class GiftRow:
    """One gift, and what was given back of it: (words, amount) each."""

    received_on: str
    fund: str
    how: str
    receipt: str
    gift_aid: str
    amount: str
    given_back: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CurrencyTable:
    """The gifts of one currency, and their sums: (words, amount) each, the last is what remains."""

    currency: str
    rows: tuple[GiftRow, ...]
    sums: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DonorStatementDocument:
    """All that a statement says. Money is formatted text; days are the charity's."""

    charity_name: str
    charity_number: str
    charity_status_line: str
    charity_address: str
    charity_email: str
    donor_name: str
    donor_address_lines: tuple[str, ...]
    donor_reference: str
    title: str
    first_day: str
    last_day: str
    made_on: date
    sums: tuple[str, ...]
    count_words: str
    tables: tuple[CurrencyTable, ...]
    tax_sum: str
    tax_note: str
    language: str = "en"


def donor_statement_document_pdf(document: DonorStatementDocument) -> bytes:
    """Tagged A4 pages (PDF/UA-1); equal documents give equal bytes."""
    fields: dict[str, object] = asdict(document)
    fields["made_on"] = day_words(document.made_on, document.language)
    return document_pdf("donor_statement", fields, on=document.made_on)
