"""The only door to bank statements: CSV, OFX and CAMT.053 files, read whole or refused with the line named."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

from ofxtools.Parser import TreeBuilder
from ofxtools.Types import DateTime
from pycamt.parser import Camt053ParseError, Camt053Parser

from api.clock import charity_date
from api.errors import BankFileRefused
from api.money import money_parse
from api.services.gateways.bank_csv import bank_csv_read
from api.services.gateways.bank_movements import ACCEPTED, BankFileLine, bank_day, bank_text

BYTES_LIMIT = 10_000_000
_CAMT_SIGNS = {"CRDT": "", "DBIT": "-"}
_COUNT = re.compile(r"\s*\d{0,6}\s*")
_OFX_STATEMENTS = {"STMTRS", "CCSTMTRS"}
# Values that some banks leave empty; in SGML an empty one looks like the start of a group.
_OFX_EMPTY = re.compile(
    r"<(MEMO|NAME|CHECKNUM|REFNUM|PAYEEID|SIC|EXTDNAME|BRANCHID|ACCTKEY|ORG|FID|TRNUID|CURDEF"
    r"|ACCTTYPE|FITID|BANKID|LANGUAGE|MESSAGE|DTUSER|DTAVAIL)>\s*(</\1>|(?=<))"
)


def bank_file_read(content: bytes, *, account: str, currency: str) -> list[BankFileLine]:
    """Every line of a statement. `account` and `currency` are for files that do not name theirs."""
    if len(content) > BYTES_LIMIT:
        raise BankFileRefused(
            f"The file is larger than {BYTES_LIMIT // 1_000_000} MB: export fewer months."
        )
    if not content.strip():
        raise BankFileRefused(f"The file is empty. {ACCEPTED}")
    lines = [line for line in _reader(content)(content, account, currency) if line.amount_minor]
    if not lines:
        raise BankFileRefused("The file has no movements in it: choose a longer period.")
    return lines


def _reader(content: bytes) -> Callable[[bytes, str, str], Iterator[BankFileLine]]:
    start = content[:4000]
    if b"OFXHEADER" in start or b"<OFX>" in start.upper():
        return _ofx
    if re.search(rb"camt\.05[23]", start):
        return _camt
    if content.lstrip().startswith((b"<", b"%PDF", b"PK", b":20:")):
        raise BankFileRefused(f"This is not a bank statement that we can read. {ACCEPTED}")
    return bank_csv_read


def _ofx(content: bytes, account: str, currency: str) -> Iterator[BankFileLine]:
    """Read from the tree of tags: banks leave out much that the standard asks for, and add to it."""
    root = _ofx_tree(bank_text(content))
    for statement in (one for one in root.iter() if one.tag in _OFX_STATEMENTS):
        for number, line in enumerate(statement.iter("STMTTRN"), 1):
            words = (
                _ofx_word(line, "NAME"),
                _ofx_word(line, "PAYEE/NAME"),
                _ofx_word(line, "MEMO"),
            )
            yield _line(
                f"The OFX file is broken: movement {number}",
                account=_ofx_word(statement, ".//ACCTID") or account,
                booked_on=_ofx_day(_ofx_word(line, "DTPOSTED")),
                # A comma before one or two digits at the end is a decimal point: the standard allows it.
                amount=re.sub(r",(\d{1,2})$", r".\1", _ofx_word(line, "TRNAMT")),
                currency=_ofx_word(statement, "CURDEF") or currency,
                reference=_ofx_word(line, "FITID"),
                description=" ".join(dict.fromkeys(part for part in words if part)),
            )


def _ofx_tree(text: str) -> Element:
    """The tags of the file; raises BankFileRefused when it is cut short or muddled."""
    body = text[text.upper().find("<OFX>") :].strip()
    builder = TreeBuilder()
    try:
        if not body.upper().endswith("</OFX>"):
            raise ValueError("it ends before its end")
        builder.feed(_OFX_EMPTY.sub("", body))
        root = builder.close()
    except (SyntaxError, ValueError, AssertionError) as error:
        said = str(error) or "its tags do not close"
        raise BankFileRefused(f"The OFX file is broken: {said}. Nothing was imported.") from None
    if len(list(root.iter("STMTTRN"))) != body.count("</STMTTRN>"):
        raise BankFileRefused(
            "The OFX file is broken: a movement is not closed. Nothing was imported."
        )
    return root


def _ofx_word(tag: Element, path: str) -> str:
    return html.unescape(tag.findtext(path) or "").strip()


def _ofx_day(text: str) -> date | str:
    """The day in London; what is no time of OFX's is left to be read as a plain date."""
    try:
        moment = DateTime().convert(text)
    except ValueError:
        return text
    return charity_date(moment) if moment else ""


def _camt(content: bytes, account: str, currency: str) -> Iterator[BankFileLine]:
    try:
        parser = Camt053Parser(content)
        _camt_bare(parser)
        _camt_flatten(parser)
        found = parser.get_transactions()
    except (SyntaxError, Camt053ParseError) as error:
        raise BankFileRefused(
            f"The CAMT.053 file is broken: {str(error) or 'it has no statement'}. Nothing was imported."
        ) from None
    unnamed = parser.tree.findtext(".//{*}Acct/{*}Id/{*}Othr/{*}Id") or account
    for number, entry in enumerate(found, 1):
        if entry.get("Status") not in (None, "BOOK"):
            continue  # announced, not yet on the account
        way = entry.get("CreditDebitIndicator")
        if way not in _CAMT_SIGNS:
            raise BankFileRefused(
                f"Entry {number}: `{way or ''}` does not say whether money came in (CRDT) or went out"
                " (DBIT). Nothing was imported."
            )
        words = (
            entry.get("DebtorName"),
            entry.get("RemittanceInformationFull") or entry.get("RemittanceInformation"),
            entry.get("AdditionalEntryInformation"),
        )
        yield _line(
            f"Entry {number}",
            account=entry.get("AccountIBAN") or unnamed,
            booked_on=entry.get("BookingDate") or entry.get("ValueDate") or "",
            amount=f"{_CAMT_SIGNS[way]}{entry.get('Amount') or ''}",
            currency=entry.get("Currency") or currency,
            reference=entry.get("TransactionID") or entry.get("EndToEndId") or "",
            description=" ".join(part for part in words if part),
        )


def _camt_bare(parser: Camt053Parser) -> None:
    """Names without their namespace: banks write it as a prefix, or not, and in many versions."""
    for found in parser.tree.iter("*"):
        found.tag = found.tag.rpartition("}")[2]
    parser.namespaces = {}


def _camt_flatten(parser: Camt053Parser) -> None:
    """One movement per entry, of the entry's own amount.

    Details split a batch, and may be in another currency: the account moved by the entry's amount.
    """
    for details in parser.tree.iterfind(".//{*}Ntry/{*}NtryDtls"):
        parts = details.findall(".//{*}TxDtls")
        for part in parts[1:]:
            part.getparent().remove(part)
        for name in ("Amt", "AmtDtls", "CdtDbtInd", "Chrgs"):
            for found in details.findall(f".//{{*}}{name}"):
                found.getparent().remove(found)
    for entry in parser.tree.iterfind(".//{*}Ntry"):
        for extra in entry.findall("{*}NtryDtls")[1:]:
            entry.remove(extra)
        own = entry.find("{*}NtryRef")
        # A bank's own name of an entry; a mere count of this file would differ in the next one.
        if own is not None and not _COUNT.fullmatch(own.text or "") and not _has_reference(entry):
            own.tag = "AcctSvcrRef"


def _has_reference(entry: Any) -> bool:
    return entry.find(".//{*}AcctSvcrRef") is not None


def _line(
    where: str,
    *,
    account: str,
    booked_on: date | str,
    amount: str,
    currency: str,
    reference: str,
    description: str,
) -> BankFileLine:
    try:
        on = booked_on if isinstance(booked_on, date) else bank_day(booked_on)
        minor = money_parse(amount, currency)
    except ValueError as error:
        raise BankFileRefused(f"{where}: {error}. Nothing was imported.") from None
    return BankFileLine(account, on, minor, currency, reference.strip(), description.strip())
