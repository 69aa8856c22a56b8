"""The only door to e-mail: templates become words, and SMTP takes them away."""

import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.template.loader import render_to_string, select_template
from django.utils import translation

from api.counters import count
from api.services.gateways.smtp import Marker, before_the_dot

# Replies that a wrong setting of ours causes (RFC 4954, RFC 3207): the e-mail itself is fine and may be sent later.
_SETTINGS_CODES = {454, 504, 530, 534, 535, 538}


class MailError(Exception):
    """An e-mail did not go. Its text says what to do; `is_temporary` says whether trying again may help."""

    def __init__(self, sentence: str, *, is_temporary: bool) -> None:
        super().__init__(sentence)
        self.is_temporary = is_temporary


@dataclass(frozen=True)
class Attachment:
    """A file in an e-mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class OutgoingMail:
    """One e-mail to one person. The same `message_id` marks a repeat as the same e-mail."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def mail_render(
    template: str, context: Mapping[str, object], *, language: str = "en"
) -> tuple[str, str, str]:
    """The subject (always one line), the text and the HTML of an e-mail, from `templates/mail/`.

    Another language's words are in the folder of its code; what it lacks is said in English.
    """
    with translation.override(language):
        values = {**context, "language_tag": _tag(template, language)}
        subject = " ".join(_words(f"{template}.subject.txt", language, values).split())
        text = re.sub(r"\n{3,}", "\n\n", _words(f"{template}.txt", language, values)).strip() + "\n"
        return subject, text, _words(f"{template}.html", language, values)


def _words(name: str, language: str, values: dict[str, object]) -> str:
    return render_to_string([f"mail/{language}/{name}", f"mail/{name}"], values)


def _tag(template: str, language: str) -> str:
    """What the e-mail is written in, as HTML names it (BCP 47)."""
    found = select_template([f"mail/{language}/{template}.html", f"mail/{template}.html"])
    return language if f"/{language}/" in str(found.template.name) else "en-GB"


def mail_send(mail: OutgoingMail, *, marker: Marker | None = None) -> None:
    """Hand one e-mail to the SMTP server of the settings; returns once the server has taken it.

    `marker` is called at the last moment before that. Raises MailError. A name or header with a line
    break is refused before anything is sent.
    """
    try:
        with before_the_dot(marker):
            _hand_over(mail)
    except MailError as error:
        count("domaap_mails", outcome="temporary" if error.is_temporary else "permanent")
        raise
    count("domaap_mails", outcome="sent")


def _hand_over(mail: OutgoingMail) -> None:
    _headers_check(mail)
    try:
        mailers.default.send_messages([_message(mail)])
    except smtplib.SMTPRecipientsRefused as error:
        raise _recipient_refused(mail, error) from error
    except smtplib.SMTPResponseException as error:
        raise _answer_refused(error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailError(
            f"The mail server can't do what the settings ask ({error}): check EMAIL_USE_TLS, "
            "EMAIL_HOST_USER and the address.",
            is_temporary=True,
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        server: Any = settings.MAILERS["default"]["OPTIONS"]
        raise MailError(
            f"The mail server {server['host']}:{server['port']} can't be reached "
            f"({error}): check EMAIL_HOST and EMAIL_PORT.",
            is_temporary=True,
        ) from error
    except ValueError as error:
        raise MailError(
            f"This e-mail can't be addressed ({error}): correct the donor's e-mail address.",
            is_temporary=False,
        ) from error


def mail_sign_in(*, seconds: float = 5.0) -> None:
    """Connect and sign in as for an e-mail, and send nothing. Raises MailError."""
    server: Any = settings.MAILERS["default"]["OPTIONS"]
    try:
        with smtplib.SMTP(server["host"], server["port"], timeout=seconds) as smtp:
            if server["use_tls"]:
                smtp.starttls(context=ssl.create_default_context())
            if server["username"]:
                smtp.login(server["username"], server["password"])
            else:
                smtp.noop()
    except smtplib.SMTPResponseException as error:
        raise _answer_refused(error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(
            f"The mail server {server['host']}:{server['port']} can't be used ({error}): check "
            "EMAIL_HOST, EMAIL_PORT and EMAIL_USE_TLS.",
            is_temporary=True,
        ) from error


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    # RFC 3834: machines must not answer; out-of-office replies to a receipt help nobody.
    headers = {
        "Auto-Submitted": "auto-generated",
        **dict(mail.headers),
        "Message-ID": mail.message_id,
    }
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[mail.to],
        headers=headers,
    )
    message.attach_alternative(mail.html, "text/html")
    for file in mail.attachments:
        message.attach(file.name, file.content, file.content_type)
    return message


def _headers_check(mail: OutgoingMail) -> None:
    named = [("subject", mail.subject), ("address", mail.to), ("Message-ID", mail.message_id)]
    named += [("attachment's name", file.name) for file in mail.attachments]
    named += [(f"header {name!r}", name + value) for name, value in mail.headers]
    for name, value in named:
        if len(value.splitlines()) > 1 or value.endswith(("\r", "\n")) or "\0" in value:
            raise MailError(
                f"The {name} holds a line break: correct it and send again.", is_temporary=False
            )
    # Django sends to nobody without a word when the address is empty, and takes one without a domain.
    if "@" not in mail.to:
        raise MailError(
            "The e-mail has no full address: correct the donor's e-mail address.",
            is_temporary=False,
        )


def _recipient_refused(mail: OutgoingMail, error: smtplib.SMTPRecipientsRefused) -> MailError:
    code, reply = next(iter(error.recipients.values()))
    words = f"The mail server refused the donor's address ({code} {_text(reply)})"
    if code < 500:
        return MailError(f"{words}: it asks us to try later.", is_temporary=True)
    return MailError(f"{words}: correct the donor's e-mail address.", is_temporary=False)


def _answer_refused(error: smtplib.SMTPResponseException) -> MailError:
    words = f"The mail server answered {error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPAuthenticationError):
        return MailError(
            f"{words}: check DEFAULT_FROM_EMAIL, EMAIL_HOST_USER and EMAIL_HOST_PASSWORD.",
            is_temporary=True,
        )
    if error.smtp_code < 500 or error.smtp_code in _SETTINGS_CODES:
        return MailError(
            f"{words}: it will be tried again; check EMAIL_HOST_USER and EMAIL_USE_TLS if it stays.",
            is_temporary=True,
        )
    return MailError(f"{words}: it will not take this e-mail as it is.", is_temporary=False)


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
