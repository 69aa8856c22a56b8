"""The only door to the mailbox to which mail servers return what they can't deliver."""

import email
import email.policy
import imaplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage

from django.conf import settings

_TIMEOUT_SECONDS = 30


class MailboxError(Exception):
    """The mailbox can't be read; its text says what to do."""


def returned_mails() -> Iterator[EmailMessage]:
    """Each unread e-mail, marked as read only after the caller is done with it. Raises MailboxError."""
    try:
        with _open() as box:
            box.login(settings.BOUNCE_IMAP_USER, settings.BOUNCE_IMAP_PASSWORD)
            box.select(settings.BOUNCE_IMAP_FOLDER)
            _, found = box.uid("SEARCH", "UNSEEN")
            for number in (found[0] or b"").split():
                _, parts = box.uid("FETCH", number.decode(), "(BODY.PEEK[])")
                yield mail_parse(_bytes(parts))
                box.uid("STORE", number.decode(), "+FLAGS", "(\\Seen)")
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxError(
            f"The mailbox at {settings.BOUNCE_IMAP_HOST} can't be read ({error}): "
            "check BOUNCE_IMAP_HOST, BOUNCE_IMAP_USER, BOUNCE_IMAP_PASSWORD and BOUNCE_IMAP_FOLDER."
        ) from error


def mail_parse(content: bytes) -> EmailMessage:
    """An e-mail from its bytes."""
    return email.message_from_bytes(content, policy=email.policy.default)


def _open() -> imaplib.IMAP4:
    host, port = settings.BOUNCE_IMAP_HOST, settings.BOUNCE_IMAP_PORT
    if not settings.BOUNCE_IMAP_USE_TLS:
        return imaplib.IMAP4(host, port, timeout=_TIMEOUT_SECONDS)
    return imaplib.IMAP4_SSL(
        host, port, ssl_context=ssl.create_default_context(), timeout=_TIMEOUT_SECONDS
    )


def _bytes(parts: list[object]) -> bytes:
    for part in parts:
        if isinstance(part, tuple):
            return bytes(part[1])
    raise MailboxError("The mailbox answered without the e-mail: it will be read again.")
