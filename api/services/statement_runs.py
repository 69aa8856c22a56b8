"""Statements to all donors of a period: who gets one, and their runs."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet

from api.clock import day_begin
from api.errors import MoveRefused
from api.models import (
    DONATION_PAID,
    Donation,
    Donor,
    Message,
    MessageKind,
    MessageState,
    StatementRun,
    SuppressedReason,
    User,
)
from api.services.mail_addresses import addresses_suppressed
from api.services.mail_runs import MailRuns, mail_run_begin, mail_run_pace
from api.services.statement_emails import statement_email_send
from api.services.statement_periods import Period, period_read

_ARRIVES = (MessageState.QUEUED, MessageState.SENDING, MessageState.SENT, MessageState.KEPT)


@dataclass(frozen=True)
class Audience:
    """Who gave in a period, and who gets a statement: counts of donors."""

    gave: int
    erased: int
    without_address: int
    other_language: int
    had_one: int
    bounced: int
    receivers: int
    seconds: int

    @property
    def left_out(self) -> int:
        """Those who gave and get none."""
        return self.gave - self.receivers


def statement_audience(period: Period, language: str) -> Audience:
    """Who would get a statement now, and why others would not."""
    gave = _gave(period)
    counts = gave.aggregate(
        gave=Count("pk"),
        erased=Count("pk", filter=Q(erased_at__isnull=False)),
        without=Count("pk", filter=Q(erased_at=None, email="")),
    )
    reached = gave.filter(erased_at=None).exclude(email="")
    spoken = reached.filter(language=language) if language else reached
    receivers = _receivers(period, language)
    speak, receive = spoken.count(), receivers.count()
    emails = receivers.values_list("email", flat=True)
    bounced = addresses_suppressed(emails.iterator(chunk_size=5000), SuppressedReason.BOUNCED)
    return Audience(
        gave=counts["gave"],
        erased=counts["erased"],
        without_address=counts["without"],
        other_language=reached.count() - speak,
        had_one=speak - receive,
        bounced=bounced,
        receivers=receive - bounced,
        seconds=round(receive * mail_run_pace(STATEMENTS)),
    )


def statement_samples(period: Period, language: str) -> list[Donor]:
    """Three donors to look at: who gave most often, and the first and the last of the others."""
    receivers = _receivers(period, language)
    within = Q(donations__payment__received_at__gte=day_begin(period.begin)) & Q(
        donations__payment__received_at__lt=day_begin(period.end + timedelta(days=1))
    )
    found = list(
        receivers.annotate(gifts=Count("donations", filter=within)).order_by("-gifts", "pk")[:1]
    )
    rest = receivers.exclude(pk__in=[one.pk for one in found])
    return list(
        {
            one.pk: one for one in [*found, *rest.order_by("pk")[:1], *rest.order_by("-pk")[:1]]
        }.values()
    )


def statement_run_start(*, period: Period, language: str, actor: User) -> StatementRun:
    """Begin to send. Raises MoveRefused when nobody is to get one, or when these days are under way."""
    total = _receivers(period, language).count()
    if not total:
        raise MoveRefused("There is nobody to send a statement of these days to.")
    try:
        with transaction.atomic():
            run = StatementRun.objects.create(
                period=period.code,
                begins_on=period.begin,
                ends_on=period.end,
                language=language,
                asked_by=actor,
            )
            mail_run_begin(
                STATEMENTS, run, total=total, actor=actor, period=period.code, language=language
            )
    except IntegrityError as error:
        raise MoveRefused("Statements of these days are being sent already.") from error
    return run


def _gave(period: Period) -> QuerySet[Donor]:
    """Donors of whom money came in these days, also when it went back since."""
    gifts = Donation.objects.filter(
        status__in=DONATION_PAID,
        payment__received_at__gte=day_begin(period.begin),
        payment__received_at__lt=day_begin(period.end + timedelta(days=1)),
    )
    return Donor.objects.filter(pk__in=gifts.values("donor"))


def _receivers(
    period: Period, language: str, *, but: StatementRun | None = None
) -> QuerySet[Donor]:
    """Who gets one: not who had one of the same days in another run."""
    found = _gave(period).filter(erased_at=None).exclude(email="")
    if language:
        found = found.filter(language=language)
    others = StatementRun.objects.filter(begins_on=period.begin, ends_on=period.end)
    if but is not None:
        others = others.exclude(pk=but.pk)
    had = Q()
    for other in others:
        had |= Q(key__startswith=other.key_begins)
    if had:
        arrived = Message.objects.filter(had, kind=MessageKind.STATEMENT, state__in=_ARRIVES)
        found = found.exclude(pk__in=arrived.values("donor"))
    return found


def _receivers_of(run: StatementRun) -> QuerySet[Donor]:
    return _receivers(period_read({"period": run.period}), run.language, but=run)


STATEMENTS = MailRuns(
    model=StatementRun,
    job="statement_chunk",
    receivers=_receivers_of,
    send=statement_email_send,
)
