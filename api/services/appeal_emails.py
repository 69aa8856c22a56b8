"""The e-mail with an appeal: its words in each language, seen and tried before donors get it, and its sending."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction

from api.errors import Invalid, MoveRefused
from api.models import (
    AppealRun,
    AppealWords,
    Donor,
    Language,
    MailRunState,
    Message,
    MessageKind,
    MessageState,
    User,
)
from api.services.appeal_audiences import appeal_receivers
from api.services.audit import audit_record
from api.services.mail_addresses import address_is_suppressed
from api.services.mail_runs import mail_run_email_send
from api.services.message_samples import SOMEBODY
from api.services.message_wordings import Preview, has_field
from api.services.messages import message_words, message_write

_MOST = {"subject": 150, "first": 300, "body": 5000}


@dataclass(frozen=True)
class AppealText:
    """What an appeal says in one language."""

    subject: str = ""
    first: str = ""
    body: str = ""


def appeal_text_read(run: AppealRun, language: Language) -> AppealText:
    """What is kept; empty when nothing is."""
    return appeal_texts(run).get(language, AppealText())


def appeal_texts(run: AppealRun) -> dict[str, AppealText]:
    """What is written, by language."""
    return {one.language: AppealText(one.subject, one.first, one.body) for one in run.words.all()}


@transaction.atomic
def appeal_text_keep(*, run: AppealRun, language: Language, text: AppealText, actor: User) -> None:
    """Keep the words of a language. Raises Invalid, or MoveRefused once it is being sent."""
    written = _clean(text)
    locked = AppealRun.objects.select_for_update().get(pk=run.pk)
    if locked.state != MailRunState.DRAFT:
        raise MoveRefused("What is being sent can't be changed any more.")
    AppealWords.objects.update_or_create(
        run=locked, language=language, defaults={**vars(written), "changed_by": actor}
    )
    audit_record(
        action="appeals.worded",
        subject=f"appeal-run:{run.reference}",
        actor=actor,
        language=language,
    )


def appeal_preview(run: AppealRun, language: Language, text: AppealText) -> Preview:
    """The e-mail with these words, to an invented donor. Nothing is kept. Raises Invalid."""
    words = _mail_words(run, _clean(text), SOMEBODY["donor_name"])
    words["unsubscribe_url"] = "https://example.org/unsubscribe"
    return Preview(*message_words(MessageKind.APPEAL, words, language=language))


def appeal_email_send(run: AppealRun, donor: Donor) -> None:
    """Write and send it, to who may get it at this very moment. Safe to call again: one e-mail for each
    donor of a run, and one for each address."""
    key = f"{run.key_begins}{donor.reference}"
    message = Message.objects.filter(key=key).first() or _write(run, donor.pk, key)
    if message and message.state in (MessageState.QUEUED, MessageState.SENDING):
        mail_run_email_send(message)


def _write(run: AppealRun, donor_id: int, key: str) -> Message | None:
    donor = appeal_receivers(run).filter(pk=donor_id).first()
    if donor is None or address_is_suppressed(donor.email):
        return None
    others = Message.objects.filter(key__startswith=run.key_begins, to__iexact=donor.email)
    if others.exists():
        return None
    texts = appeal_texts(run)
    language = donor.language if donor.language in texts else Language.ENGLISH
    return message_write(
        kind=MessageKind.APPEAL,
        key=key,
        to=donor.email,
        donor=donor,
        language=language,
        words=_mail_words(run, texts[language], donor.name),
    )


def _mail_words(run: AppealRun, text: AppealText, donor_name: str) -> dict[str, object]:
    chosen = {"campaign": run.campaign.code} if run.campaign else {}
    query = f"?{urlencode(chosen)}" if chosen else ""
    return {
        "donor_name": donor_name,
        "subject": text.subject,
        "first": text.first,
        "paragraphs": [part.strip() for part in text.body.split("\n\n") if part.strip()],
        "give_url": f"{settings.SITE_URL}/donate{query}",
    }


def _clean(text: AppealText) -> AppealText:
    cleaned = AppealText(
        " ".join(text.subject.split()),
        " ".join(text.first.split()),
        text.body.replace("\r\n", "\n").strip(),
    )
    for name, most in _MOST.items():
        words: str = getattr(cleaned, name)
        if not words:
            raise Invalid(**{name: "Write something here."})
        if len(words) > most:
            raise Invalid(**{name: f"Use at most {most:,} letters."})
        if has_field(words):
            raise Invalid(**{name: "Write plain words: the name is filled in by us."})
    return cleaned
