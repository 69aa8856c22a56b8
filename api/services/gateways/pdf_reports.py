"""Reports as PDF: as many A4 pages as they need, with the charity's header on each."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from api.services.gateways.pdf import document_pdf


@dataclass(frozen=True)
class PdfChart:
    """A picture: its title, and the SVG text with fixed colours."""

    title: str
    svg: str


@dataclass(frozen=True)
class PdfColumn:
    """A column: its heading, whether it stands on the right, how wide it is in points; a free one shares the rest."""

    label: str
    is_number: bool
    points: float
    is_free: bool


@dataclass(frozen=True)
class PdfTable:
    """A table in words."""

    title: str
    note: str
    columns: tuple[PdfColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ReportDocument:
    """All that a report says. Money is formatted text; days are the charity's."""

    charity_name: str
    charity_status_line: str
    charity_address: str
    title: str
    question: str
    filters: tuple[tuple[str, str], ...]
    made_by: str
    made_at: str
    made_on: date
    is_wide: bool
    charts: tuple[PdfChart, ...]
    tables: tuple[PdfTable, ...]
    notes: tuple[str, ...]
    meaning: tuple[str, ...]


def words_table(title: str, labels: Iterable[str], rows: Iterable[Iterable[str]]) -> PdfTable:
    """A table of words alone: columns share the width, nothing is added up."""
    return PdfTable(
        title=title,
        note="",
        columns=tuple(PdfColumn(label, False, 90, True) for label in labels),
        rows=tuple(tuple(row) for row in rows),
        totals=(),
    )


def report_pdf(document: ReportDocument) -> bytes:
    """Tagged A4 pages (PDF/UA-1), numbered; upright, or across for a wide table."""
    fields: dict[str, object] = asdict(document)
    fields["made_on"] = document.made_on.isoformat()
    return document_pdf("report", fields, on=document.made_on)
