"""E-mails: written once, sent once, kept as they were sent. What each says is in the file of its noun."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q

from api.clock import now
from api.errors import NotFound
from api.models import (
    MARKETING_KINDS,
    ConsentChannel,
    Donation,
    Donor,
    Language,
    Message,
    MessageKind,
    MessageState,
    MessageWording,
    SuppressedReason,
)
from api.services.consents import consent_is_given
from api.services.donor_locks import donor_hold
from api.services.donor_secrets import message_revealed
from api.services.gateways.handovers import Handover, Stage, handover_open
from api.services.gateways.mail import Attachment, MailError, OutgoingMail, mail_render, mail_send
from api.services.mail_addresses import address_is_suppressed
from api.services.personal_texts import ERASED
from api.services.receipts import charity_words

_UNSUBSCRIBE_SALT = "appeals-no-more"
# A sender on another machine that died is given up after this long; of one on this machine it is known at
# once, and whether its e-mail had gone. The same Message-ID lets mail servers drop a repeat.
SENDING_TIMEOUT = timedelta(minutes=3)

FORGOTTEN = "The donor was forgotten: nobody is written to."
DIED = "The worker was killed as it handed this e-mail over: it has very likely arrived."


def message_write(
    *,
    kind: MessageKind,
    key: str,
    to: str,
    words: Mapping[str, object],
    donor: Donor | None = None,
    donation: Donation | None = None,
    language: str = "",
) -> Message:
    """The e-mail of this key, written now in the donor's language unless it was written before.

    `key` says what it is for and starts with the kind: "receipt:REF". Nothing is sent yet.
    """
    donor = donor or (donation.donor if donation else None)
    language = language or (donor.language if donor else Language.ENGLISH.value)
    if kind in MARKETING_KINDS:
        words = {**words, "unsubscribe_url": unsubscribe_url(key)}
    subject, text, html = message_words(kind, words, language=language)
    said = {"to": to, "subject": subject, "text": text, "html": html}
    with transaction.atomic():
        # Who was forgotten while this was written, or before, is not written to.
        if donor is not None and donor_hold(donor.pk).erased_at is not None:
            said = {"subject": ERASED, "state": MessageState.HELD, "error": FORGOTTEN}
        message, _ = Message.objects.get_or_create(
            key=key,
            defaults={
                "kind": kind,
                "donor": donor,
                "donation": donation,
                "language": language,
                "message_id": f"<{key.replace(':', '-')}@{mail_domain()}>",
                **said,
            },
        )
    return message


def message_words(
    kind: MessageKind,
    words: Mapping[str, object],
    *,
    language: str = Language.ENGLISH,
    is_own: bool = True,
) -> tuple[str, str, str]:
    """Subject, text and HTML of an e-mail as it would be written now, with the charity's own words if `is_own`.

    How the charity names itself is added here: `words` are what this e-mail is about.
    """
    kept = MessageWording.objects.filter(kind=kind, language=language) if is_own else None
    own = kept.first() if kept is not None else None
    values = {**charity_words(language), **words}
    if own is not None:
        values |= {"opening": own.opening, "closing": own.closing}
    subject, text, html = mail_render(kind, values, language=language)
    return (own.subject if own and own.subject else subject), text, html


def unsubscribe_url(key: str) -> str:
    """Where the reader of an appeal says no to more, with one press. It does not age: e-mails are kept for years."""
    token = signing.Signer(salt=_UNSUBSCRIBE_SALT).sign(key)
    return f"{settings.SITE_URL}/giving/unsubscribe/{token}/"


def unsubscribe_token_read(token: str) -> Message:
    """The e-mail of such a link. Raises NotFound for one that is not ours."""
    try:
        key = signing.Signer(salt=_UNSUBSCRIBE_SALT).unsign(token)
    except signing.BadSignature as error:
        raise NotFound("This link is not complete. Please use the one in our e-mail.") from error
    message = Message.objects.select_related("donor").filter(key=key).first()
    if message is None:
        raise NotFound
    return message


def message_send(
    message: Message, *, files: Callable[[], tuple[Attachment, ...]] = lambda: ()
) -> None:
    """Send a written e-mail with its files, or keep it where no SMTP is set.

    Safe to call again: it goes once. Raises MailError when it may be tried again.
    """
    if why_not := _obstacle(message):
        Message.objects.filter(pk=message.pk, state=MessageState.QUEUED).update(
            state=MessageState.HELD, error=why_not
        )
        return None
    if not settings.MAILERS:
        Message.objects.filter(pk=message.pk, state=MessageState.QUEUED).update(
            state=MessageState.KEPT, sent_at=now(), attempts=1
        )
        return None
    with handover_open(f"message-{message.pk}") as handover:
        if handover is None:
            raise MailError("Another worker is sending it.", is_temporary=True)
        return _send(message, handover, files)


def _send(
    message: Message, handover: Handover, files: Callable[[], tuple[Attachment, ...]]
) -> None:
    message.refresh_from_db(fields=("state", "attempts"))
    left = handover.left_at(message.attempts)
    if message.state == MessageState.SENDING and left in (Stage.HANDED, Stage.TAKEN):
        _note_gone(message, is_sure=left == Stage.TAKEN)
        return handover.done()
    handover.begin(message.attempts + 1)
    if not _claim(message, is_of_dead=left is not None):
        handover.done()
        return _unsent_check(message)
    try:
        mail_send(_outgoing(message, files()), marker=handover.mark)
    except MailError as error:
        state = MessageState.QUEUED if error.is_temporary else MessageState.FAILED
        # Not of one that was emptied meanwhile: the server's words quote the address.
        kept = Message.objects.filter(pk=message.pk, to=message.to)
        kept.update(state=state, error=str(error)[:2000])
        handover.done()
        if error.is_temporary:
            raise
        return None
    handover.taken()
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, sent_at=now(), error="")
    return handover.done()


def _note_gone(message: Message, *, is_sure: bool) -> None:
    """Its sender was killed after it had handed it over: sent again, it would come twice."""
    Message.objects.filter(pk=message.pk, state=MessageState.SENDING).update(
        state=MessageState.SENT, sent_at=now(), error="" if is_sure else DIED
    )


def _unsent_check(message: Message) -> None:
    """Another has it: if it died with it, nobody else would ever send it. Raises MailError to look again."""
    if Message.objects.filter(pk=message.pk, state=MessageState.SENDING).exists():
        raise MailError("Another worker is sending it, or died with it.", is_temporary=True)


def _obstacle(message: Message) -> str:
    """Why this e-mail may not go any more; asked when it goes, since donors change their minds meanwhile."""
    if message.donor is None or message.state != MessageState.QUEUED:
        return ""
    if address_is_suppressed(message.to, SuppressedReason.BOUNCED):
        return "E-mails to this address come back: ask the donor for another one."
    if message.kind not in MARKETING_KINDS:
        return ""
    if address_is_suppressed(message.to) or not consent_is_given(
        message.donor, ConsentChannel.EMAIL
    ):
        return "The donor has not said yes to appeals by e-mail, or not any more."
    return ""


def _claim(message: Message, *, is_of_dead: bool) -> bool:
    """Take the e-mail for sending; one taker wins. `is_of_dead`: its sender here is known to be dead."""
    free = Q(state=MessageState.QUEUED)
    free |= Q(state=MessageState.SENDING, claimed_at__lt=now() - SENDING_TIMEOUT)
    if is_of_dead:
        free |= Q(state=MessageState.SENDING)
    return bool(
        Message.objects.filter(free, pk=message.pk, attempts=message.attempts).update(
            state=MessageState.SENDING, claimed_at=now(), attempts=message.attempts + 1
        )
    )


def _outgoing(message: Message, files: tuple[Attachment, ...]) -> OutgoingMail:
    message = message_revealed(message)
    return OutgoingMail(
        to=message.to,
        subject=message.subject,
        text=message.text,
        html=message.html,
        message_id=message.message_id,
        attachments=files,
        headers=_headers(message),
    )


def _headers(message: Message) -> tuple[tuple[str, str], ...]:
    """On appeals: the way out that mail programs show as a button (RFC 2369, RFC 8058)."""
    if message.kind not in MARKETING_KINDS or message.donor is None:
        return ()
    return (
        ("List-Unsubscribe", f"<{unsubscribe_url(message.key)}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def mail_domain() -> str:
    """What our Message-IDs end with."""
    return settings.CHARITY_EMAIL.rpartition("@")[2].rstrip(">")
