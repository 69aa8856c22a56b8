"""`manage.py doctor`: what is wrong, why it matters, and what mends it; `--fix` mends what it can."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand

from api.services.checkups import checkup_keep
from api.services.doctor import Finding, Mended, State, doctor_mend, doctor_run

MARKS = {
    State.OK: "ok      ",
    State.WARNING: "warning ",
    State.PROBLEM: "PROBLEM ",
    State.SKIPPED: "skipped ",
}


class Command(BaseCommand):
    """Exit code 0: sound; 1: warnings only; 2: a problem."""

    help = "Say what is wrong with this product, why it matters, and the command that mends it."
    requires_system_checks: list[str] = []  # It must speak when they fail.

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For people, or for programs."""
        parser.add_argument("--fix", action="store_true", help="mend what can be mended")
        parser.add_argument("--json", action="store_true", help="findings as JSON")
        parser.add_argument("--all", action="store_true", help="also say what is well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, mend when asked, look again, tell."""
        begun = time.monotonic()
        findings = doctor_run()
        mended: list[Mended] = []
        if options["fix"]:
            mended = doctor_mend(findings)
            findings = doctor_run() if mended else findings
        _keep(findings, time.monotonic() - begun)
        if options["json"]:
            self._tell_json(findings, mended)
        else:
            self._tell(findings, mended, has_all=options["all"])
        states = {finding.state for finding in findings}
        if State.PROBLEM in states:
            raise SystemExit(2)
        if State.WARNING in states:
            raise SystemExit(1)

    def _tell_json(self, findings: Sequence[Finding], mended: Sequence[Mended]) -> None:
        told = {
            "findings": [finding.as_data() for finding in findings],
            "fixed": [
                {"title": one.title, "said": one.said, "is_done": one.is_done} for one in mended
            ],
        }
        self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))

    def _tell(
        self, findings: Sequence[Finding], mended: Sequence[Mended], *, has_all: bool
    ) -> None:
        for one in mended:
            self.stdout.write(
                f"{'fixed   ' if one.is_done else 'not yet '} {one.title}: {one.said}"
            )
        told = 0
        for finding in findings:
            is_unsound = finding.state in (State.PROBLEM, State.WARNING)
            told += is_unsound
            if is_unsound or has_all:
                self._tell_one(finding, has_reasons=is_unsound)
        words = f"{told} of {len(findings)} checks found something." if told else "All is well."
        self.stdout.write(words if has_all else f"{words} (--all tells every check)")

    def _tell_one(self, finding: Finding, *, has_reasons: bool) -> None:
        self.stdout.write(f"{MARKS[finding.state]} {finding.title}: {finding.what}")
        if has_reasons:
            self.stdout.write(f"          Why it matters: {finding.why}")
            if finding.command:
                fix = "  (or --fix)" if finding.can_fix else ""
                self.stdout.write(f"          To mend it: {finding.command}{fix}")


def _keep(findings: Sequence[Finding], seconds: float) -> None:
    """For the page of staff; without a database there is nowhere to keep it, and the terminal tells."""
    if all(one.state == State.OK for one in findings if one.name in ("database", "migrations")):
        checkup_keep(findings, seconds=seconds)
