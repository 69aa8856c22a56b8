"""A comparison as the worker carries it out: mend, seal, verify, compare; each stage is shown while it runs."""

from datetime import datetime, timedelta

from django.db import transaction

from api.clock import charity_date, day_begin, now
from api.models import DifferenceKind, Reconciliation, ReconciliationStage, User
from api.services import gaps, inbox, jobs, ledger_seals
from api.services.audit import audit_record
from api.services.balance_transactions import balance_post
from api.services.bank_lines import bank_lines_match
from api.services.reconciliations import reconcile
from api.services.turns import turn_take

NIGHT_DAYS = 35
RUNS_KEPT = 400
# Gifts go on while we compare: a balance that moved between two questions is asked for again.
TRIES = 3
# A run this old without an end belongs to a worker that is gone for good.
ABANDONED = timedelta(hours=1)
_LOCK = 0x4EC0  # one who starts at a time
_S = ReconciliationStage
UNDER_WAY = (_S.WAITING, _S.MENDING, _S.VERIFYING, _S.COMPARING)


def reconciliation_under_way() -> Reconciliation | None:
    """The comparison that is waiting or running now."""
    return Reconciliation.objects.filter(
        stage__in=UNDER_WAY, finished_at=None, started_at__gt=now() - ABANDONED
    ).first()


@transaction.atomic
def reconciliation_start(*, begins_at: datetime, ends_at: datetime, actor: User) -> Reconciliation:
    """Ask the worker for a comparison; the one that is under way, if there is one."""
    turn_take(_LOCK)
    if known := reconciliation_under_way():
        return known
    run = Reconciliation.objects.create(begins_at=begins_at, ends_at=ends_at, started_by=actor)
    audit_record(action="reconciliation.started", subject=f"reconciliation:{run.pk}", actor=actor)
    jobs.defer("reconcile", reconciliation_id=run.pk)
    return run


@transaction.atomic
def reconciliation_nightly() -> None:
    """Ask the worker for tonight's comparison: its row and its job, or neither."""
    jobs.defer("reconcile", reconciliation_id=reconciliation_of_night().pk)


def reconciliation_of_night() -> Reconciliation:
    """The row of tonight's comparison: the last 35 days."""
    today = charity_date(now())
    return Reconciliation.objects.create(
        begins_at=day_begin(today - timedelta(days=NIGHT_DAYS)),
        ends_at=day_begin(today + timedelta(days=1)),
    )


def reconciliation_run(reconciliation_id: int) -> Reconciliation:
    """Carry a comparison out. Safe to call again after a worker died."""
    run = Reconciliation.objects.get(pk=reconciliation_id)
    run.error, run.finished_at = "", None
    for attempt in range(TRIES):
        # What Stripe moves from here on is for the next comparison.
        moment = now()
        _stage(run, _S.MENDING)
        gaps.gaps_mend()
        while inbox.events_process():
            pass
        balance_post()
        bank_lines_match()
        if attempt == 0:
            _verify(run)
        _stage(run, _S.COMPARING)
        ends_at = min(run.ends_at, max(moment, run.started_at))
        run = reconcile(begins_at=run.begins_at, ends_at=ends_at, run=run)
        if not _only_balances(run):
            break
    reconciliations_prune()
    return run


def reconciliation_fail(reconciliation_id: int, error: Exception) -> None:
    """Keep why a comparison could not be finished; the job may be tried again."""
    Reconciliation.objects.filter(pk=reconciliation_id).update(
        stage=_S.FAILED, error=f"{type(error).__name__}: {error}"[:300], finished_at=now()
    )


def reconciliations_prune(*, keep: int = RUNS_KEPT) -> int:
    """Remove all but the newest. Returns how many; their differences go with them."""
    old = Reconciliation.objects.order_by("-id").values_list("pk", flat=True)[keep:]
    _, removed = Reconciliation.objects.filter(pk__in=list(old)).delete()
    return removed.get("api.Reconciliation", 0)


def _verify(run: Reconciliation) -> None:
    _stage(run, _S.VERIFYING)
    while ledger_seals.ledger_seal():
        pass
    report = ledger_seals.ledger_verify()
    run.sealed, run.chain_head = report.sealed, report.head
    run.chain_broken = (
        f"seal {report.broken.sequence}: {report.broken.what}"[:300] if report.broken else ""
    )


def _stage(run: Reconciliation, stage: ReconciliationStage) -> None:
    run.stage = stage
    run.save()


def _only_balances(run: Reconciliation) -> bool:
    kinds = set(run.differences.values_list("kind", flat=True))
    return kinds == {DifferenceKind.BALANCE_DIFFERS}
