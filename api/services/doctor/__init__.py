"""The doctor: looks at all that can be wrong with a running product, says what mends it, and mends what it can.

One small file per family of checks; `CHECKS` is the whole list, in the order in which it is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from api.services.doctor import (
    backups,
    books,
    certificates,
    database,
    disks,
    environment,
    mail,
    stripe_account,
    webhooks,
    workers,
)
from api.services.doctor.findings import Check, Finding, MendError, Seen, State, problem, skipped
from api.services.doctor.rounds import Round

log = structlog.get_logger()
CHECKS: tuple[Check, ...] = (
    *database.CHECKS,
    *disks.CHECKS,
    *workers.CHECKS,
    *stripe_account.CHECKS,
    *webhooks.CHECKS,
    *mail.CHECKS,
    *certificates.CHECKS,
    *backups.CHECKS,
    *environment.CHECKS,
    *books.CHECKS,
)
UNSOUND = (State.PROBLEM, State.WARNING)


@dataclass(frozen=True)
class Mended:
    """What --fix did, or why it could not."""

    title: str
    said: str
    is_done: bool


def doctor_run() -> list[Finding]:
    """Every check, once. Changes nothing; a check whose ground is gone is skipped and says so."""
    round_ = Round()
    found: dict[str, Finding] = {}
    for check in CHECKS:
        lacking = next((name for name in check.needs if _is_gone(found[name])), "")
        seen = (
            skipped(f"Waits until “{found[lacking].title}” is sound.")
            if lacking
            else _look(check, round_)
        )
        found[check.name] = Finding(
            name=check.name,
            title=check.title,
            state=seen.state,
            what=seen.what,
            why=check.why,
            command=seen.command,
            can_fix=seen.state in UNSOUND and check.mend is not None,
        )
    return list(found.values())


def doctor_mend(findings: Sequence[Finding]) -> list[Mended]:
    """Mend what can be mended, in order. Safe to call again."""
    checks = {check.name: check for check in CHECKS}
    return [_mend(checks[finding.name]) for finding in findings if finding.can_fix]


def _is_gone(finding: Finding) -> bool:
    return finding.state in (State.PROBLEM, State.SKIPPED)


def _look(check: Check, round_: Round) -> Seen:
    try:
        return check.look(round_)
    except Exception as error:  # a check is an edge: one that breaks must not hide the others
        log.exception("check_broke", check=check.name)
        return problem(f"It could not be looked at ({type(error).__name__}: {error}).", "")


def _mend(check: Check) -> Mended:
    if check.mend is None:
        return Mended(check.title, "It can't be mended from here.", is_done=False)
    try:
        return Mended(check.title, check.mend(Round()), is_done=True)
    except MendError as error:
        return Mended(check.title, str(error), is_done=False)
    except Exception as error:  # the same edge
        log.exception("mend_broke", check=check.name)
        return Mended(check.title, f"{type(error).__name__}: {error}", is_done=False)


__all__ = ["CHECKS", "UNSOUND", "Finding", "Mended", "State", "doctor_mend", "doctor_run"]
