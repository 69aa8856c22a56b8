"""The receipt as a file: one page, readable by machines and screen readers, right in every script."""

import io
from datetime import date
from typing import Any

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from api.services.gateways.pdf import ReceiptDocument, receipt_pdf

MADE_OF: dict[str, Any] = {
    "receipt_number": "2026-000042",
    "charity_name": "Riverbank Community Trust",
    "charity_status_line": "Registered charity no. 1234567 in England and Wales",
    "charity_number": "1234567",
    "charity_address": "12 Mill Lane, Birmingham B10 0AB",
    "charity_email": "giving@example.org",
    "donor_name": "Ben Okafor",
    "donor_address_lines": ("7 Heol y Bont", "Caerdydd", "CF10 1AA"),
    "received_on": date(2026, 11, 22),
    "amount": "£25.00",
    "fee_cover": None,
    "total": "£25.00",
    "fund_name": "Where it is needed most",
    "method": "Visa card ending 4242",
    "frequency": "One-off",
    "reference": "gift_8Kq2mVx7Lp",
    "contact_line": "Questions about this gift? Write to giving@example.org.",
    "how_to_stop": None,
}
NAMES = {
    "Welsh": "Siân Llŷr-Gŵyn",
    "Polish": "Małgorzata Świątek-Żółć",
    "Greek": "Ευαγγελία Παπαδοπούλου",
    "Cyrillic": "Дмитрий Щербаков",
    "Vietnamese": "Nguyễn Thị Ánh",
    "Armenian": "Արամ Խաչատրյան",
    "Georgian": "ნინო ბერიძე",
}


def receipt(**changes: Any) -> ReceiptDocument:
    """Ben's receipt, with changes."""
    return ReceiptDocument(**{**MADE_OF, **changes})


def words(pdf: bytes) -> str:
    """The text as a reader copies it, in logical order, with lines joined."""
    with pypdfium2.PdfDocument(pdf) as file:
        return " ".join(page.get_textpage().get_text_range() for page in file).replace("\r\n", " ")


def squeezed(text: str) -> str:
    """Without spaces and the break marks put into very long words."""
    return "".join(
        letter for letter in text if not letter.isspace() and letter not in "\u200b\ufffe\x02"
    )


def pages(pdf: bytes) -> int:
    return len(PdfReader(io.BytesIO(pdf)).pages)


def test_the_receipt_says_all_that_a_receipt_must_say() -> None:
    said = words(receipt_pdf(receipt()))
    for name in (
        "receipt_number",
        "charity_name",
        "charity_status_line",
        "charity_address",
        "charity_email",
        "donor_name",
        "total",
        "fund_name",
        "method",
        "frequency",
        "reference",
        "contact_line",
    ):
        assert MADE_OF[name] in said, name
    assert "22 November 2026" in said
    assert "cover fees" not in said and "stop" not in said


def test_a_monthly_gift_with_fees_covered_shows_both_parts_and_how_to_stop() -> None:
    said = words(
        receipt_pdf(
            receipt(
                frequency="Monthly",
                amount="£10.00",
                fee_cover="£0.36",
                total="£10.36",
                how_to_stop="Use the link to stop.",
            )
        )
    )
    for part in (
        "How often Monthly",
        "Gift £10.00",
        "Added to cover fees £0.36",
        "Total £10.36",
        "Use the link to stop.",
    ):
        assert part in said


def test_the_page_is_one_a4_page() -> None:
    page = PdfReader(io.BytesIO(receipt_pdf(receipt()))).pages[0]
    assert [round(float(side)) for side in page.mediabox] == [0, 0, 595, 842]


def test_equal_receipts_are_equal_files_and_others_are_not() -> None:
    assert receipt_pdf(receipt()) == receipt_pdf(receipt())
    assert receipt_pdf(receipt()) != receipt_pdf(receipt(total="£25.01"))


@pytest.mark.parametrize("script", NAMES)
def test_a_name_in_another_alphabet_can_be_read_and_copied(script: str) -> None:
    assert NAMES[script] in words(receipt_pdf(receipt(donor_name=NAMES[script])))


@pytest.mark.parametrize("name", ["أمينة عبد الرحمن", "דוד כהן"])
def test_a_right_to_left_name_keeps_its_logical_order(name: str) -> None:
    pdf = receipt_pdf(receipt(donor_name=name))
    assert name in words(pdf)
    assert pages(pdf) == 1


def test_arabic_letters_are_joined_and_run_from_the_right() -> None:
    with pypdfium2.PdfDocument(receipt_pdf(receipt(donor_name="محمد"))) as file:
        text = file[0].get_textpage()
        start = text.get_text_range().index("محمد")
        left_sides = [text.get_charbox(start + place)[0] for place in range(4)]
        gaps = [
            text.get_charbox(start + place)[0] - text.get_charbox(start + place + 1)[2]
            for place in range(3)
        ]
    assert left_sides == sorted(left_sides, reverse=True)
    assert max(gaps) < 0.5  # points: joined letters touch


@pytest.mark.parametrize(
    "name",
    [
        "अमीना शर्मा",
        "আমিনা খাতুন",
        "ਅਮੀਨਾ ਕੌਰ",
        "અમીના પટેલ",
        "அமினா",
        "አሚና",
        "王小明",
        "山田 さくら",
        "김철수",
    ],
)
def test_names_in_scripts_of_asia_and_ethiopia_have_their_letters(name: str) -> None:
    with pikepdf.open(io.BytesIO(receipt_pdf(receipt(donor_name=name)))) as file:
        assert (
            "pdfuaid" in file.Root.Metadata.read_bytes().decode()
        )  # refused by typst when a letter is missing


def test_a_letter_that_no_font_has_does_not_cost_the_donor_the_receipt() -> None:
    pdf = receipt_pdf(receipt(donor_name="Ben 😀 Okafor"))
    assert pages(pdf) == 1
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert file.Root.MarkInfo.Marked
    assert "Okafor" in words(pdf)


def test_the_file_is_tagged_for_screen_readers() -> None:
    with pikepdf.open(io.BytesIO(receipt_pdf(receipt()))) as file:
        assert file.Root.MarkInfo.Marked
        assert str(file.Root.Lang) == "en-GB"
        assert file.Root.StructTreeRoot.K
        assert file.Root.ViewerPreferences.DisplayDocTitle
        assert "pdfuaid:part" in file.Root.Metadata.read_bytes().decode()
        assert str(file.docinfo["/Title"]) == "Receipt 2026-000042 from Riverbank Community Trust"


def test_every_font_is_inside_the_file() -> None:
    with pikepdf.open(io.BytesIO(receipt_pdf(receipt(donor_name="Ben أمينة דוד")))) as file:
        descriptors = [
            thing
            for thing in file.objects
            if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/FontDescriptor"
        ]
        assert len(descriptors) >= 4
        assert all("/FontFile2" in font or "/FontFile3" in font for font in descriptors)


@pytest.mark.parametrize(
    "name",
    [
        "Wolfeschlegelsteinhausenbergerdorff-Smith",
        "Maria Antonia Josefina Guadalupe " * 6 + "Lopez",
        "W" * 200,
    ],
)
def test_a_long_name_stays_whole_on_the_one_page(name: str) -> None:
    pdf = receipt_pdf(receipt(donor_name=name))
    assert pages(pdf) == 1
    assert squeezed(name) in squeezed(words(pdf))


@given(
    lengths=st.lists(st.integers(1, 170), min_size=6, max_size=6),
    fund=st.integers(1, 120),
    letter=st.sampled_from(["W", "W ", "Ŵ"]),
)
@settings(max_examples=25, deadline=None)
def test_receipts_about_as_long_as_what_is_not_measured_make_one_page(
    lengths: list[int], fund: int, letter: str
) -> None:
    name, *address = ((letter * count)[:count] for count in lengths)
    pdf = receipt_pdf(
        receipt(
            donor_name=name,
            donor_address_lines=tuple(address),
            fund_name=(letter * fund)[:fund],
            fee_cover="£1.00",
            how_to_stop="To stop your monthly gift, use the link in the e-mail that brought it.",
        )
    )
    assert pages(pdf) == 1


def test_everything_long_at_once_still_makes_one_page() -> None:
    long = "A very long line of words " * 8
    pdf = receipt_pdf(
        receipt(
            donor_name=long,
            charity_name=long,
            charity_address=long,
            charity_status_line=long,
            fund_name=long,
            donor_address_lines=(long,) * 6,
            contact_line=long,
            how_to_stop=long,
            fee_cover="£1.00",
            method=long,
        )
    )
    assert pages(pdf) == 1
    assert words(pdf).count("A very long line") >= 8 * 13


def test_a_very_large_amount_stays_on_one_line() -> None:
    assert "We received £1,234,567.89 on 22 November" in words(
        receipt_pdf(receipt(total="£1,234,567.89"))
    )


@pytest.mark.parametrize(
    "name",
    [
        '#import "x"',
        '#panic("no")',
        "$x$ *bold* _it_ `raw`",
        "\\ @ref <lbl> // no",
        '"#read("/etc/passwd")"',
        "[a] {b}",
    ],
)
def test_what_looks_like_source_is_shown_as_it_was_typed(name: str) -> None:
    said = words(receipt_pdf(receipt(donor_name=name, fund_name=name)))
    assert said.count(name) == 2


def test_control_characters_become_spaces() -> None:
    assert "Ben Okafor" in words(receipt_pdf(receipt(donor_name="Ben\x00Okafor")))
