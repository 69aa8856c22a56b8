"""What became of e-mails after the mail server took them: bounces, complaints, and those who want no more."""

import re
from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from email.message import Message as ParsedMail

from django.db import transaction
from flufl.bounce import all_failures

from api.clock import now
from api.models import (
    ConsentChannel,
    ConsentSource,
    ConsentState,
    Donor,
    MailEvent,
    MailEventKind,
    Message,
    MessageState,
    SuppressedReason,
)
from api.services.consents import ConsentAnswer, consent_is_given, consent_record
from api.services.gateways.returned_mail import returned_mails
from api.services.mail_addresses import address_suppress
from api.services.messages import mail_domain

_SENT = (MessageState.SENT, MessageState.SENDING, MessageState.QUEUED)


def message_find(*, message_id: str, to: str) -> Message | None:
    """The e-mail that a mail service means: by the id that it kept, else the newest to that address."""
    named = message_id if message_id.startswith("<") else f"<{message_id}>"
    written = Message.objects.select_related("donor").filter(to__iexact=to)
    return written.filter(message_id=named).first() or written.order_by("-id").first()


@transaction.atomic
def mail_event_record(
    message: Message, kind: MailEventKind, *, at: datetime, reason: str = ""
) -> bool:
    """Keep what happened and draw the consequence, once. False: it was known.

    A bounce: nothing more goes to the address. A complaint or "no more": no appeal goes there.
    """
    _, is_new = MailEvent.objects.get_or_create(
        message=message, kind=kind, defaults={"at": at, "reason": reason[:500]}
    )
    if not is_new:
        return False
    if kind == MailEventKind.BOUNCED:
        Message.objects.filter(pk=message.pk, state__in=_SENT).update(
            state=MessageState.BOUNCED, error=reason[:2000]
        )
        if message.donor_id:
            address_suppress(message.to, SuppressedReason.BOUNCED)
    if kind in (MailEventKind.COMPLAINED, MailEventKind.UNSUBSCRIBED) and message.donor:
        if kind == MailEventKind.COMPLAINED:
            address_suppress(message.to, SuppressedReason.COMPLAINED)
        appeals_stop(message.donor)
    return True


def appeals_unsubscribe(message: Message) -> None:
    """Its reader pressed the button "no more". Safe to call again, also after another yes."""
    mail_event_record(message, MailEventKind.UNSUBSCRIBED, at=now())
    if message.donor:
        appeals_stop(message.donor)


def appeals_stop(donor: Donor) -> None:
    """The donor wants no appeals by e-mail any more, whatever name they gave at this address. Safe to call again."""
    for one in Donor.objects.filter(email_key=donor.email_key):
        if consent_is_given(one, ConsentChannel.EMAIL):
            answer = ConsentAnswer(
                channel=ConsentChannel.EMAIL,
                state=ConsentState.WITHDRAWN,
                source=ConsentSource.EMAIL,
                at=now(),
            )
            consent_record(donor=one, answer=answer, actor=None)


def returned_mail_read(mail: EmailMessage) -> int:
    """Take in a bounce (RFC 3464 and what servers send instead) or a complaint (RFC 5965).

    Anybody can write to our mailbox: only what names an e-mail of ours, and the address that it
    went to, counts. Returns how many events were new.
    """
    written = {message.to.casefold(): message for message in _ours(mail)}
    if not written:
        return 0
    if _is_complaint(mail):
        return sum(
            mail_event_record(one, MailEventKind.COMPLAINED, at=now()) for one in written.values()
        )
    late, lost = all_failures(mail)
    found = [(MailEventKind.BOUNCED, address) for address in _texts(lost)]
    found += [(MailEventKind.DEFERRED, address) for address in _texts(late)]
    return sum(
        mail_event_record(written[address], kind, at=now(), reason=_reason(mail))
        for kind, address in found
        if address in written
    )


def returned_mailbox_read() -> tuple[int, int]:
    """Take in every unread e-mail of the mailbox: how many there were, how many events were new.

    Raises MailboxError. Killed in between, the rest is read the next time, and nothing twice.
    """
    read = new = 0
    for mail in returned_mails():
        read += 1
        new += returned_mail_read(mail)
    return read, new


def _texts(addresses: Iterable[bytes | str]) -> list[str]:
    return [
        (one.decode("ascii", "replace") if isinstance(one, bytes) else one).casefold()
        for one in addresses
    ]


def _ours(mail: EmailMessage) -> list[Message]:
    """E-mails of ours that it names: their Message-ID can't be guessed."""
    pattern = rf"<[^<>\s]{{1,180}}@{re.escape(mail_domain())}>"
    named = set(re.findall(pattern, mail.as_bytes().decode("utf-8", "replace")))
    return list(Message.objects.filter(message_id__in=named).select_related("donor"))


def _is_complaint(mail: ParsedMail) -> bool:
    return str(mail.get_param("report-type", "")).casefold() == "feedback-report"


def _reason(mail: ParsedMail) -> str:
    """The server's own word, from the part that machines read."""
    for part in mail.walk():
        if word := part.get("Diagnostic-Code"):
            return " ".join(str(word).partition(";")[2].split()) or str(word)
    return "The mail server said that it can't be delivered."
