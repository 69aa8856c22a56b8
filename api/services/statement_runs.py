"""Statements to all donors of a period: rehearsed, started, paused, resumed, stopped; each e-mail once.

Donors are served by their ids, a chunk at a time, each chunk a job of its own that moves the cursor and
asks for the next in one transaction. A chunk that is begun again after its worker was killed finds by
their keys the e-mails that were written, and by their states those that went.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, QuerySet

from api.clock import day_begin, now
from api.errors import MoveRefused, NotFound
from api.models import (
    DONATION_PAID,
    STATEMENT_RUN_MOVES,
    Donation,
    Donor,
    Message,
    MessageKind,
    MessageState,
    StatementRun,
    StatementRunState,
    SuppressedAddress,
    SuppressedReason,
    User,
)
from api.services import jobs
from api.services.audit import audit_record
from api.services.mail_addresses import address_hash
from api.services.statement_emails import statement_email_send
from api.services.statement_periods import Period, period_read

CHUNK = 25
# Until a run has told it better.
_SECONDS_EACH = 0.15
_ARRIVES = (MessageState.QUEUED, MessageState.SENDING, MessageState.SENT, MessageState.KEPT)
_S = StatementRunState


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


@dataclass(frozen=True)
class RunFigures:
    """How far a run is: e-mails by what became of them."""

    written: int
    sent: int
    waiting: int
    failed: int
    held: int
    percent: int
    seconds_left: int | None


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
    bounced = _bounced(receivers)
    return Audience(
        gave=counts["gave"],
        erased=counts["erased"],
        without_address=counts["without"],
        other_language=reached.count() - speak,
        had_one=speak - receive,
        bounced=bounced,
        receivers=receive - bounced,
        seconds=round(receive * _pace()),
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
                total=total,
                asked_by=actor,
                running_since=now(),
            )
            _record(run, "started", actor, total=total, period=period.code, language=language)
            _go_on(run)
    except IntegrityError as error:
        raise MoveRefused("Statements of these days are being sent already.") from error
    return run


def statement_run_move(*, reference: str, to: StatementRunState, actor: User) -> StatementRun:
    """Pause, resume or stop. Raises NotFound, or MoveRefused when it is not in a state for that."""
    with transaction.atomic():
        run = StatementRun.objects.select_for_update().filter(reference=reference).first()
        if run is None:
            raise NotFound("There is no run with this reference.")
        if run.state == to:
            return run
        if to not in STATEMENT_RUN_MOVES[StatementRunState(run.state)] or to == _S.FINISHED:
            raise MoveRefused(f"This run is {run.get_state_display().lower()}.")
        _move(run, to)
        _record(run, to.value, actor, served=run.served)
        if to == _S.RUNNING:
            _go_on(run)
    return run


def statement_chunk_send(run_id: int, after: int) -> None:
    """Serve the donors that come after one. Safe to call again: each gets one e-mail.

    Ends early when the run was paused or stopped meanwhile; resuming begins where the cursor is.
    """
    run = StatementRun.objects.get(pk=run_id)
    running = StatementRun.objects.filter(pk=run_id, state=_S.RUNNING, cursor=after)
    donors = list(
        _receivers(_period(run), run.language, but=run).filter(pk__gt=after).order_by("pk")[:CHUNK]
    )
    for donor in donors:
        if not running.exists():
            return
        statement_email_send(run, donor)
    _advance(run_id, after, donors)


def statement_run_find(reference: str) -> StatementRun:
    """One run. Raises NotFound."""
    found = StatementRun.objects.select_related("asked_by").filter(reference=reference).first()
    if found is None:
        raise NotFound("There is no run with this reference.")
    return found


def statement_runs_recent(*, most: int = 20) -> list[StatementRun]:
    """The newest ones."""
    return list(StatementRun.objects.select_related("asked_by").order_by("-id")[:most])


def statement_run_figures(run: StatementRun) -> RunFigures:
    """What became of its e-mails so far."""
    by_state = dict(
        Message.objects.filter(key__startswith=run.key_begins)
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
    sent = by_state.get(MessageState.SENT, 0) + by_state.get(MessageState.KEPT, 0)
    failed = by_state.get(MessageState.FAILED, 0) + by_state.get(MessageState.BOUNCED, 0)
    held = by_state.get(MessageState.HELD, 0)
    written = sum(by_state.values())
    far = min(written, run.total)
    return RunFigures(
        written=written,
        sent=sent,
        waiting=written - sent - failed - held,
        failed=failed,
        held=held,
        percent=100 if run.state == _S.FINISHED else 100 * far // max(run.total, 1),
        seconds_left=_seconds_left(run, far),
    )


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


def _bounced(receivers: QuerySet[Donor]) -> int:
    """How many of them have an address that e-mails come back from: their e-mails are held."""
    hashes = set(
        SuppressedAddress.objects.filter(reason=SuppressedReason.BOUNCED).values_list(
            "address_hash", flat=True
        )
    )
    if not hashes:
        return 0
    emails = receivers.values_list("email", flat=True).iterator(chunk_size=5000)
    return sum(address_hash(email) in hashes for email in emails)


def _period(run: StatementRun) -> Period:
    return period_read({"period": run.period})


def _go_on(run: StatementRun) -> None:
    jobs.defer("statement_chunk", run_id=run.pk, after=run.cursor)


def _advance(run_id: int, after: int, donors: list[Donor]) -> None:
    """The cursor moves and the next chunk is asked for, both or neither."""
    with transaction.atomic():
        run = StatementRun.objects.select_for_update().get(pk=run_id)
        if run.cursor != after or not run.is_open:
            return
        if donors:
            run.cursor = donors[-1].pk
            run.served = F("served") + len(donors)
            run.save(update_fields=["cursor", "served"])
        if run.state != _S.RUNNING:
            return
        if len(donors) == CHUNK:
            _go_on(run)
        else:
            _move(run, _S.FINISHED)


def _move(run: StatementRun, to: StatementRunState) -> None:
    """Its clock runs while it does."""
    moment = now()
    if run.running_since:
        run.seconds += int((moment - run.running_since).total_seconds())
    run.running_since = moment if to == _S.RUNNING else None
    run.finished_at = moment if to in (_S.FINISHED, _S.STOPPED) else None
    run.state = to
    run.save(update_fields=["seconds", "running_since", "finished_at", "state"])


def _record(run: StatementRun, what: str, actor: User, **detail: int | str) -> None:
    audit_record(
        action=f"statements.{what}", subject=f"statement-run:{run.reference}", actor=actor, **detail
    )


def _pace() -> float:
    """Seconds for one statement, as the last run took."""
    last = StatementRun.objects.filter(state=_S.FINISHED, served__gte=CHUNK).first()
    return last.seconds / last.served if last and last.seconds else _SECONDS_EACH


def _seconds_left(run: StatementRun, far: int) -> int | None:
    if not run.is_open:
        return None
    spent = run.seconds
    if run.running_since:
        spent += int((now() - run.running_since).total_seconds())
    each = spent / far if far >= CHUNK else _pace()
    return round(each * max(run.total - far, 0))
