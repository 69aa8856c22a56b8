"""What becomes of e-mails after they went: who can't be reached is not written to, who wants no appeals gets none."""

import base64
import imaplib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from api.clock import now
from api.models import (
    Consent,
    ConsentBasis,
    ConsentChannel,
    ConsentSource,
    ConsentState,
    Donation,
    Donor,
    MailEvent,
    MailEventKind,
    Message,
    MessageKind,
    MessageState,
    Role,
    SuppressedAddress,
)
from api.services.consents import ConsentAnswer, consent_is_given, consent_record
from api.services.mail_events import mail_event_record, returned_mail_read
from api.services.message_log import message_email_send
from api.services.message_samples import SAMPLES
from api.services.messages import message_write, unsubscribe_url
from tests.clients import Client
from tests.environment import free_port
from tests.gateways.test_mail import Postbox, postbox
from tests.people import BEN, staff
from tests.walks.tools import work

__all__ = ["postbox"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def written(paid: Callable[..., Donation], news: Callable[[], None]) -> Message:
    """The receipt e-mail of Ben's gift, as a mail server took it."""
    paid()
    news()
    Message.objects.update(state=MessageState.SENT)
    return Message.objects.select_related("donor").get()


def bounce(message: Message, *, to: str = "", code: str = "5.1.1") -> EmailMessage:
    """What a mail server sends back (RFC 3464)."""
    action = "failed" if code.startswith("5") else "delayed"
    address = to or message.to
    return message_from_bytes(
        f"""From: MAILER-DAEMON@mx.example.net
To: giving@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

It did not work.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {address}
Action: {action}
Status: {code}
Diagnostic-Code: smtp; 550 No such user here

--B
Content-Type: text/rfc822-headers

From: giving@example.org
To: {address}
Message-ID: {message.message_id}
Subject: Your receipt

--B--
""".encode(),
        policy=policy.default,
    )


def complaint(message: Message) -> EmailMessage:
    """What a mail provider sends when a reader presses "spam" (RFC 5965)."""
    return message_from_bytes(
        f"""From: fbl@example.net
To: giving@example.org
Subject: FW: spam
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is spam, says your reader.

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Example/1
Version: 1

--B
Content-Type: message/rfc822

From: giving@example.org
To: {message.to}
Message-ID: {message.message_id}
Subject: Your receipt

Words
--B--
""".encode(),
        policy=policy.default,
    )


def says_yes(donor: Donor) -> None:
    """Ben wants to hear from us."""
    answer = ConsentAnswer(
        channel=ConsentChannel.EMAIL,
        state=ConsentState.GIVEN,
        source=ConsentSource.WEBSITE,
        at=now(),
        basis=ConsentBasis.CONSENT,
        wording="Yes, write to me.",
    )
    consent_record(donor=donor, answer=answer, actor=None)


def appeal(donor: Donor, name: str = "well") -> Message:
    """An appeal to Ben, written but not sent."""
    return message_write(
        kind=MessageKind.APPEAL,
        key=f"appeal:{name}:{donor.reference}",
        to=donor.email,
        donor=donor,
        words={**SAMPLES[MessageKind.APPEAL]("en"), "donor_name": donor.name},
    )


def test_an_address_that_bounces_is_not_written_to_again_until_it_is_corrected(
    written: Message, hana: Client, postbox: Postbox
) -> None:
    assert returned_mail_read(bounce(written)) == 1
    assert returned_mail_read(bounce(written)) == 0
    written.refresh_from_db()
    assert (written.state, written.error) == (MessageState.BOUNCED, "550 No such user here")
    assert not SuppressedAddress.objects.filter(address_hash__contains="ben").exists()
    donor = written.donor
    assert donor is not None
    says_yes(donor)
    held = appeal(donor)
    message_email_send(held.pk)
    held.refresh_from_db()
    assert held.state == MessageState.HELD and "come back" in held.error
    assert postbox.envelopes == []
    page = f"/admin/messages/{written.pk}/"
    assert "No such user here" in hana.get(page).content.decode()
    Donor.objects.filter(pk=donor.pk).update(email="ben@example.net", email_key="ben@example.net")
    assert hana.post(f"{page}again/").status_code == 302
    work()
    written.refresh_from_db()
    assert (written.state, written.to) == (MessageState.SENT, "ben@example.net")
    assert [mail["To"] for mail in postbox.mails()] == ["ben@example.net"]


def test_a_bounce_of_nothing_of_ours_or_for_another_address_changes_nothing(
    written: Message,
) -> None:
    forged = bounce(written)
    raw = forged.as_bytes().replace(written.message_id.encode(), b"<guessed@example.org>")
    assert returned_mail_read(message_from_bytes(raw, policy=policy.default)) == 0
    assert returned_mail_read(bounce(written, to="someone@example.com")) == 0
    written.refresh_from_db()
    assert written.state == MessageState.SENT
    assert not SuppressedAddress.objects.exists() and not MailEvent.objects.exists()


def test_a_late_e_mail_is_noted_and_stays_sent(written: Message) -> None:
    assert returned_mail_read(bounce(written, code="4.2.2")) == 1
    written.refresh_from_db()
    assert written.state == MessageState.SENT
    assert [event.kind for event in written.events.all()] == [MailEventKind.DEFERRED]
    assert not SuppressedAddress.objects.exists()


def test_a_complaint_ends_appeals_but_not_receipts(
    written: Message, postbox: Postbox, paid: Callable[..., Donation], news: Callable[[], None]
) -> None:
    donor = written.donor
    assert donor is not None
    says_yes(donor)
    assert returned_mail_read(complaint(written)) == 1
    assert not consent_is_given(donor, ConsentChannel.EMAIL)
    newest = Consent.objects.first()
    assert newest is not None
    assert (newest.state, newest.source) == (ConsentState.WITHDRAWN, ConsentSource.EMAIL)
    held = appeal(donor)
    message_email_send(held.pk)
    held.refresh_from_db()
    assert held.state == MessageState.HELD
    paid()
    news()
    assert [str(mail["Subject"])[:12] for mail in postbox.mails()] == ["Your receipt"]


def test_an_appeal_goes_only_after_a_yes_and_carries_the_way_out_that_one_press_takes(
    written: Message, postbox: Postbox, client: Client
) -> None:
    donor = written.donor
    assert donor is not None
    held = appeal(donor, "before")
    message_email_send(held.pk)
    held.refresh_from_db()
    assert (held.state, postbox.envelopes) == (MessageState.HELD, [])
    says_yes(donor)
    message_email_send(appeal(donor, "after").pk)
    [mail] = postbox.mails()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = str(mail["List-Unsubscribe"]).strip("<>")
    text = mail.get_body(("plain",))
    assert (
        text is not None
        and link == unsubscribe_url(f"appeal:after:{donor.reference}")
        and link in text.get_content()
    )
    path = re.sub(r"^https?://[^/]+", "", link)
    assert b"Shall we write no more" in client.get(path).content
    assert consent_is_given(donor, ConsentChannel.EMAIL)
    pressed = Client(enforce_csrf_checks=True).post(
        path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert pressed.status_code == 200
    assert not consent_is_given(donor, ConsentChannel.EMAIL)
    count = Consent.objects.count()
    assert client.post(path).status_code == 200
    assert Consent.objects.count() == count
    assert client.get(f"{path[:-3]}xx/").status_code == 404


def test_receipts_and_alerts_carry_no_way_out_and_no_asking(
    written: Message, postbox: Postbox
) -> None:
    Message.objects.update(state=MessageState.QUEUED)
    message_email_send(written.pk)
    [mail] = postbox.mails()
    assert "List-Unsubscribe" not in mail
    assert "unsubscribe" not in str(mail.get_body(("html",)))


@pytest.mark.urls("tests.mail_service_urls")
def test_a_mail_service_tells_by_its_own_webhook_with_the_secret_alone(
    written: Message, client: Client, settings: Settings
) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": "domaap:a long secret of the mail service"}
    body = {
        "RecordType": "Bounce",
        "ID": 42,
        "Type": "HardBounce",
        "TypeCode": 1,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Details": "550 no such user",
        "Email": written.to,
        "BouncedAt": "2026-11-24T10:00:00Z",
        "Inactive": True,
    }

    def tell(secret: str) -> int:
        key = base64.b64encode(secret.encode()).decode()
        answer = client.post(
            "/api/mail/postmark/tracking/",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Basic {key}"},
        )
        return int(answer.status_code)

    assert tell("domaap:wrong") == 400
    assert not MailEvent.objects.exists()
    assert tell("domaap:a long secret of the mail service") == 200
    assert tell("domaap:a long secret of the mail service") == 200
    written.refresh_from_db()
    assert (written.state, MailEvent.objects.count()) == (MessageState.BOUNCED, 1)


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[imaplib.IMAP4]:
    """A real IMAP server with one mailbox."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "pymap"), "--host", "127.0.0.1", "--no-tls"]
    command += ["--port", str(port), "dict", "--demo-user", "giving", "--demo-password", "secret"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        box = _connect(port)
        box.login("giving", "secret")
        settings.BOUNCE_IMAP_HOST, settings.BOUNCE_IMAP_PORT = "127.0.0.1", port
        settings.BOUNCE_IMAP_USER, settings.BOUNCE_IMAP_PASSWORD = "giving", "secret"
        settings.BOUNCE_IMAP_USE_TLS = False
        yield box
        server.kill()


def _connect(port: int) -> imaplib.IMAP4:
    until = time.monotonic() + 20
    while True:
        try:
            return imaplib.IMAP4("127.0.0.1", port, timeout=10)
        except OSError:
            if time.monotonic() > until:
                raise


def test_the_mailbox_is_read_once_and_a_wrong_password_says_what_to_check(
    written: Message, mailbox: imaplib.IMAP4, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    mailbox.append("INBOX", "", "", bounce(written).as_bytes())
    mailbox.append("INBOX", "", "", b"From: ben@example.org\r\nSubject: Hello\r\n\r\nHow are you?")
    call_command("read_returned_mail")
    assert "2 e-mails read, 1 told something new" in capsys.readouterr().out
    call_command("read_returned_mail")
    assert "0 e-mails read" in capsys.readouterr().out
    settings.BOUNCE_IMAP_PASSWORD = "wrong"
    with pytest.raises(CommandError, match="check BOUNCE_IMAP_HOST"):
        call_command("read_returned_mail")


def test_an_event_is_kept_once_whatever_is_told_how_often(written: Message) -> None:
    told = [
        mail_event_record(written, kind, at=now())
        for kind in (MailEventKind.DELIVERED, MailEventKind.DELIVERED, MailEventKind.BOUNCED)
    ]
    assert told == [True, False, True]


def test_support_reads_the_e_mail_but_not_the_file_with_the_card_and_the_auditor_no_address(
    written: Message,
) -> None:
    receipt = written.donation.receipt.number if written.donation else ""
    name = f"receipt-{receipt}.pdf"
    for role, sees_file, sees_address in (
        (Role.FINANCE, True, True),
        (Role.SUPPORT, False, True),
        (Role.AUDITOR, False, False),
    ):
        client = Client()
        client.force_login(staff(role))
        page = client.get(f"/admin/messages/{written.pk}/").content.decode()
        assert (BEN["email"] in page, name in page) == (sees_address, sees_file)
        file = client.get(f"/admin/messages/{written.pk}/files/{name}")
        assert file.status_code == (200 if sees_file else 403)
        frame = client.get(f"/admin/messages/{written.pk}/html/")
        assert frame.status_code == 200 and "sandbox" in frame["Content-Security-Policy"]
