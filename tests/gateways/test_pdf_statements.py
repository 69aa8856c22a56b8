"""The finance officer's statements as files: one A4 page whatever is in them, readable by machines."""

import io
from datetime import date
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader

from api.services.gateways.pdf_statements import (
    StatementDocument,
    StatementRow,
    StatementTable,
    statement_pdf,
)

ROWS = (
    StatementRow("Opening balance at Stripe", ("£1,000.00", "€20.00"), True),
    StatementRow("Gifts", ("£1,234,567.89", "€0.00")),
    StatementRow("Closing balance at Stripe", ("£1,235,567.89", "€20.00"), True),
)
MADE_OF: dict[str, Any] = {
    "charity_name": "Riverbank Community Trust",
    "charity_number": "1234567",
    "charity_status_line": "Registered charity no. 1234567 in England and Wales",
    "charity_address": "12 Mill Lane, Birmingham B10 0AB",
    "charity_email": "giving@example.org",
    "kind": "Monthly statement",
    "title": "Money at Stripe, November 2026",
    "number": "2026-11",
    "made_on": date(2026, 12, 1),
    "sum_label": "Held by Stripe",
    "sum": "£1,235,567.89",
    "sum_note": "7 gifts in the month",
    "facts": (("From", "1 Nov 2026"), ("To", "30 Nov 2026")),
    "tables": (StatementTable("How the balance moved", "What", ("GBP", "EUR"), ROWS),),
    "findings_title": "Nothing is unexplained",
    "findings": ("Both sides agree to the penny.",),
    "is_clean": True,
    "chain": f"Head of the chain: {'ab12' * 16}",
    "has_signature": True,
}


def statement(**changes: Any) -> bytes:
    """November's statement, with changes."""
    return statement_pdf(StatementDocument(**{**MADE_OF, **changes}))


def words(pdf: bytes) -> str:
    """All text of the file."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_statement_says_all_that_it_was_given() -> None:
    said = words(statement())
    for part in (
        "Riverbank Community Trust",
        "Registered charity no. 1234567",
        "Money at Stripe, November 2026",
        "£1,235,567.89",
        "€20.00",
        "30 Nov 2026",
        "Nothing is unexplained",
        "Checked by (signature)",
        "Made on 1 December 2026",
    ):
        assert part in said, part


def test_it_is_one_a4_page_to_pdf_ua_with_its_tags_and_language() -> None:
    with pikepdf.open(io.BytesIO(statement())) as file:
        assert [round(float(side)) for side in file.pages[0].mediabox] == [0, 0, 595, 842]  # type: ignore[arg-type]
        assert file.Root.MarkInfo.Marked and str(file.Root.Lang).startswith("en")
        with file.open_metadata() as about:
            assert about["pdfuaid:part"] == "1"
            assert "November 2026" in about["dc:title"]


def test_equal_statements_are_equal_files() -> None:
    assert statement() == statement()
    assert statement() != statement(sum="£0.00")


@pytest.mark.parametrize("rows", [0, 12, 60])
@pytest.mark.parametrize("findings", [1, 7])
def test_however_much_is_in_it_it_stays_one_page(rows: int, findings: int) -> None:
    many = tuple(
        StatementRow(f"Fund {number} with a name as long as funds have", (f"{number}", "£1.00"))
        for number in range(rows)
    )
    pdf = statement(
        tables=(
            StatementTable("Gifts by fund", "Fund", ("Gifts", "Amount"), many),
            StatementTable("How the balance moved", "What", ("GBP", "EUR"), ROWS),
        ),
        findings=("A gift whose money does not add up: gift_abc, £1.00. " * 3,) * findings,
        is_clean=False,
    )
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1


def test_words_of_a_bank_are_data_and_never_source() -> None:
    nasty = '#panic("x") ]] $ \\ "quoted" <b> \x00\x07 ' + "W" * 200
    pdf = statement(facts=(("Bank's words", nasty),), has_signature=False, chain="")
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert '#panic("x")' in words(pdf) and "Checked by" not in words(pdf)
