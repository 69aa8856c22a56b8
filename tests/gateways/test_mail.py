"""E-mail over real SMTP, and what the donor reads in it."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.template import TemplateDoesNotExist
from pytest_django import Settings

from api.services.gateways.mail import Attachment, MailError, OutgoingMail, mail_render, mail_send
from api.services.gateways.pdf import receipt_pdf
from tests.gateways.test_pdf import receipt, words

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
MAIL = OutgoingMail(
    to="ben@example.org",
    subject="Your receipt for £25.00",
    text="Your gift of £25.00 reached us.\n",
    html="<p>Your gift of £25.00 reached us.</p>",
    message_id="<receipt-gift_8Kq2mVx7Lp@example.org>",
)
CONTEXT: dict[str, Any] = {
    "charity_name": "Riverbank & Friends",
    "charity_status_line": "Registered charity no. 1234567 in England and Wales",
    "charity_number": "1234567",
    "charity_email": "giving@example.org",
    "charity_address": "12 Mill Lane, Birmingham B10 0AB",
    "donor_name": "Amina Yusuf",
    "amount": "£10.00",
    "total": "£10.36",
    "fee_cover": "£0.36",
    "fund_name": "Where it is needed most",
    "received_on": date(2026, 11, 22),
    "receipt_number": "2026-000042",
    "frequency": "Monthly",
    "adjective": "monthly",
    "every": "every month",
    "is_monthly": True,
    "next_collection_on": date(2026, 12, 5),
    "stop_url": "https://give.example.org/giving/stop/signed-token/",
    "thanks_url": "https://give.example.org/thanks/gift_8Kq2mVx7Lp",
}
ONCE = {
    **CONTEXT,
    "frequency": "One-off",
    "is_monthly": False,
    "next_collection_on": None,
    "stop_url": None,
    "fee_cover": None,
    "total": "£10.00",
}


@dataclass
class Postbox:
    """What an SMTP server took, and what it answers to a recipient and to a text."""

    answer_to_recipient: str = "250 OK"
    answer_to_text: str = "250 OK"
    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer_to_text.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer_to_text

    def only(self) -> EmailMessage:
        """The one e-mail that came."""
        [mail] = self.mails()
        return mail

    def mails(self) -> list[EmailMessage]:
        """All e-mails that came."""
        contents = [envelope.original_content or b"" for envelope in self.envelopes]
        return [message_from_bytes(content, policy=default) for content in contents]


def change(settings: Settings, **options: object) -> None:
    """Other options of the mailer, until the test ends."""
    settings.MAILERS["default"]["OPTIONS"].update(options)


@pytest.fixture
def postbox(settings: Settings) -> Iterator[Postbox]:
    """An SMTP server on a port of its own, which the settings point at."""
    taken = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(taken, hostname="127.0.0.1", port=port)
    server.start()
    settings.MAILERS = {"default": {"BACKEND": SMTP_BACKEND, "OPTIONS": {"host": "127.0.0.1"}}}
    change(settings, port=port, use_tls=False, timeout=5, username="", password="")
    settings.DEFAULT_FROM_EMAIL = "Riverbank Community Trust <giving@example.org>"
    yield taken
    server.stop()


def refusal(mail: OutgoingMail) -> MailError:
    """The error that sending ends with."""
    with pytest.raises(MailError) as caught:
        mail_send(mail)
    return caught.value


def test_an_email_arrives_with_its_words_and_its_own_message_id(postbox: Postbox) -> None:
    mail_send(MAIL)
    came = postbox.only()
    assert postbox.envelopes[0].rcpt_tos == ["ben@example.org"]
    assert came["Subject"] == "Your receipt for £25.00"
    assert came["From"] == "Riverbank Community Trust <giving@example.org>"
    assert came["Message-ID"] == "<receipt-gift_8Kq2mVx7Lp@example.org>"
    assert came["Auto-Submitted"] == "auto-generated"
    text, html = came.get_body(("plain",)), came.get_body(("html",))
    assert text is not None and text.get_content().strip() == "Your gift of £25.00 reached us."
    assert (
        html is not None and html.get_content().strip() == "<p>Your gift of £25.00 reached us.</p>"
    )


def test_the_attached_receipt_arrives_byte_for_byte(postbox: Postbox) -> None:
    pdf = receipt_pdf(receipt())
    mail_send(
        replace(MAIL, attachments=(Attachment("receipt-2026-000042.pdf", "application/pdf", pdf),))
    )
    [file] = postbox.only().iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == (
        "receipt-2026-000042.pdf",
        "application/pdf",
    )
    assert file.get_content() == pdf
    assert "Ben Okafor" in words(file.get_content())


def test_a_header_of_the_callers_is_sent(postbox: Postbox) -> None:
    mail_send(replace(MAIL, headers=(("Reply-To", "dora@example.org"),)))
    assert postbox.only()["Reply-To"] == "dora@example.org"


def test_a_repeat_carries_the_same_message_id(postbox: Postbox) -> None:
    mail_send(MAIL)
    mail_send(MAIL)
    ids = {
        message_from_bytes(envelope.original_content or b"")["Message-ID"]
        for envelope in postbox.envelopes
    }
    assert len(postbox.envelopes) == 2 and len(ids) == 1


def test_an_address_that_does_not_exist_is_a_permanent_failure(postbox: Postbox) -> None:
    postbox.answer_to_recipient = "550 5.1.1 No such person"
    error = refusal(MAIL)
    assert not error.is_temporary
    assert "550" in str(error) and "correct the donor's e-mail address" in str(error)
    assert postbox.envelopes == []


def test_a_busy_mailbox_is_a_temporary_failure(postbox: Postbox) -> None:
    postbox.answer_to_recipient = "451 4.2.1 Try later"
    error = refusal(MAIL)
    assert error.is_temporary and "451" in str(error)
    assert postbox.envelopes == []


@pytest.mark.parametrize(
    ("answer", "is_temporary"),
    [
        ("452 4.3.1 Full", True),
        ("530 5.7.0 Sign in first", True),
        ("554 5.6.0 No", False),
        ("552 5.3.4 Too big", False),
    ],
)
def test_an_answer_to_the_text_says_whether_to_try_again(
    postbox: Postbox, answer: str, is_temporary: bool
) -> None:
    postbox.answer_to_text = answer
    error = refusal(MAIL)
    assert error.is_temporary is is_temporary
    assert answer[:3] in str(error)
    assert postbox.envelopes == []


def test_a_server_that_is_not_there_is_temporary_and_names_the_settings(
    postbox: Postbox, settings: Settings
) -> None:
    change(settings, port=1)
    error = refusal(MAIL)
    assert error.is_temporary
    assert "127.0.0.1:1" in str(error) and "EMAIL_HOST" in str(error)


def test_a_server_that_never_answers_is_given_up(postbox: Postbox, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        change(settings, port=silent.getsockname()[1], timeout=0.3)
        assert refusal(MAIL).is_temporary


def test_tls_that_the_server_lacks_names_the_setting(postbox: Postbox, settings: Settings) -> None:
    change(settings, use_tls=True)
    error = refusal(MAIL)
    assert error.is_temporary and "EMAIL_USE_TLS" in str(error)
    assert postbox.envelopes == []


@pytest.mark.parametrize(
    "mail",
    [
        replace(MAIL, subject="Hello\nBcc: all@example.org"),
        replace(MAIL, subject="Hello\r\n"),
        replace(MAIL, to="ben@example.org\r\nBcc: all@example.org"),
        replace(MAIL, message_id="<a@b>\nX: y"),
        replace(MAIL, headers=(("X-Fund", "a\nBcc: all@example.org"),)),
        replace(MAIL, attachments=(Attachment("a\n.pdf", "application/pdf", b""),)),
    ],
)
def test_a_line_break_in_a_header_is_refused_and_nothing_is_sent(
    postbox: Postbox, mail: OutgoingMail
) -> None:
    error = refusal(mail)
    assert not error.is_temporary and "line break" in str(error)
    assert postbox.envelopes == []


@pytest.mark.parametrize("to", ["ben", "ben@", "ben@example.org, all@example.org", ""])
def test_what_is_not_one_address_is_a_permanent_failure(postbox: Postbox, to: str) -> None:
    assert not refusal(replace(MAIL, to=to)).is_temporary
    assert postbox.envelopes == []


def test_the_first_line_says_amount_and_date() -> None:
    _, text, html = mail_render("receipt", ONCE)
    assert (
        text.splitlines()[0]
        == "Your gift of £10.00 reached Riverbank & Friends on 22 November 2026."
    )
    assert "Your gift of £10.00 reached Riverbank &amp; Friends on 22 November 2026." in html


def test_the_subject_is_one_line_and_shows_signs_as_they_are() -> None:
    subject, _, _ = mail_render("receipt", ONCE | {"charity_name": "Fish\n& Chips"})
    assert subject == "Your receipt for £10.00 to Fish & Chips (2026-000042)"


def test_a_monthly_receipt_says_when_the_next_is_and_how_to_stop() -> None:
    _, text, html = mail_render("receipt", CONTEXT)
    for body in (text, html):
        assert "Your monthly gift of £10.36" in body
        assert "We will next collect £10.36 on 5 December 2026" in body
        assert "https://give.example.org/giving/stop/signed-token/" in body
        assert "Added to cover fees" in body and "£0.36" in body


def test_a_one_off_receipt_says_nothing_of_stopping_or_fees() -> None:
    _, text, html = mail_render("receipt", ONCE)
    for body in (text, html):
        assert "stop" not in body.lower().replace("/giving/stop/", "")
        assert "None" not in body and "cover fees" not in body


def test_both_bodies_carry_the_charitys_legal_lines() -> None:
    _, text, html = mail_render("receipt", CONTEXT)
    for body in (text, html):
        assert CONTEXT["charity_status_line"] in body
        assert CONTEXT["charity_address"] in body
        assert CONTEXT["receipt_number"] in body and CONTEXT["thanks_url"] in body


def test_a_donors_name_can_put_no_markup_into_the_html() -> None:
    _, text, html = mail_render("receipt", CONTEXT | {"donor_name": "<img src=x> {{ 7 }}"})
    assert "<img" not in html and "&lt;img src=x&gt; {{ 7 }}" in html
    assert "Dear <img src=x> {{ 7 }}," in text


def test_the_html_needs_no_outside_file_and_knows_dark_mode() -> None:
    _, _, html = mail_render("receipt", CONTEXT)
    assert (
        "<img" not in html
        and "<table" not in html
        and "<script" not in html
        and "@import" not in html
    )
    assert '<meta name="color-scheme" content="light dark">' in html


def test_an_unknown_template_is_an_error() -> None:
    with pytest.raises(TemplateDoesNotExist):
        mail_render("nothing", {})
