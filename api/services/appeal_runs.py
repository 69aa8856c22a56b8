"""Appeals to all who may get them: drafted, aimed, rehearsed, sent, and what came of them."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Count, QuerySet

from api.clock import now
from api.errors import Invalid, MoveRefused
from api.models import (
    AppealRun,
    Campaign,
    Fund,
    Language,
    MailEvent,
    MailEventKind,
    MailRunState,
    Tag,
    User,
)
from api.services.appeal_audiences import appeal_audience, appeal_receivers
from api.services.appeal_emails import appeal_email_send, appeal_texts
from api.services.mail_runs import (
    MailRuns,
    mail_run_begin,
    mail_run_lock,
    mail_run_record,
)

APPEALS = MailRuns(
    model=AppealRun, job="appeal_chunk", receivers=appeal_receivers, send=appeal_email_send
)
NAME_MOST = 120


@dataclass(frozen=True)
class AppealChoice:
    """Whom an appeal is for and what its gifts are counted to, as `AppealRun` keeps it."""

    campaign: Campaign | None = None
    basis: str = ""
    fund: Fund | None = None
    gave_from: date | None = None
    gave_to: date | None = None
    giving: str = ""
    tag: Tag | None = None


@dataclass(frozen=True)
class AppealAnswers:
    """What those did who got it: counts of e-mails."""

    unsubscribed: int
    complained: int


def appeal_run_draft(*, name: str, actor: User) -> AppealRun:
    """A new appeal to write. Raises Invalid."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_MOST:
        raise Invalid(name=f"Give it a name of 1 to {NAME_MOST} letters. Donors don't see it.")
    with transaction.atomic():
        run = AppealRun.objects.create(name=name, asked_by=actor)
        mail_run_record(run, "drafted", actor, name=name)
    return run


def appeal_run_choose(*, reference: str, choice: AppealChoice, actor: User) -> AppealRun:
    """Keep whom it is for. Raises NotFound, Invalid, or MoveRefused once it is being sent."""
    if choice.gave_from and choice.gave_to and choice.gave_to < choice.gave_from:
        raise Invalid(gave_to="The last day is before the first.")
    with transaction.atomic():
        run = _draft(reference)
        for name, value in vars(choice).items():
            setattr(run, name, value)
        run.save(update_fields=list(vars(choice)))
        said = {name: str(value) for name, value in vars(choice).items() if value}
        mail_run_record(run, "aimed", actor, **said)
    return run


def appeal_run_discard(*, reference: str, actor: User) -> None:
    """Throw a draft away. Raises NotFound, or MoveRefused once it was sent."""
    with transaction.atomic():
        run = _draft(reference)
        mail_run_record(run, "discarded", actor, name=run.name)
        run.delete()


def appeal_run_start(*, reference: str, actor: User) -> AppealRun:
    """Begin to send. Raises NotFound, or MoveRefused when words or readers are missing."""
    with transaction.atomic():
        run = _draft(reference)
        if Language.ENGLISH not in appeal_texts(run):
            raise MoveRefused("Write it in English first: whoever has no other language gets that.")
        total = appeal_audience(run).receivers
        if not total:
            raise MoveRefused("There is nobody to send it to: choose others.")
        run.started_at = now()
        run.save(update_fields=["started_at"])
        mail_run_begin(APPEALS, run, total=total, actor=actor, name=run.name)
    return run


def appeal_run_answers(run: AppealRun) -> AppealAnswers:
    """How many who got it want no more, and how many called it spam."""
    told: QuerySet[MailEvent] = MailEvent.objects.filter(message__key__startswith=run.key_begins)
    counts = dict(told.order_by().values_list("kind").annotate(Count("pk")))
    return AppealAnswers(
        unsubscribed=counts.get(MailEventKind.UNSUBSCRIBED, 0),
        complained=counts.get(MailEventKind.COMPLAINED, 0),
    )


def _draft(reference: str) -> AppealRun:
    run = mail_run_lock(APPEALS, reference)
    if run.state != MailRunState.DRAFT:
        raise MoveRefused("What was sent, or is being sent, can't be changed any more.")
    return run
