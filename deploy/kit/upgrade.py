"""`deploy/upgrade.sh` and `deploy/rollback.sh`: another release serves, and no request is refused.

The new release is made in a folder of its own and started beside the old one. Only when it answers
does nginx lead to it; the old one ends what it began and stops. Whatever fails before leaves the old
release serving.
"""

from __future__ import annotations

import sys

from deploy.kit.answers import AnswerError, Answers, answers_read
from deploy.kit.install import KEPT_ANSWERS, SOURCE
from deploy.kit.live import nginx_drain, processes_start, processes_stop, room_check, switch
from deploy.kit.machine import is_root, machine_look, nginx_widen
from deploy.kit.releases import (
    assets_publish,
    database_migrate,
    release_current,
    release_digest,
    release_make,
    releases_all,
    releases_prune,
    source_digest,
)
from deploy.kit.services import services_find
from deploy.kit.steps import Report, StepError, fail
from deploy.kit.templates import Places


def main() -> None:
    """`upgrade`, or `rollback [RELEASE]`."""
    what, *words = sys.argv[1:]
    most = 1 if what == "rollback" else 0
    if len(words) > most or any(word.startswith("-") for word in words):
        sys.exit(f"Usage: deploy/{what}.sh{' [RELEASE]' * most} (docs/operations.md)")
    if not is_root():
        sys.exit("Run this as root: it starts and stops units.")
    try:
        if not KEPT_ANSWERS.is_file():
            raise StepError("Nothing is installed here yet: deploy/install.sh ANSWERS")
        answers = answers_read(KEPT_ANSWERS)
        if what == "rollback":
            rollback(answers, *words)
        else:
            upgrade(answers)
    except (AnswerError, StepError) as error:
        fail(error)


def upgrade(answers: Answers) -> None:
    """Make a release of this source and let it serve."""
    places, report = Places(), Report()
    old = release_current(places)
    if not old:
        raise StepError("No release serves here yet: deploy/install.sh ANSWERS")
    if release_digest(places, old) == source_digest(SOURCE):
        print(f"No change: release {old} was made from this source and serves.")
        return
    room_check(places)
    print("  release: packages and the site; this takes some minutes ...", flush=True)
    new = release_make(SOURCE, places)
    report.step("release", True, f"made: {new}")
    # Before the switch: the old release works with the new tables (docs/operations.md says how).
    report.step("tables", database_migrate(places, new))
    report.step("nginx's connections", nginx_widen(), "more")
    _serve(answers, places, report, old=old, new=new)
    removed = releases_prune(places)
    report.step("old releases", bool(removed), f"removed: {', '.join(removed)}")
    print(f"\nRelease {new} serves. Back to {old}: deploy/rollback.sh")


def rollback(answers: Answers, wanted: str = "") -> None:
    """Let the release before (or the one named) serve again. Tables stay as they are."""
    places, report = Places(), Report()
    old = release_current(places)
    earlier = [name for name in releases_all(places) if name < old]
    if wanted and wanted not in releases_all(places):
        raise StepError(
            f"There is no release {wanted}. There are: {', '.join(releases_all(places))}"
        )
    new = wanted or (earlier[-1] if earlier else "")
    if not new or new == old:
        raise StepError(f"There is no release before {old} to go back to.")
    assets_publish(places.releases / new, places)
    _serve(answers, places, report, old=old, new=new)
    print(f"\nRelease {new} serves again. Forward to {old}: deploy/rollback.sh {old}")


def _serve(answers: Answers, places: Places, report: Report, *, old: str, new: str) -> None:
    """Start the new beside the old, switch, end the old. On failure the old serves as before."""
    services = services_find(places)
    try:
        processes_start(services, places, new)
        report.step("web and site beside the old", True, "answer")
        switch(answers, places, machine_look(), services, release=new)
        report.step("nginx leads to it", True, "checked through HTTPS")
    except StepError as error:
        processes_stop(services, new)
        raise StepError(f"{error}\nRelease {old} serves as before.") from error
    services.start("worker", new)
    services.boot(old, is_on=False)
    services.boot(new, is_on=True)
    services.stop("worker", old)
    nginx_drain(places)
    processes_stop(services, old)
    report.step("old release", True, "ended what it began, stopped")


if __name__ == "__main__":
    main()
