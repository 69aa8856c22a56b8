"""One e-mail to each of many donors: started, paused, gone on with, stopped; each e-mail once.

Donors are served by their ids, a chunk at a time, each chunk a job of its own that moves the cursor and
asks for the next in one transaction. A chunk that is begun again after its worker was killed finds by
their keys the e-mails that were written, and by their states those that went.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.db.models import Count, F, QuerySet

from api.clock import now
from api.errors import MoveRefused, NotFound
from api.models import (
    MAIL_RUN_MOVES,
    Donor,
    MailRun,
    MailRunState,
    Message,
    MessageState,
    User,
)
from api.services import jobs
from api.services.audit import audit_record
from api.services.gateways.mail import Attachment, MailError
from api.services.messages import message_send

CHUNK = 25
# Until a run has told it better.
_SECONDS_EACH = 0.15
_S = MailRunState

log = structlog.get_logger()


@dataclass(frozen=True)
class MailRuns[R: MailRun]:
    """The runs of one kind: the job that serves a chunk of donors, who is still to be served, and with what.

    `receivers` is asked again for each chunk. `send` is safe to call again: one e-mail for a donor of a run.
    """

    model: type[R]
    job: str
    receivers: Callable[[R], QuerySet[Donor]]
    send: Callable[[R, Donor], None]


@dataclass(frozen=True)
class RunFigures:
    """How far a run is: e-mails by what became of them."""

    written: int
    sent: int
    waiting: int
    failed: int
    bounced: int
    held: int
    percent: int
    seconds_left: int | None


def mail_run_begin[R: MailRun](
    runs: MailRuns[R], run: R, *, total: int, actor: User, **detail: int | str
) -> None:
    """A written run begins to send. Called in the transaction that made sure that it may."""
    run.total = total
    run.save(update_fields=["total"])
    _move(run, _S.RUNNING)
    mail_run_record(run, "started", actor, total=total, **detail)
    _go_on(runs, run)


def mail_run_move[R: MailRun](
    runs: MailRuns[R], *, reference: str, to: MailRunState, actor: User
) -> R:
    """Pause, resume or stop. Raises NotFound, or MoveRefused when it is not in a state for that."""
    with transaction.atomic():
        run = mail_run_lock(runs, reference)
        if run.state == to:
            return run
        is_allowed = to in MAIL_RUN_MOVES[MailRunState(run.state)] and to != _S.FINISHED
        if run.state == _S.DRAFT or not is_allowed:
            raise MoveRefused(f"This run is {run.get_state_display().lower()}.")
        _move(run, to)
        mail_run_record(run, to.value, actor, served=run.served)
        if to == _S.RUNNING:
            _go_on(runs, run)
    return run


def mail_run_chunk_send[R: MailRun](runs: MailRuns[R], run_id: int, after: int) -> None:
    """Serve the donors that come after one. Safe to call again: each gets one e-mail.

    Ends early when the run was paused or stopped meanwhile; resuming begins where the cursor is.
    """
    run = runs.model._default_manager.get(pk=run_id)
    running = runs.model._default_manager.filter(pk=run_id, state=_S.RUNNING, cursor=after)
    donors = list(runs.receivers(run).filter(pk__gt=after).order_by("pk")[:CHUNK])
    for donor in donors:
        if not running.exists():
            return
        runs.send(run, donor)
    _advance(runs, run_id, after, donors)


def mail_run_email_send(message: Message, files: tuple[Attachment, ...] = ()) -> None:
    """Send an e-mail of a run. What may go later has a job of its own, so that one donor holds up nobody."""
    try:
        message_send(message, files=lambda: files)
    except MailError as error:
        log.warning("mail_run_waits", message=message.pk, error=str(error))
        jobs.defer("message_email", message_id=message.pk)


def mail_run_find[R: MailRun](runs: MailRuns[R], reference: str) -> R:
    """One run. Raises NotFound."""
    return _one(runs.model._default_manager.select_related("asked_by"), reference)


def mail_run_lock[R: MailRun](runs: MailRuns[R], reference: str) -> R:
    """One run, for who changes it in the transaction under way. Raises NotFound."""
    return _one(runs.model._default_manager.select_for_update(), reference)


def mail_run_record(run: MailRun, what: str, actor: User, **detail: int | str) -> None:
    """A line in the audit log of what was done to a run."""
    audit_record(
        action=f"{run.noun}s.{what}",
        subject=f"{run.noun}-run:{run.reference}",
        actor=actor,
        **detail,
    )


def mail_runs_recent[R: MailRun](runs: MailRuns[R], *, most: int = 20) -> list[R]:
    """The newest ones."""
    return list(runs.model._default_manager.select_related("asked_by").order_by("-id")[:most])


def mail_run_figures[R: MailRun](runs: MailRuns[R], run: R) -> RunFigures:
    """What became of its e-mails so far."""
    by_state = dict(
        Message.objects.filter(key__startswith=run.key_begins)
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
    sent = by_state.get(MessageState.SENT, 0) + by_state.get(MessageState.KEPT, 0)
    failed, bounced, held = (
        by_state.get(state, 0)
        for state in (MessageState.FAILED, MessageState.BOUNCED, MessageState.HELD)
    )
    written = sum(by_state.values())
    far = min(written, run.total)
    return RunFigures(
        written=written,
        sent=sent,
        waiting=written - sent - failed - bounced - held,
        failed=failed,
        bounced=bounced,
        held=held,
        percent=100 if run.state == _S.FINISHED else 100 * far // max(run.total, 1),
        seconds_left=_seconds_left(runs, run, far),
    )


def mail_run_pace[R: MailRun](runs: MailRuns[R]) -> float:
    """Seconds for one e-mail, as the last run took."""
    rows = runs.model._default_manager.order_by("-id")
    last = rows.filter(state=_S.FINISHED, served__gte=CHUNK).first()
    return last.seconds / last.served if last and last.seconds else _SECONDS_EACH


def _one[R: MailRun](rows: QuerySet[R], reference: str) -> R:
    found = rows.filter(reference=reference).first()
    if found is None:
        raise NotFound("There is no run with this reference.")
    return found


def _go_on[R: MailRun](runs: MailRuns[R], run: R) -> None:
    jobs.defer(runs.job, run_id=run.pk, after=run.cursor)


def _advance[R: MailRun](runs: MailRuns[R], run_id: int, after: int, donors: list[Donor]) -> None:
    """The cursor moves and the next chunk is asked for, both or neither."""
    with transaction.atomic():
        run = runs.model._default_manager.select_for_update().get(pk=run_id)
        if run.cursor != after or not run.is_open:
            return
        if donors:
            run.cursor = donors[-1].pk
            run.served = F("served") + len(donors)
            run.save(update_fields=["cursor", "served"])
        if run.state != _S.RUNNING:
            return
        if len(donors) == CHUNK:
            _go_on(runs, run)
        else:
            _move(run, _S.FINISHED)


def _move(run: MailRun, to: MailRunState) -> None:
    """Its clock runs while it does."""
    moment = now()
    if run.running_since:
        run.seconds += int((moment - run.running_since).total_seconds())
    run.running_since = moment if to == _S.RUNNING else None
    run.finished_at = moment if to in (_S.FINISHED, _S.STOPPED) else None
    run.state = to
    run.save(update_fields=["seconds", "running_since", "finished_at", "state"])


def _seconds_left[R: MailRun](runs: MailRuns[R], run: R, far: int) -> int | None:
    if not run.is_open:
        return None
    spent = run.seconds
    if run.running_since:
        spent += int((now() - run.running_since).total_seconds())
    each = spent / far if far >= CHUNK else mail_run_pace(runs)
    return round(each * max(run.total - far, 0))
