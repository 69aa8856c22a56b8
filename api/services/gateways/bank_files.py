"""The only door to bank statements: CSV, OFX and CAMT.053 files, read whole or refused with the line named."""

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ofxtools.header import OFXHeaderError
from ofxtools.Parser import OFXTree
from pycamt.parser import Camt053ParseError, Camt053Parser

from api.clock import charity_date
from api.errors import BankFileRefused
from api.money import money_parse

BYTES_LIMIT = 10_000_000
ACCEPTED = (
    "Accepted are CSV with a header line (a date, a description, and an amount or credit and debit), "
    "OFX, and CAMT.053 XML."
)
_HEADER_WITHIN = 20
_COLUMNS = {
    "date": "date|transaction date|posting date|posted date|booking date|booked on|entry date|value date",
    "description": "description|transaction description|details|memo|narrative|name|counter party|"
    "counterparty|payee|particulars|transaction type|type",
    "reference": "reference|transaction id|bank reference|payment reference|fitid|id",
    "amount": "amount|value|transaction amount|amount [a-z]{3}|value [a-z]{3}",
    "credit": "credit|credit amount|credits|money in|paid in|in|receipts",
    "debit": "debit|debit amount|debits|money out|paid out|out|payments|withdrawals",
    "currency": "currency|ccy|currency code",
    "account": "account|account number|account no|iban",
}
# Day before month, as in the UK.
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d")
_DATES_NAMED = ("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%d %b %y")


@dataclass(frozen=True)
class BankFileLine:
    """One movement on the bank account; in minor units, in is positive."""

    account: str
    booked_on: date
    amount_minor: int
    currency: str
    reference: str
    description: str


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
    if b"camt.05" in start:
        return _camt
    if content.lstrip().startswith((b"<", b"%PDF", b"PK", b":20:")):
        raise BankFileRefused(f"This is not a bank statement that we can read. {ACCEPTED}")
    return _csv


def _csv(content: bytes, account: str, currency: str) -> Iterator[BankFileLine]:
    text = _text(content)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    columns: dict[str, list[int]] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _columns(row)
                if columns is None and rows.line_num >= _HEADER_WITHIN:
                    break
                continue
            yield _csv_line(row, columns, rows.line_num, account, currency)
    except csv.Error as error:
        raise BankFileRefused(f"Line {rows.line_num}: {error}. {ACCEPTED}") from None
    if columns is None:
        raise BankFileRefused(f"No header line was found. {ACCEPTED}")


def _csv_line(
    row: Sequence[str], columns: dict[str, list[int]], number: int, account: str, currency: str
) -> BankFileLine:
    def cell(name: str) -> str:
        found = (row[at].strip() for at in columns.get(name, []) if at < len(row))
        return " ".join(part for part in found if part)

    try:
        money = cell("currency").upper() or currency
        if not re.fullmatch("[A-Z]{3}", money):
            raise ValueError(f"`{money}` is not a currency code such as GBP")
        return BankFileLine(
            account=cell("account") or account,
            booked_on=_date(row[columns["date"][0]] if len(row) > columns["date"][0] else ""),
            amount_minor=_csv_amount(cell("amount"), cell("credit"), cell("debit"), money),
            currency=money,
            reference=cell("reference"),
            description=cell("description"),
        )
    except ValueError as error:
        raise BankFileRefused(f"Line {number}: {error}. Nothing was imported. {ACCEPTED}") from None


def _csv_amount(amount: str, credit: str, debit: str, currency: str) -> int:
    if amount:
        return money_parse(amount, currency)
    if not credit and not debit:
        raise ValueError("there is no amount")
    # Some banks write what went out with a minus and some without.
    came = money_parse(credit, currency) if credit else 0
    return came - abs(money_parse(debit, currency)) if debit else came


def _columns(row: Sequence[str]) -> dict[str, list[int]] | None:
    """Which column is what, guessed from a header; None when this row is no header."""
    names = [re.sub(r"[^a-z]+", " ", cell.lower()).strip() for cell in row]
    found = {
        what: [at for at, name in enumerate(names) if re.fullmatch(pattern, name)]
        for what, pattern in _COLUMNS.items()
    }
    has_money = found["amount"] or (found["credit"] and found["debit"])
    has_words = found["description"] or found["reference"]
    return found if found["date"] and has_money and has_words else None


def _text(content: bytes) -> str:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            break
    # What spreadsheets save in the UK; it has a letter for nearly every byte.
    return content.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    start = "\n".join(text.splitlines()[:_HEADER_WITHIN])
    return max(",;\t", key=start.count)


def _date(text: str) -> date:
    first = text.strip().split("T")[0]
    for shape in _DATES_NAMED:
        try:
            return datetime.strptime(first, shape).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    for shape in _DATES:
        try:
            return datetime.strptime(first.split(" ")[0], shape).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise ValueError(f"`{text.strip()}` is not a date such as 31/12/2026 or 2026-12-31")


def _ofx(content: bytes, account: str, currency: str) -> Iterator[BankFileLine]:
    tree = OFXTree()
    try:
        with warnings.catch_warnings():
            # Tags of the bank's own are skipped, which is what we want.
            warnings.simplefilter("ignore")
            tree.parse(io.BytesIO(content))
            statements = tree.convert().statements
    except (OFXHeaderError, SyntaxError, ValueError, ArithmeticError) as error:
        raise BankFileRefused(f"The OFX file is broken: {error}. Nothing was imported.") from None
    for statement in statements:
        known = getattr(statement, "account", None)
        for number, line in enumerate(statement.transactions, 1):
            words = dict.fromkeys(part for part in (line.name, line.memo) if part)
            yield _line(
                f"Movement {number}",
                account=known.acctid if known is not None else account,
                booked_on=charity_date(line.dtposted),
                amount=str(line.trnamt),
                currency=statement.curdef or currency,
                reference=line.fitid,
                description=" ".join(words),
            )


def _camt(content: bytes, account: str, currency: str) -> Iterator[BankFileLine]:
    try:
        parser = Camt053Parser(content)
        _camt_flatten(parser)
        found = parser.get_transactions()
    except (SyntaxError, Camt053ParseError) as error:
        raise BankFileRefused(
            f"The CAMT.053 file is broken: {error or 'it has no statement'}. Nothing was imported."
        ) from None
    unnamed = parser.tree.findtext(".//{*}Acct/{*}Id/{*}Othr/{*}Id") or account
    for number, entry in enumerate(found, 1):
        if entry.get("Status") not in (None, "BOOK"):
            continue  # announced, not yet on the account
        is_out = entry.get("CreditDebitIndicator") == "DBIT"
        words = (
            entry.get("DebtorName"),
            entry.get("RemittanceInformationFull") or entry.get("RemittanceInformation"),
            entry.get("AdditionalEntryInformation"),
        )
        yield _line(
            f"Entry {number}",
            account=entry.get("AccountIBAN") or unnamed,
            booked_on=entry.get("BookingDate") or entry.get("ValueDate") or "",
            amount=f"{'-' if is_out else ''}{entry.get('Amount') or ''}",
            currency=entry.get("Currency") or currency,
            reference=entry.get("TransactionID") or entry.get("EndToEndId") or "",
            description=" ".join(part for part in words if part),
        )


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
        on = booked_on if isinstance(booked_on, date) else _date(booked_on)
        minor = money_parse(amount, currency)
    except ValueError as error:
        raise BankFileRefused(f"{where}: {error}. Nothing was imported.") from None
    return BankFileLine(account, on, minor, currency, reference.strip(), description.strip())
