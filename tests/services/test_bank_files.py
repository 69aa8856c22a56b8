"""Statements as British banks write them: what the standard asks for, what they leave out, what they add."""

import re
from datetime import date
from pathlib import Path

import pytest

from api.errors import BankFileRefused
from api.services.gateways.bank_files import bank_file_read
from api.services.gateways.bank_movements import BankFileLine

FILES = Path(__file__).parent / "bank_files"
MAIN, IBAN = "12345678", "GB33BUKB20201555555555"
FIFTH, SIXTH = date(2026, 11, 5), date(2026, 11, 6)
GIFTS = BankFileLine(
    MAIN, FIFTH, 123450, "GBP", "20261105123450", "STRIPE PAYMENTS UK STRIPE 5NOV A1B2C3"
)
CAFE = BankFileLine(MAIN, SIXTH, -1200, "GBP", "202611061200", "CAF\u00c9 \u00a35 & MORE")


def lines_of(content: bytes) -> list[BankFileLine]:
    """What a file holds."""
    return bank_file_read(content, account="main", currency="GBP")


def sample(name: str) -> bytes:
    """One of the files."""
    return (FILES / name).read_bytes()


EXPECTED = {
    "ofx1_windows1252.ofx": [GIFTS, CAFE],
    "ofx1_bom.ofx": [GIFTS, CAFE],
    "ofx1_one_line_header.ofx": [
        GIFTS,
        BankFileLine(MAIN, SIXTH, -1200, "GBP", "202611061200", "CAFE GBP 5 & MORE"),
    ],
    "ofx1_memo_only.ofx": [BankFileLine(MAIN, FIFTH, 123450, "GBP", "A1", "STRIPE")],
    "ofx1_two_accounts.qfx": [
        BankFileLine(MAIN, FIFTH, 123450, "GBP", "1", "STRIPE"),
        BankFileLine("87654321", date(2026, 11, 7), 25000, "GBP", "1", "TRANSFER"),
    ],
    "ofx2_xml.ofx": [
        BankFileLine(
            MAIN,
            FIFTH,
            123450,
            "GBP",
            "A1",
            "STRIPE PAYMENTS UK LTD WITH A NAME OF MORE THAN THIRTY-TWO LETTERS REF A1",
        )
    ],
    "camt_001_02.xml": [
        BankFileLine(IBAN, FIFTH, 123450, "GBP", "r1", "STRIPE PAYMENTS UK LTD STRIPE A1"),
        BankFileLine(IBAN, date(2026, 11, 30), -650, "GBP", "r2", "SERVICE CHARGE"),
    ],
    "camt_001_08_batch.xml": [
        BankFileLine(
            "20201555555555",
            FIFTH,
            123450,
            "GBP",
            "BGC20261105-77",
            "STRIPE PAYMENTS UK LTD STRIPE A1",
        )
    ],
    "camt_two_statements.xml": [
        BankFileLine(IBAN, FIFTH, 123450, "GBP", "r1", ""),
        BankFileLine("GB11BUKB20201566666666", FIFTH, 9900, "GBP", "r9", ""),
    ],
    "camt_prefixed.xml": [
        BankFileLine(IBAN, FIFTH, 123450, "GBP", "e2e-1", "STRIPE PAYMENTS UK LTD STRIPE A1")
    ],
    # A count of the file's entries is no name of a movement: the next file counts from one again.
    "camt_reference_only.xml": [BankFileLine(IBAN, FIFTH, 123450, "GBP", "", "")] * 2,
    "camt_052_report.xml": [BankFileLine(IBAN, FIFTH, 123450, "GBP", "r1", "")],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_banks_file_gives_exactly_its_movements(name: str) -> None:
    assert lines_of(sample(name)) == EXPECTED[name]


SGML = sample("ofx1_windows1252.ofx").decode("cp1252")
LAX = {
    "no balances": re.sub(r"<LEDGERBAL>.*?</AVAILBAL>\s*", "", SGML, flags=re.DOTALL),
    "no account type": SGML.replace("<ACCTTYPE>CHECKING", ""),
    "no currency": SGML.replace("<CURDEF>GBP", ""),
    "no period": re.sub(r"<DT(?:START|END)>\d+\s*", "", SGML),
    "no sign-on": re.sub(r"<SIGNONMSGSRSV1>.*?</SIGNONMSGSRSV1>\s*", "", SGML, flags=re.DOTALL),
    "no header": SGML[SGML.index("<OFX>") :],
    "a type of its own": SGML.replace("<TRNTYPE>CREDIT", "<TRNTYPE>BACS"),
    "tags of its own": SGML.replace("</FI>", "</FI><INTU.BID>01268"),
    "a bare ampersand": SGML.replace("&amp;", "&"),
    "thousands": SGML.replace("1234.50", "1,234.50"),
    "a decimal comma": SGML.replace("1234.50", "1234,50"),
    "a day with dashes": SGML.replace("20261105000000[0:GMT]", "2026-11-05"),
    "an empty value": SGML.replace("<TRNAMT>1234.50", "<CHECKNUM>\r\n<TRNAMT>1234.50"),
}


@pytest.mark.parametrize("what", LAX)
def test_what_a_bank_leaves_out_or_adds_changes_no_movement(what: str) -> None:
    assert lines_of(LAX[what].encode("cp1252")) == [GIFTS, CAFE]


def test_a_header_that_says_windows_over_a_file_of_utf_8_spoils_no_letter() -> None:
    assert lines_of(SGML.encode()) == [GIFTS, CAFE]


CAMT = sample("camt_001_02.xml").decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SGML[:-20], "The OFX file is broken: it ends before its end"),
        (SGML.replace("</STMTTRN>", "", 1), "The OFX file is broken"),
        (
            SGML.replace("1234.50", "lots"),
            "OFX file is broken: movement 1: `lots` is not an amount",
        ),
        (SGML.replace("<TRNAMT>-12.00", ""), "OFX file is broken: movement 2: `` is not an amount"),
        (SGML.replace("<DTPOSTED>20261106", ""), "movement 2: `` is not a date"),
        (CAMT.replace("<CdtDbtInd>DBIT</CdtDbtInd>", ""), "Entry 2: `` does not say whether"),
        (re.sub(r"<BookgDt>.*?</ValDt>", "", CAMT), "Entry 1: `` is not a date"),
        (CAMT.replace("camt.053", "camt.054"), "not a bank statement that we can read"),
        (CAMT.replace("Stmt>", "Other>"), "it has no statement"),
        (sample("camt_no_movements.xml").decode(), "no movements in it"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_read(text: str, said: str) -> None:
    with pytest.raises(BankFileRefused) as refused:
        lines_of(text.encode())
    assert said in refused.value.detail
