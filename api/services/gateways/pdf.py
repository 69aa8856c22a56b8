"""The only door to PDF: documents are typst templates, filled with data and never with source text."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from threading import local
from types import MappingProxyType
from typing import Literal

import typst

from api.clock import day_words

_API = Path(__file__).resolve().parents[2]
_TEMPLATES = _API / "templates" / "pdf"
_FONTS = _API / "fonts"
_KEPT = local()
_NO_GLYPH = "could not be displayed with"


@dataclass(frozen=True)
class ReceiptDocument:
    """All that a receipt says. Money is formatted text; `received_on` is the day in Europe/London."""

    receipt_number: str
    charity_name: str
    charity_status_line: str
    charity_number: str
    charity_address: str
    charity_email: str
    donor_name: str
    donor_address_lines: tuple[str, ...]
    received_on: date
    amount: str
    fee_cover: str | None
    total: str
    fund_name: str
    method: str
    frequency: str
    reference: str
    contact_line: str
    how_to_stop: str | None
    # Receipts from before there were others were all written in English.
    language: str = "en"
    # What the gift says of somebody, and of whom: ("In memory of", "Ruth Okafor").
    tribute: tuple[str, str] | None = None


@dataclass(frozen=True)
class ReceiptMarks:
    """What is printed on a receipt today: a stamp (VOID, DUPLICATE) and why, what was given back, and its proof.

    `address` is where the square leads, `shown_address` what people may type, `qr` the square as SVG.
    """

    stamp: str = ""
    stamp_note: str = ""
    refunds: tuple[tuple[str, str], ...] = ()
    code: str = ""
    address: str = ""
    shown_address: str = ""
    qr: str = ""


def receipt_pdf(document: ReceiptDocument, marks: ReceiptMarks = ReceiptMarks()) -> bytes:
    """One tagged A4 page (PDF/UA-1) with its fonts inside; equal documents give equal bytes.

    Whatever a donor typed is shown as typed: it reaches the template as JSON data, never as source.
    """
    fields: dict[str, object] = asdict(document)
    fields["received_on"] = day_words(document.received_on, document.language)
    more = asdict(marks)
    picture = more.pop("qr")
    fields["marks"] = more
    # The day of the gift rather than of the making: made again, the file is the same.
    return document_pdf("receipt", fields, on=document.received_on, pictures={"qr": picture})


def document_pdf(
    template: str,
    fields: dict[str, object],
    *,
    on: date,
    pictures: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """TEMPLATE.typ filled with data, dated a day. The template finds the data under its own name.

    `pictures` are SVG texts of our own making, under theirs.
    """
    stamp = datetime.combine(on, time(), tzinfo=UTC)
    data = {name: _printable(value) for name, value in fields.items()}
    words = {**pictures, template: json.dumps(data, ensure_ascii=False)}
    try:
        return _compile(f"{template}.typ", words, stamp, "ua-1")
    except typst.TypstError as error:
        if _NO_GLYPH not in str(error):
            raise
        # PDF/UA forbids a letter that no font of ours has (an emoji in a name). A box there, in a page that
        # is tagged all the same, is better than a donor without a receipt.
        return _compile(f"{template}.typ", words, stamp, None)


def _compile(
    template: str, words: dict[str, str], stamp: datetime, standard: Literal["ua-1"] | None
) -> bytes:
    made = _compiler(template).compile(
        format="pdf", sys_inputs=words, pdf_standards=standard, timestamp=stamp
    )
    if not isinstance(made, bytes):
        raise TypeError("typst gave no PDF file")
    return made


def _compiler(template: str) -> typst.Compiler:
    """This thread's compiler of a template: making one anew costs a sixth of a receipt."""
    made: dict[str, typst.Compiler] = _KEPT.__dict__
    if template not in made:
        made[template] = typst.Compiler(
            _TEMPLATES / template, root=_TEMPLATES, font_paths=_fonts(), ignore_system_fonts=True
        )
    return made[template]


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)]
    )


def _printable(value: object) -> object:
    """Control characters become spaces: a PDF can't hold them; joiners and direction marks stay."""
    if isinstance(value, str):
        return "".join(
            " " if unicodedata.category(letter) in {"Cc", "Cs"} else letter for letter in value
        )
    if isinstance(value, list | tuple):
        return [_printable(item) for item in value]
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    return value
