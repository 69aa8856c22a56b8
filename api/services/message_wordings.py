"""The charity's own words in its e-mails: kept per kind and language, seen and tried before donors see them."""

import secrets
from dataclasses import dataclass

from django.db import transaction

from api.errors import Invalid, NotFound
from api.models import (
    MARKETING_KINDS,
    STAFF_KINDS,
    Language,
    MessageKind,
    MessageWording,
    User,
)
from api.services.audit import audit_changes, audit_record
from api.services.gateways.mail import OutgoingMail, mail_send
from api.services.message_samples import SAMPLES
from api.services.messages import mail_domain, message_words

# Each appeal is written anew, on its own page.
WORDED_KINDS = [kind for kind in MessageKind if kind not in STAFF_KINDS | MARKETING_KINDS]
FIELDS = ("subject", "opening", "closing")


@dataclass(frozen=True)
class Wording:
    """What the charity says itself; empty: only what we say."""

    subject: str = ""
    opening: str = ""
    closing: str = ""


@dataclass(frozen=True)
class Preview:
    """An e-mail as an invented donor would get it."""

    subject: str
    text: str
    html: str


def wording_names(kind: str, language: str) -> tuple[MessageKind, Language]:
    """The kind and language of an address. Raises NotFound."""
    if kind not in WORDED_KINDS or language not in Language.values:
        raise NotFound("There is no e-mail of this kind and language.")
    return MessageKind(kind), Language(language)


def wording_read(kind: MessageKind, language: Language) -> Wording:
    """What is kept."""
    kept = MessageWording.objects.filter(kind=kind, language=language).first()
    return Wording(kept.subject, kept.opening, kept.closing) if kept else Wording()


@transaction.atomic
def wording_keep(
    *, kind: MessageKind, language: Language, wording: Wording, actor: User
) -> MessageWording:
    """Use these words from the next e-mail on; those already written stay as they are. Raises Invalid."""
    after = _clean(wording)
    before = wording_read(kind, language)
    row, _ = MessageWording.objects.update_or_create(
        kind=kind, language=language, defaults={**vars(after), "changed_by": actor}
    )
    changes = audit_changes(vars(before), vars(after))
    if changes:
        audit_record(
            action="message_wording.changed",
            subject=f"messagewording:{kind}:{language}",
            actor=actor,
            **changes,
        )
    return row


def wording_preview(kind: MessageKind, language: Language, wording: Wording) -> Preview:
    """The e-mail with these words, to an invented donor. Nothing is kept. Raises Invalid."""
    own = _clean(wording)
    words = {**SAMPLES[kind](language), "opening": own.opening, "closing": own.closing}
    subject, text, html = message_words(kind, words, language=language, is_own=False)
    return Preview(own.subject or subject, text, html)


def preview_send(seen: Preview, *, actor: User) -> None:
    """Send what was seen to the person who asks. Raises MailError with what to do."""
    mail_send(
        OutgoingMail(
            to=actor.email,
            subject=f"[Test] {seen.subject}"[:200],
            text=seen.text,
            html=seen.html,
            message_id=f"<test-{secrets.token_hex(12)}@{mail_domain()}>",
        )
    )


def has_field(text: str) -> bool:
    """Whether somebody took it for a template: nothing is ever filled into such words."""
    return "{{" in text or "{%" in text


def _clean(wording: Wording) -> Wording:
    subject = " ".join(wording.subject.split())
    opening, closing = (
        text.replace("\r\n", "\n").strip() for text in (wording.opening, wording.closing)
    )
    if len(subject) > 150:
        raise Invalid(subject="Use at most 150 letters: phones cut longer subjects anyway.")
    for name, text in (("opening", opening), ("closing", closing)):
        if len(text) > 2000:
            raise Invalid(**{name: "Use at most 2,000 letters."})
        if has_field(text):
            raise Invalid(
                **{name: "Write plain words: names, amounts and dates are filled in by us below."}
            )
    return Wording(subject, opening, closing)
