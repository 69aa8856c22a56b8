"""What e-mails say in each language, and what they must not: held over every template that donors may get."""

import re
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from django.conf import settings

from api.models import (
    MARKETING_KINDS,
    STAFF_KINDS,
    Donation,
    Donor,
    Language,
    Message,
    MessageKind,
    MessageState,
    Payment,
    PlanInterval,
    ReceiptFault,
    Role,
    Subscription,
)
from api.services.donor_statements import donor_statement_pdf
from api.services.donor_words import frequency_words, method_words
from api.services.message_files import message_files
from api.services.message_log import message_email_send
from api.services.message_samples import SAMPLES
from api.services.messages import message_words, message_write
from api.services.receipt_emails import receipt_email_send, receipt_replaced_send
from api.services.receipt_replacements import receipt_replace
from api.services.receipts import receipt_pdf_make
from api.services.statement_periods import period_read
from tests.clients import Client
from tests.gateways.test_mail import Postbox, postbox
from tests.giving_history import donor, month, paid, plan
from tests.people import staff
from tests.walks.tools import work

__all__ = ["postbox"]
pytestmark = pytest.mark.django_db(transaction=True)
MAIL = settings.BASE_DIR / "api/templates/mail"
TO_DONORS = sorted(set(MessageKind) - STAFF_KINDS)
SERVICE = sorted(set(TO_DONORS) - MARKETING_KINDS)
FORMS = ("subject.txt", "txt", "html")
# Words that no Welsh sentence has.
ENGLISH = re.compile(
    r"\b(the|your|you|and|was|with|we|this|from|please|will|not|have|gift|receipt)\b", re.I
)
# What asks for a gift, or leads to where one is asked for; a link to give again is its donor's own wish.
ASKING = re.compile(
    r"unsubscribe|appeal|apêl|apeliad|give now|rhoi nawr|donate now|another gift|give again|rhodd arall"
    r"|support us|cefnogwch|gift aid|campaign|facebook|share this|rhannwch|give_url|/donate",
    re.I,
)


def sources(kind: str) -> list[Path]:
    """Its templates in every language, with all their branches."""
    folders = [MAIL] + [MAIL / code for code in Language.values if code != Language.ENGLISH]
    return [folder / f"{kind}.{form}" for folder in folders for form in FORMS]


@pytest.mark.parametrize("kind", TO_DONORS)
def test_each_e_mail_to_donors_is_written_in_welsh_to_its_end(kind: MessageKind) -> None:
    assert [path for path in sources(kind) if not path.exists()] == []
    for branch in ({}, {"is_final": True, "ends_on": None}, {"is_new": True}, {"is_bill": True}):
        for part in message_words(kind, {**SAMPLES[kind]("cy"), **branch}, language="cy"):
            body = re.sub(r"<style>.*?</style>|<[^>]+>|https?://\S+", " ", part, flags=re.S)
            # The bank's own text, which must not be changed.
            own = re.sub(r"The Direct Debit Guarantee.*?notify us\.", " ", body, flags=re.S)
            own = own.replace("Clean water", "")
            assert ENGLISH.findall(own) == [], own
    html = message_words(kind, SAMPLES[kind]("cy"), language="cy")[2]
    assert '<html lang="cy"' in html and "Elusen gofrestredig" in html


@pytest.mark.parametrize("kind", SERVICE)
def test_what_concerns_a_gift_never_asks_for_another_one(kind: MessageKind) -> None:
    for path in sources(kind):
        assert ASKING.findall(path.read_text()) == [], path
    for language in Language.values:
        for part in message_words(kind, SAMPLES[kind](language), language=language):
            asks = {word.lower() for word in ASKING.findall(part)}
            assert asks <= ({"/donate"} if kind == MessageKind.GIVE_LINK else set())


@pytest.mark.parametrize("language", Language.values)
def test_every_appeal_has_the_way_out_in_its_headers_and_words_and_nothing_else_has(
    language: str, postbox: Postbox
) -> None:
    ben = donor("Ben Okafor", "ben@example.org")
    Donor.objects.filter(pk=ben.pk).update(language=language)
    ben.refresh_from_db()
    ben.consents.create(
        channel="email", state="given", basis="consent", wording="Yes.", source="website", at="2026-01-01T00:00Z"
    )  # fmt: skip
    for kind in sorted(set(TO_DONORS) - {MessageKind.STATEMENT, MessageKind.RECEIPT_REPLACED}):
        words = SAMPLES[kind](language)
        key = f"{kind}:x:{ben.reference}"
        message = message_write(kind=kind, key=key, to=ben.email, words=words, donor=ben)
        message_email_send(message.pk)
        mail = postbox.mails()[-1]
        link = str(mail["List-Unsubscribe"] or "").strip("<>")
        assert bool(link) == (kind in MARKETING_KINDS)
        assert bool(mail["List-Unsubscribe-Post"]) == (kind in MARKETING_KINDS)
        for part in (message.text, message.html):
            assert ("/giving/unsubscribe/" in part) == (kind in MARKETING_KINDS)
            assert not link or link in part
        if link:
            path = link.removeprefix(settings.SITE_URL)
            assert Client(enforce_csrf_checks=True).post(path).status_code == 200
    assert ben.consents.order_by("-id")[0].state == "withdrawn"


def by_card(gift: Donation) -> Donation:
    """Stripe told how it was paid."""
    Payment.objects.filter(donation=gift).update(method="Visa card ending 4242")
    return Donation.objects.get(pk=gift.pk)


def welsh() -> Donor:
    """Ben, whom we write to in Welsh."""
    ben = donor("Ben Okafor", "ben@example.org")
    Donor.objects.filter(pk=ben.pk).update(language="cy")
    ben.refresh_from_db()
    return ben


def text_of(pdf: bytes) -> str:
    """The words of a PDF on one line."""
    return " ".join(pypdf.PdfReader(BytesIO(pdf)).pages[0].extract_text().split())


def test_receipts_and_statements_speak_the_donors_language() -> None:
    ben = welsh()
    gift = by_card(paid(ben, "2025-12-01", 123_456))
    gift.refunds.create(amount_minor=1000, currency="GBP", status="succeeded")
    receipt = receipt_pdf_make(gift.receipt, is_copy=True)
    said = text_of(receipt)
    assert "Diolch am eich rhodd" in said and "£1,234.56" in said and "1 Rhagfyr 2025" in said
    assert "COPI" in said and "Elusen gofrestredig" in said and "Rhoddwyd yn ôl ar" in said
    assert ENGLISH.findall(said.replace("Where it is needed most", "")) == []
    assert pypdf.PdfReader(BytesIO(receipt)).root_object["/Lang"] == "cy-GB"
    statement = text_of(donor_statement_pdf(ben, period_read({"year": "2025-26"})))
    assert "Blwyddyn dreth 2025/26" in statement and "1 Rhag 2025" in statement
    assert "6 Ebrill 2025" in statement and "Cyfanswm, 1 rhodd" in statement
    assert ENGLISH.findall(statement.replace("Where it is needed most", "")) == []
    # What was issued in English stays English.
    late = paid(ben, "2025-12-02", 100)
    Donor.objects.update(language="en")
    late.refresh_from_db()
    assert "Thank you for your gift" in text_of(
        receipt_pdf_make(Donation.objects.get(pk=late.pk).receipt)
    )
    Donor.objects.update(language="cy")
    assert "Thank you for your gift" in text_of(receipt_pdf_make(late.receipt))


@pytest.mark.parametrize(
    ("language", "said", "until"),
    [
        ("en", "Your yearly gift of £10.00", "and then each year until you stop it"),
        ("cy", "Cyrhaeddodd eich rhodd reolaidd o £10.00", "ac yna bob blwyddyn nes"),
    ],
)
def test_a_receipt_says_how_often_the_plan_really_gives(
    language: str, said: str, until: str
) -> None:
    ben = welsh()
    Donor.objects.update(language=language)
    yearly = plan(ben, "2025-12-01", 1000)
    gift = by_card(month(yearly, "2025-12-01"))
    Subscription.objects.update(
        interval=PlanInterval.YEAR, next_collection_on="2026-12-01", status="active"
    )
    receipt_email_send(gift.pk)
    text = Message.objects.get(kind=MessageKind.RECEIPT).text
    assert said in text and until in text


def test_words_of_plans_are_welsh_to_who_is_written_to_in_welsh() -> None:
    assert frequency_words("quarter", "cy") == "bob tri mis"
    assert method_words("Visa card ending 4242", "cy") == "Cerdyn Visa yn gorffen gyda 4242"
    assert method_words("Bacs Direct Debit ending 2345", "cy") == (
        "Debyd Uniongyrchol Bacs yn gorffen gyda 2345"
    )
    assert method_words("Card", "cy") == "Cerdyn" and method_words("Link", "cy") == "Link"
    assert method_words("Visa card ending 4242") == "Visa card ending 4242"


def test_a_replaced_receipt_is_sent_once_and_says_what_was_wrong(client: Client) -> None:
    gift = by_card(paid(donor("Ben Okafor", "ben@example.org"), "2026-11-24", 2500))
    farid = staff(Role.FINANCE)
    first = gift.receipt.number
    client.force_login(farid)
    page = client.get(f"/admin/receipt/{first}/").content.decode()
    assert "ben@example.org, saying that it takes the place of" in page
    Donor.objects.update(name="Benedict Okafor")
    client.post(f"/admin/receipt/{first}/replace/", {"reason": "name", "send": "yes"})
    work()
    message = Message.objects.get(kind=MessageKind.RECEIPT_REPLACED)
    second = Donation.objects.get(pk=gift.pk).receipt.number
    assert message.text.startswith(
        f"Your receipt {first} is replaced by {second}: the name on it was wrong."
    )
    assert "no new gift was taken" in message.text and message.state == MessageState.KEPT
    [file] = message_files(message)
    assert file.name == f"receipt-{second}.pdf"
    assert "DUPLICATE" not in text_of(file.content) and "Benedict" in text_of(file.content)
    receipt_replaced_send(gift.pk, second)
    client.post(f"/admin/receipt/{second}/replace/", {"reason": "other"})  # Not asked to send it.
    work()
    assert Message.objects.filter(kind=MessageKind.RECEIPT_REPLACED).count() == 1
    assert "VOID" in text_of(message_files(message)[0].content)


def test_of_two_replacements_in_a_row_the_newest_alone_is_told_and_nobody_without_address() -> None:
    gift = by_card(paid(donor("Ben Okafor", "ben@example.org"), "2026-11-24", 2500))
    farid = staff(Role.FINANCE)
    with_mail = {"reason": ReceiptFault.ADDRESS, "actor": farid, "is_sent": True}
    second = receipt_replace(number=gift.receipt.number, **with_mail)
    third = receipt_replace(number=second.number, **with_mail)
    work()
    [message] = Message.objects.filter(kind=MessageKind.RECEIPT_REPLACED)
    assert message.key == f"receipt_replaced:{third.number}"
    Donor.objects.update(email="")
    receipt_replace(number=third.number, **with_mail)
    work()
    assert Message.objects.filter(kind=MessageKind.RECEIPT_REPLACED).count() == 1
