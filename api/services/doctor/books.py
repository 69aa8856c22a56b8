"""The books: was their chain verified, and do they agree with Stripe's statement."""

from datetime import datetime, timedelta

from django.conf import settings

from api.clock import now
from api.models import LedgerPosting, Reconciliation, ReconciliationStage
from api.services.doctor.findings import (
    Check,
    Seen,
    age_text,
    fine,
    manage,
    problem,
    warning,
)
from api.services.doctor.rounds import Round

# Each night; one night may be missed.
LATE = timedelta(hours=36)


def _last() -> Reconciliation | None:
    return Reconciliation.objects.filter(stage=ReconciliationStage.FINISHED).first()


def chain(_: Round) -> Seen:
    """No sealed posting was changed or removed."""
    last = _last()
    if last is None:
        return fine("The chain over the books is verified for the first time tonight.")
    if last.chain_broken:
        return problem(f"The books were changed: {last.chain_broken}.", manage("check_ledger"))
    return fine(f"The chain over {last.sealed:,} postings held when it was last verified.")


def reconciliation(_: Round) -> Seen:
    """The nightly comparison came to its end, lately."""
    run = Reconciliation.objects.first()
    if run and run.stage == ReconciliationStage.FAILED:
        return problem(
            f"The last comparison with Stripe stopped: {run.error.rstrip('.') or 'its worker died'}.",
            manage("reconcile_stripe"),
        )
    last = _last()
    since = last.finished_at if last else _first_posting_at()
    if since and now() - since > LATE:
        return warning(
            f"The books were last compared with Stripe {age_text((now() - since).total_seconds())} ago."
            if last
            else "The books were never compared with Stripe.",
            manage("reconcile_stripe"),
        )
    return fine("The books are compared with Stripe each night.")


def differences(_: Round) -> Seen:
    """What the last comparison left to a person."""
    last = _last()
    count = last.differences.count() if last else 0
    if not count:
        return fine("The books and Stripe's statement agree.")
    return warning(
        f"The books and Stripe's statement differ in {count} place{'s' * (count > 1)}.",
        f"Open {settings.SITE_URL}/admin/reconciliation/: each says what to do",
    )


def _first_posting_at() -> datetime | None:
    return LedgerPosting.objects.order_by("id").values_list("posted_at", flat=True).first()


CHECKS = (
    Check(
        "ledger-chain",
        "Chain over the books",
        "It proves that nobody changed the books after the fact.",
        chain,
        needs=("migrations",),
    ),
    Check(
        "reconciliation",
        "Comparison with Stripe",
        "A mistake that nobody looks for grows.",
        reconciliation,
        needs=("migrations",),
    ),
    Check(
        "differences",
        "Books and statement",
        "Each difference is money that is in one of the two only.",
        differences,
        needs=("migrations",),
    ),
)
