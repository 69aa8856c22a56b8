"""Receipts that prove themselves: the square, the code, the signature; void ones, copies, refunds."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
import zxingcpp
from django.conf import settings
from pytest_django import Settings

from api.models import (
    AuditLine,
    Donation,
    DonationStatus,
    Message,
    MessageKind,
    Receipt,
    ReceiptFault,
    ReplacedReceipt,
    Role,
)
from api.services.funds import funds_seed
from api.services.message_files import message_files
from api.services.receipt_codes import receipt_code, receipt_code_read
from api.services.receipt_marks import receipt_proof
from api.services.receipt_replacements import receipt_find, receipt_replace
from api.services.receipts import receipt_document, receipt_pdf_make
from tests.clients import Client
from tests.environment import ROOT
from tests.giving_history import donor, paid
from tests.people import staff
from tools.receipt_check import Refused, facts_of, keys_of, signed_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def given() -> Donation:
    """Ben's gift of £25."""
    funds_seed()
    return paid(donor("Ben Okafor", "ben@example.org"), "2026-11-24", 2500)


def text_of(pdf: bytes) -> str:
    """The words of a PDF on one line."""
    return " ".join(pypdf.PdfReader(BytesIO(pdf)).pages[0].extract_text().split())


def keys(client: Client) -> dict[str, bytes]:
    """The keys as the page gives them to anybody."""
    return keys_of(client.get("/verify/key").content.decode())


def test_the_square_on_the_paper_leads_to_a_page_that_says_what_holds_and_names_nobody(
    client: Client, given: Donation
) -> None:
    pdf = receipt_pdf_make(given.receipt)
    with pypdfium2.PdfDocument(pdf) as file:
        [square] = zxingcpp.read_barcodes(file[0].render(scale=2).to_pil())
    code = receipt_code(given.receipt.year, given.receipt.sequence)
    assert square.text.startswith(f"{settings.SITE_URL}/verify/{code}#R1.")
    page = client.get(square.text.partition("#")[0].removeprefix(settings.SITE_URL))
    said = page.content.decode()
    assert page.status_code == 200
    assert given.receipt.number in said and "£25.00" in said and "Valid." in said
    assert "Ben" not in said and "Okafor" not in said
    assert code.replace("-", "") in text_of(pdf).replace("-", "").replace(" ", "")


def test_the_tool_alone_checks_a_pdf_and_refuses_every_flipped_byte(
    client: Client, given: Donation, tmp_path: Path
) -> None:
    pdf, key = tmp_path / "receipt.pdf", tmp_path / "keys.json"
    pdf.write_bytes(receipt_pdf_make(given.receipt))
    key.write_bytes(client.get("/verify/key").content)
    command = [sys.executable, "-I", str(ROOT / "tools" / "receipt_check.py"), str(pdf)]
    ran = subprocess.run(
        [*command, "--key", str(key)], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"receipt: {given.receipt.number}" in ran.stdout and "amount_minor: 2500" in ran.stdout
    known, token = keys(client), signed_text(pdf.read_bytes())
    assert facts_of(token, known)["currency"] == "GBP"
    for place in range(3, len(token)):
        for flipped in (token[place] ^ 1, token[place] ^ 2):
            changed = token[:place] + bytes([flipped]) + token[place + 1 :]
            with pytest.raises(Refused):
                facts_of(signed_text(changed), known)
    assert ran.stdout.count("Ben") == 0


def test_a_key_that_was_changed_still_checks_what_it_signed_and_an_unknown_one_nothing(
    client: Client, given: Donation, settings: Settings
) -> None:
    old = receipt_proof(given.receipt)
    settings.RECEIPT_SIGNING_KEYS = [b"n" * 32, *settings.RECEIPT_SIGNING_KEYS]
    new = receipt_proof(given.receipt)
    assert new.signed != old.signed and new.code != old.code
    for proof in (old, new):
        assert facts_of(proof.signed.encode(), keys(client))["receipt"] == given.receipt.number
        assert receipt_code_read(proof.code) == (given.receipt.year, given.receipt.sequence)
    settings.RECEIPT_SIGNING_KEYS = [b"s" * 32]
    with pytest.raises(Refused, match="does not have"):
        facts_of(old.signed.encode(), keys(client))
    assert client.get(f"/verify/{old.code}").status_code == 404


def test_a_code_is_read_as_people_type_it_and_a_guessed_one_is_not_ours(
    client: Client, given: Donation
) -> None:
    code = receipt_code(given.receipt.year, given.receipt.sequence)
    typed = code.lower().replace("-", " ").replace("0", "o")
    assert client.get(f"/verify/{typed}").status_code == 200
    after = client.get("/verify/", {"code": f" {code} "})
    assert after.status_code == 302 and code in after["Location"]
    for place, letter in enumerate(code):
        if letter != "-":
            wrong = code[:place] + ("7" if letter != "7" else "8") + code[place + 1 :]
            assert receipt_code_read(wrong) is None
    assert client.get("/verify/00000-00000-00000").status_code == 404


def test_who_guesses_codes_is_held_up(client: Client, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "verify": 2}
    codes = [client.get("/verify/7K3QF-9XW2M-C4HTR").status_code for _ in range(3)]
    assert codes == [404, 404, 429]


def test_a_receipt_with_a_wrong_name_is_void_and_the_next_number_takes_its_place(
    client: Client, given: Donation
) -> None:
    receipt, farid = given.receipt, staff(Role.FINANCE)
    first = receipt.number
    receipt_document(receipt)
    given.donor.name = "Benedict Okafor"
    given.donor.save()
    client.force_login(farid)
    answer = client.post(f"/admin/receipt/{first}/replace/", {"reason": "name"})
    receipt.refresh_from_db()
    assert answer["Location"] == f"/admin/receipt/{receipt.number}/"
    assert receipt.sequence == 2 and Receipt.objects.count() == 1
    old = receipt_find(first)
    assert isinstance(old, ReplacedReceipt) and old.replaced_by == receipt.number
    said = text_of(receipt_pdf_make(old))
    assert "VOID" in said and f"Replaced by receipt {receipt.number}" in said
    assert "Ben Okafor" in said and "Benedict" not in said
    again = text_of(receipt_pdf_make(receipt))
    assert "VOID" not in again and "Benedict Okafor" in again
    assert (
        "void: replaced"
        in client.get(f"/verify/{receipt_proof(old).code}").content.decode().lower()
    )
    [line] = AuditLine.objects.filter(action="receipt.replaced")
    assert (line.actor, line.detail["replaced_by"]) == (farid, receipt.number)
    # A second click, or the old page: nothing more is issued.
    client.post(f"/admin/receipt/{first}/replace/", {"reason": "name"})
    assert ReplacedReceipt.objects.count() == 1
    receipt_replace(number=receipt.number, reason=ReceiptFault.ADDRESS, actor=farid)
    page = client.get(f"/admin/receipt/{first}/").content.decode()
    assert page.count("wrong; replaced by") == 2 and page.count("✓ Yes") == 1


def test_a_copy_says_duplicate_and_the_first_one_does_not(given: Donation) -> None:
    [first] = message_files(Message(kind=MessageKind.RECEIPT, donation=given))
    assert "DUPLICATE" not in text_of(first.content)
    copy = Message(kind=MessageKind.RECEIPT_COPY, donation=given)
    [second] = message_files(copy)
    assert "DUPLICATE" in text_of(second.content)


@pytest.mark.parametrize(
    ("status", "words", "is_void"),
    [
        (DonationStatus.PART_REFUNDED, "Valid, partly given back.", False),
        (DonationStatus.REFUNDED, "Void: the gift was given back.", True),
        (DonationStatus.CHARGED_BACK, "Void: the gift was taken back", True),
    ],
)
def test_what_was_given_back_is_told_and_a_gift_without_money_has_no_valid_receipt(
    client: Client, given: Donation, status: DonationStatus, words: str, is_void: bool
) -> None:
    given.refunds.create(amount_minor=1000, currency="GBP", status="succeeded")
    Donation.objects.filter(pk=given.pk).update(status=status)
    receipt = Receipt.objects.get(donation=given)
    said = text_of(receipt_pdf_make(receipt))
    assert ("VOID" in said) == is_void and "£10.00" in said and "£25.00" in said
    page = client.get(f"/verify/{receipt_proof(receipt).code}").content.decode()
    assert words in page and "£10.00" in page


def test_keys_are_taken_from_the_settings_in_their_order() -> None:
    seeds = [bytes([number]) * 32 for number in (1, 2)]
    told = ",".join(b64encode(seed).decode() for seed in seeds)
    script = (
        "import django; from django.conf import settings; import json;"
        "print(json.dumps([key.hex() for key in settings.RECEIPT_SIGNING_KEYS]))"
    )
    ran = _with_key(script, told)
    assert json.loads(ran.stdout) == [seed.hex() for seed in seeds]
    wrong = _with_key(script, "short")
    assert (
        wrong.returncode and "RECEIPT_SIGNING_KEY" in wrong.stderr and "short" not in wrong.stderr
    )


def _with_key(script: str, told: str) -> Any:
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "RECEIPT_SIGNING_KEY": told},
        capture_output=True,
        text=True,
    )
