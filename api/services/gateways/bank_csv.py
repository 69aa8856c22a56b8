"""Bank statements as CSV: which column is what is read from the header; a bad line is named with its column."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.errors import BankFileRefused
from api.money import money_parse
from api.services.gateways.bank_movements import ACCEPTED, BankFileLine, bank_day, bank_text

_HEADER_WITHIN = 20
_COLUMNS = {
    "date": "date|transaction date|posting date|posted date|booked date|booking date|booked on|entry date"
    "|value date|completed date|date completed|date completed utc",
    "description": "description|transaction description|details|memo|narrative|name|counter party|"
    "counterparty|payee|particulars|merchant description|transaction type|type",
    "reference": "reference|transaction id|bank reference|payment reference|fitid|id",
    "amount": "amount|value|transaction amount|amount [a-z]{3}|value [a-z]{3}",
    "credit": "(credit|credit amount|credits|money in|paid in|in|receipts)( gbp| eur| usd)?",
    "debit": "(debit|debit amount|debits|money out|paid out|out|payments|withdrawals)( gbp| eur| usd)?",
    # Whether money came or went, in a word beside the amount; or the amount itself, with its sign.
    "way": "(debit credit|credit debit|cr dr|dr cr|cd|dc)( identifier| indicator)?|direction",
    "currency": "currency|ccy|currency code|payment currency",
    "account": "account|account number|account no|iban",
    "balance": "balance|running balance|(balance|running balance) [a-z]{3}",
}
# What a bank writes into a file without a header line: HSBC's.
_BARE_COLUMNS = {"date": [0], "description": [1], "amount": [2]}
_WAYS = {"CR": 1, "C": 1, "CREDIT": 1, "IN": 1, "DR": -1, "D": -1, "DEBIT": -1, "OUT": -1}
# A line between movements that says how much there is.
_BALANCE_WORDS = re.compile(r"balance|(brought|carried) forward", re.IGNORECASE)


@dataclass(frozen=True)
class _Header:
    """The columns of a CSV file: as the bank calls them, and which of them is what."""

    titles: Sequence[str]
    places: Mapping[str, Sequence[int]]

    def cells(self, row: Sequence[str], what: str) -> list[str]:
        """What stands in columns of this kind, where anything does."""
        found = (row[at].strip() for at in self.places.get(what, []) if at < len(row))
        return [cell for cell in found if cell]

    def first(self, row: Sequence[str], what: str) -> str:
        """Of the first such column that is filled."""
        return next(iter(self.cells(row, what)), "")

    def read[Value](self, row: Sequence[str], what: str, parse: Callable[[str], Value]) -> Value:
        """The same, understood. Raises ValueError that names the column."""
        try:
            return parse(self.first(row, what))
        except ValueError as error:
            title = self.titles[self.places[what][0]].strip()
            raise ValueError(f"column {title}: {error}") from None

    def is_movement(self, row: Sequence[str]) -> bool:
        """Banks also write notes and balances between the movements."""
        if any(self.cells(row, what) for what in ("amount", "credit", "debit", "way")):
            return True
        words = " ".join(self.cells(row, "description"))
        is_balance = self.cells(row, "balance") and _BALANCE_WORDS.search(words)
        return _is_read(bank_day, self.first(row, "date")) and not is_balance


def bank_csv_read(content: bytes, account: str, currency: str) -> Iterator[BankFileLine]:
    """Every line of a CSV file. `account` and `currency` are for files that do not name theirs."""
    text = bank_text(content)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    header: _Header | None = None
    try:
        for number, row in enumerate(row for row in rows if any(cell.strip() for cell in row)):
            if header is None:
                header = _header(row)
                if header or rows.line_num >= _HEADER_WITHIN:
                    continue
                header = _bare(row) if number == 0 else None
            if header and header.is_movement(row):
                yield _csv_line(row, header, rows.line_num, account, currency)
    except csv.Error as error:
        raise BankFileRefused(f"Line {rows.line_num}: {error}. {ACCEPTED}") from None
    if header is None:
        raise BankFileRefused(f"No header line was found. {ACCEPTED}")


def _csv_line(
    row: Sequence[str], header: _Header, number: int, account: str, currency: str
) -> BankFileLine:
    try:
        money = header.read(row, "currency", _currency) if header.places.get("currency") else ""
        money = money or currency
        return BankFileLine(
            # A spreadsheet is told by an apostrophe that these digits are no number.
            account=header.first(row, "account").lstrip("'") or account,
            booked_on=header.read(row, "date", bank_day),
            amount_minor=_csv_amount(row, header, money),
            currency=money,
            reference=" ".join(header.cells(row, "reference")),
            description=" ".join(header.cells(row, "description")),
        )
    except ValueError as error:
        raise BankFileRefused(f"Line {number}, {error}. Nothing was imported. {ACCEPTED}") from None


def _csv_amount(row: Sequence[str], header: _Header, currency: str) -> int:
    def read(what: str) -> int:
        return header.read(row, what, lambda text: money_parse(text, currency)) if has(what) else 0

    def has(what: str) -> bool:
        return bool(header.first(row, what))

    if has("amount"):
        amount = read("amount")
        return amount if not has("way") else header.read(row, "way", _way) * abs(amount)
    if has("credit") or has("debit"):
        # Some banks write what went out with a minus and some without.
        return read("credit") - abs(read("debit"))
    if has("way"):
        return read("way")
    raise ValueError("there is no amount")


def _way(text: str) -> int:
    """1 for money in, -1 for money out."""
    if text.upper() not in _WAYS:
        raise ValueError(f"`{text}` does not say whether money came in (CR) or went out (DR)")
    return _WAYS[text.upper()]


def _currency(text: str) -> str:
    if text and not re.fullmatch("[A-Z]{3}", text.upper()):
        raise ValueError(f"`{text}` is not a currency code such as GBP")
    return text.upper()


def _header(row: Sequence[str]) -> _Header | None:
    """Which column is what, guessed from a header line; None when this row is none."""
    names = [re.sub(r"[^a-z]+", " ", cell.lower()).strip() for cell in row]
    found = {
        what: [at for at, name in enumerate(names) if re.fullmatch(pattern, name)]
        for what, pattern in _COLUMNS.items()
    }
    has_money = found["amount"] or (found["credit"] and found["debit"]) or found["way"]
    has_words = found["description"] or found["reference"]
    return _Header(row, found) if found["date"] and has_money and has_words else None


def _bare(row: Sequence[str]) -> _Header | None:
    """The columns of a file that begins with a movement; None when it does not."""
    is_movement = (
        len(row) == len(_BARE_COLUMNS) and _is_read(bank_day, row[0]) and _is_read(_amount, row[2])
    )
    return _Header(("1", "2", "3"), _BARE_COLUMNS) if is_movement else None


def _amount(text: str) -> int:
    return money_parse(text, "GBP")


def _is_read(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _delimiter(text: str) -> str:
    start = "\n".join(text.splitlines()[:_HEADER_WITHIN])
    return max(",;\t", key=start.count)
