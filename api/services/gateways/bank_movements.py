"""A movement in a bank's file: what it says, and how its text and its day are read."""

from dataclasses import dataclass
from datetime import date, datetime

ACCEPTED = (
    "Accepted are CSV with a header line (a date, a description, and an amount or credit and debit), "
    "OFX, and CAMT.053 XML."
)
# Day before month, as in the UK.
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d")
_DATES_NAMED = (
    "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%d %b %y", "%d/%b/%Y",
)  # fmt: skip


@dataclass(frozen=True)
class BankFileLine:
    """One movement on the bank account; in minor units, in is positive."""

    account: str
    booked_on: date
    amount_minor: int
    currency: str
    reference: str
    description: str


def bank_text(content: bytes) -> str:
    """A file's text, in whatever letters a bank or a spreadsheet saved it."""
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            break
    # What spreadsheets save in the UK; it has a letter for nearly every byte.
    return content.decode("cp1252", errors="replace")


def bank_day(text: str) -> date:
    """A day as banks write it, day before month. Raises ValueError."""
    first = text.strip().split("T")[0].replace(",", "")
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
