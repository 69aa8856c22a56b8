"""Files that are made in the background: asked for, made once, kept for the person who asked, and removed."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, BinaryIO

import structlog
from django.db import connection, transaction

from api.clock import now
from api.errors import DomaapError, NotFound
from api.models import RUN_UNDER_WAY, ReportRun, ReportSchedule, Right, RunState, User
from api.models.fields import reference_new
from api.services import jobs
from api.services.audit import audit_record
from api.services.gateways import storage
from api.services.replicas import from_replica
from api.services.reports.catalogue import REPORTS
from api.services.reports.engine import WIDENING, report_find
from api.services.reports.files import report_file
from api.services.reports.formats import Format, Progress
from api.services.tables import TABLES
from api.services.tables.exports import table_file

log = structlog.get_logger()
FOLDER = "runs"
KEPT = timedelta(days=7)
# A worker that is killed again and again by the same file is not asked once more.
ATTEMPTS_MOST = 4
UNDER_WAY_MOST = 10
# Percent that are told at once.
STEP = 10
# What a dead worker left behind is surely not being written any more after this long.
LEFTOVER = timedelta(days=1)


class TooManyRuns(DomaapError):
    """One person has enough files under way."""

    code = "too_many_runs"
    status = 409
    title = "Wait for your other files"
    detail = (
        f"{UNDER_WAY_MOST} files are being made for you. Wait until one is ready, then ask again."
    )


class RunNotReady(DomaapError):
    """The file is not made yet, could not be made, or is gone."""

    code = "run_not_ready"
    status = 409
    title = "There is no file"


class RunForbidden(DomaapError):
    """Who asked for the file may not see any more what it holds."""

    code = "run_forbidden"
    status = 403
    title = "This file is not for you any more"
    detail = "Your role does not allow what this file holds. Ask an administrator."


class _Superseded(Exception):
    """Another worker has taken the run over: what this one makes is not wanted."""


@dataclass(frozen=True)
class Made:
    """What came of a run: the name of the file for a person, and the rights that it was made with."""

    file_name: str
    rights: Iterable[Right]


Maker = Callable[[ReportRun, User, BinaryIO, Progress], Made]


def run_start(
    *,
    kind: str,
    name: str,
    title: str,
    parameters: Mapping[str, Any],
    form: str,
    actor: User,
    is_once: bool = False,
) -> ReportRun:
    """Ask the worker for a file. `kind` is a name of MAKERS, which reads the other fields.

    `is_once`: the same file that is under way already is not begun anew, since two clicks are one wish.
    Raises TooManyRuns. The caller has checked that the person may have it; the worker checks again.
    """
    with transaction.atomic():
        # One at a time per person, so that two clicks at once can't pass the limit together.
        User.objects.select_for_update().get(pk=actor.pk)
        wish = {"kind": kind, "name": name, "parameters": dict(parameters), "format": form}
        under_way = actor.report_runs.filter(state__in=RUN_UNDER_WAY)
        if is_once and (same := under_way.filter(schedule=None, **wish).first()):
            return same
        if under_way.count() >= UNDER_WAY_MOST:
            raise TooManyRuns
        return _record(title=title, asked_by=actor, **wish)


def run_scheduled(schedule: ReportSchedule, *, on: date, person: User) -> ReportRun | None:
    """The run of a schedule's day for one recipient; None when there is one already."""
    with transaction.atomic():
        known = ReportRun.objects.filter(schedule=schedule, scheduled_on=on, asked_by=person)
        if known.exists():
            return None
        return _record(
            kind="report",
            name=schedule.report,
            title=REPORTS[schedule.report].title,
            parameters=schedule.parameters,
            format=schedule.format,
            asked_by=person,
            schedule=schedule,
            scheduled_on=on,
        )


def _record(**fields: Any) -> ReportRun:
    run = ReportRun.objects.create(**fields)
    audit_record(
        action="file.asked",
        subject=f"run:{run.reference}",
        actor=None if run.schedule_id else run.asked_by,
        what=f"{run.kind}:{run.name}",
        format=run.format,
    )
    jobs.defer("report_run", run_id=run.pk)
    return run


def run_carry_out(run_id: int) -> None:
    """Make a run's file. Safe to call again after a worker died, or beside another: one file comes of it."""
    run = _claim(run_id)
    if run is None:
        return
    teller = _Teller(run)
    try:
        with tempfile.TemporaryFile() as file:
            # Should the replica have broken it off, the next try is the primary's.
            with from_replica(is_allowed=run.attempts == 1):
                made = MAKERS[run.kind](run, run.asked_by, file, teller.tell)
            teller.tell(98, "Keeping the file")
            kept = storage.file_keep(f"{FOLDER}/{run.reference}-{run.claim}", file)
    except _Superseded:
        return
    except DomaapError as error:
        _fail(run, error.detail)
        return
    except Exception as error:
        _try_again(run, error)
        raise
    finally:
        teller.close()
    if not _publish(run, made, kept):
        storage.file_remove(kept.name)


def _claim(run_id: int) -> ReportRun | None:
    """Take a run that is not finished: whoever takes it last may finish it."""
    with transaction.atomic():
        run = (
            ReportRun.objects.select_for_update(of=("self",))
            .select_related("asked_by")
            .filter(pk=run_id, state__in=RUN_UNDER_WAY)
            .first()
        )
        if run is None:
            return None
        if run.attempts >= ATTEMPTS_MOST:
            _fail(
                run,
                "The worker stopped each time while making it. Ask for less, or tell your engineer.",
            )
            return None
        run.state, run.claim = RunState.RUNNING, reference_new()
        run.attempts += 1
        run.progress, run.progress_words = 1, "Counting"
        run.save()
    return run


def _publish(run: ReportRun, made: Made, kept: storage.KeptFile) -> bool:
    """The file is ready, unless another worker has taken the run meanwhile."""
    with transaction.atomic():
        is_ours = ReportRun.objects.filter(
            pk=run.pk, claim=run.claim, state=RunState.RUNNING
        ).update(
            state=RunState.READY,
            progress=100,
            progress_words="",
            stored_as=kept.name,
            file_name=made.file_name[:200],
            size_bytes=kept.size_bytes,
            sha256=kept.sha256,
            rights=sorted(made.rights),
            error="",
            finished_at=now(),
            expires_at=now() + KEPT,
        )
        if is_ours and run.schedule_id:
            jobs.defer("report_email", run_id=run.pk)
    return bool(is_ours)


def _fail(run: ReportRun, sentence: str) -> None:
    ReportRun.objects.filter(pk=run.pk, claim=run.claim).update(
        state=RunState.FAILED, error=sentence[:300], finished_at=now()
    )


def _try_again(run: ReportRun, error: Exception) -> None:
    """Something of ours broke: it waits for the job's next try, or is given up."""
    log.warning("report_run_failed", run=run.reference, error=repr(error))
    sentence = f"Something went wrong on our side ({type(error).__name__})."
    if run.attempts >= ATTEMPTS_MOST - 1:
        _fail(run, f"{sentence} Your engineer finds it in the log under {run.reference}.")
        return
    ReportRun.objects.filter(pk=run.pk, claim=run.claim).update(
        state=RunState.WAITING,
        progress=0,
        progress_words="",
        error=f"{sentence} It is tried again.",
    )


def runs_forget() -> int:
    """Remove all files that are ready, and have those under way made anew: they may name who was forgotten.

    In the caller's transaction. Returns how many files go.
    """
    running = ReportRun.objects.select_for_update().filter(state__in=RUN_UNDER_WAY)
    begun = [run.pk for run in running if run.state == RunState.RUNNING]
    # Without its claim a worker can't publish what it makes now.
    ReportRun.objects.filter(pk__in=begun).update(state=RunState.WAITING, claim="", progress=0)
    jobs.defer_all("report_run", [{"run_id": pk} for pk in begun])
    ready = ReportRun.objects.filter(state=RunState.READY)
    for name in ready.values_list("stored_as", flat=True):
        transaction.on_commit(partial(storage.file_remove, name))
    return ready.update(state=RunState.EXPIRED)


class _Teller:
    """Writes down how far a run is, on a connection of its own: the figures are read in one long transaction."""

    def __init__(self, run: ReportRun) -> None:
        self.run, self.told, self.told_at = run, 0, now() - timedelta(days=1)
        self.connection = connection.copy()

    def tell(self, progress: int, words: str) -> None:
        """Small steps at most twice a second, a large one at once: long work may follow it.

        Raises when the run is not ours any more.
        """
        is_small = progress < self.told + STEP
        if is_small and now() - self.told_at < timedelta(seconds=0.5):
            return
        self.told, self.told_at = progress, now()
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE api_reportrun SET progress = %s, progress_words = %s WHERE id = %s AND claim = %s",
                [max(0, min(99, progress)), words[:120], self.run.pk, self.run.claim],
            )
            if cursor.rowcount == 0:
                raise _Superseded

    def close(self) -> None:
        """Give the connection back."""
        self.connection.close()


def _report(run: ReportRun, person: User, file: BinaryIO, progress: Progress) -> Made:
    """A report: `name` of the catalogue, its choices, and from which day a scheduled one looks back."""
    report = report_find(run.name, REPORTS)
    name = report_file(
        report,
        run.parameters,
        Format(run.format),
        file,
        user=person,
        today=run.scheduled_on,
        progress=progress,
    )
    return Made(name, report.rights | (person.rights & WIDENING))


def _table(run: ReportRun, person: User, file: BinaryIO, progress: Progress) -> Made:
    """A table: `name` of the noun, and the address that says which of its rows and columns."""
    query = str(run.parameters["query"])
    return Made(
        *table_file(TABLES[run.name], query, run.format, file, user=person, progress=progress)
    )


MAKERS: dict[str, Maker] = {"report": _report, "table": _table}


def runs_of(user: User, *, before: int | None = None, most: int = 50) -> list[ReportRun]:
    """A person's files, the newest first; `before` is the id of the last one that was shown."""
    runs = user.report_runs.all() if before is None else user.report_runs.filter(pk__lt=before)
    return list(runs.order_by("-pk")[:most])


def run_find(reference: str, *, user: User) -> ReportRun:
    """A file of this person. Raises NotFound for anybody else's, whoever asks."""
    run = user.report_runs.filter(reference=reference).first()
    if run is None:
        raise NotFound("There is no file of yours at this address.")
    return run


def run_open(reference: str, *, user: User) -> tuple[ReportRun, BinaryIO]:
    """A ready file to read. Raises NotFound, RunNotReady, RunForbidden."""
    run = run_find(reference, user=user)
    if run.state_now != RunState.READY:
        raise RunNotReady(f"{run.state_now.label}.")
    if not set(run.rights) <= set(user.rights):
        raise RunForbidden
    try:
        file = storage.file_open(run.stored_as)
    except FileNotFoundError:
        raise RunNotReady("The file is gone. Ask for it again.") from None
    audit_record(action="file.taken", subject=f"run:{run.reference}", actor=user)
    return run, file


def runs_expire() -> int:
    """Remove files that are past their time, and what dead workers left. Returns how many expired."""
    expired = 0
    for run in ReportRun.objects.filter(state=RunState.READY, expires_at__lte=now()):
        expired += ReportRun.objects.filter(pk=run.pk, state=RunState.READY).update(
            state=RunState.EXPIRED
        )
        storage.file_remove(run.stored_as)
    known = set(ReportRun.objects.filter(state=RunState.READY).values_list("stored_as", flat=True))
    for name in list(storage.files_old(FOLDER, before=now() - LEFTOVER)):
        if name not in known:
            storage.file_remove(name)
    return expired
