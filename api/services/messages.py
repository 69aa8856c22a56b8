"""E-mails: written once, sent once, kept as they were sent. What each says is in the file of its noun."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from api.clock import now
from api.models import Donation, Donor, Message, MessageKind, MessageState
from api.services.gateways.mail import Attachment, MailError, OutgoingMail, mail_render, mail_send

# A sender that died is given up after this long; the same Message-ID lets mail servers drop a repeat.
SENDING_TIMEOUT = timedelta(minutes=5)


def message_write(
    *,
    kind: MessageKind,
    key: str,
    to: str,
    template: str,
    words: Mapping[str, object],
    donor: Donor | None = None,
    donation: Donation | None = None,
) -> Message:
    """The e-mail of this key, written now from `templates/mail/` unless it was written before.

    `key` says what it is for and starts with the kind: "receipt:REF". Nothing is sent yet.
    """
    subject, text, html = mail_render(template, words)
    message, _ = Message.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "donor": donor or (donation.donor if donation else None),
            "donation": donation,
            "to": to,
            "subject": subject,
            "text": text,
            "html": html,
            "message_id": f"<{key.replace(':', '-')}@{_domain()}>",
        },
    )
    return message


def message_send(
    message: Message, *, files: Callable[[], tuple[Attachment, ...]] = lambda: ()
) -> None:
    """Send a written e-mail with its files, or keep it where no SMTP is set.

    Safe to call again: it goes once. Raises MailError when it may be tried again.
    """
    if not settings.MAILERS:
        Message.objects.filter(pk=message.pk, state=MessageState.QUEUED).update(
            state=MessageState.KEPT, sent_at=now(), attempts=1
        )
        return
    if not _claim(message):
        return
    try:
        mail_send(_outgoing(message, files()))
    except MailError as error:
        state = MessageState.QUEUED if error.is_temporary else MessageState.FAILED
        Message.objects.filter(pk=message.pk).update(state=state, error=str(error)[:2000])
        if error.is_temporary:
            raise
        return
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, sent_at=now(), error="")


def _claim(message: Message) -> bool:
    """Take the e-mail for sending; one taker wins."""
    attempts = message.attempts + 1
    stale = Q(state=MessageState.SENDING, claimed_at__lt=now() - SENDING_TIMEOUT)
    return bool(
        Message.objects.filter(Q(state=MessageState.QUEUED) | stale, pk=message.pk).update(
            state=MessageState.SENDING, claimed_at=now(), attempts=attempts
        )
    )


def _outgoing(message: Message, files: tuple[Attachment, ...]) -> OutgoingMail:
    return OutgoingMail(
        to=message.to,
        subject=message.subject,
        text=message.text,
        html=message.html,
        message_id=message.message_id,
        attachments=files,
    )


def _domain() -> str:
    return settings.CHARITY_EMAIL.rpartition("@")[2].rstrip(">")
