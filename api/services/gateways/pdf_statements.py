"""Statements for the finance officer as PDF: one A4 page whatever is in them."""

from dataclasses import asdict, dataclass
from datetime import date

from api.services.gateways.pdf import document_pdf


@dataclass(frozen=True)
class StatementRow:
    """A line of a table: a label and one text per column. A strong row is a sum."""

    label: str
    cells: tuple[str, ...]
    is_strong: bool = False


@dataclass(frozen=True)
class StatementTable:
    """A table. `columns` are the headings after the first, which is `label`."""

    title: str
    label: str
    columns: tuple[str, ...]
    rows: tuple[StatementRow, ...]


@dataclass(frozen=True)
class StatementDocument:
    """All that a statement says. Money is formatted text; dates are days in Europe/London."""

    charity_name: str
    charity_number: str
    charity_status_line: str
    charity_address: str
    charity_email: str
    kind: str
    title: str
    number: str
    made_on: date
    sum_label: str
    sum: str
    sum_note: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[StatementTable, ...]
    findings_title: str
    findings: tuple[str, ...]
    is_clean: bool
    chain: str
    has_signature: bool


def statement_pdf(document: StatementDocument) -> bytes:
    """One tagged A4 page (PDF/UA-1); equal documents give equal bytes."""
    fields: dict[str, object] = asdict(document)
    fields["made_on"] = f"{document.made_on.day} {document.made_on:%B %Y}"
    return document_pdf("statement", fields, on=document.made_on)
