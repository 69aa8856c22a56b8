"""Files made in the background: once, for one person, and gone after a week."""

import io
from datetime import timedelta
from typing import Any, BinaryIO

import pytest

from api.clock import now
from api.errors import NotFound
from api.models import AuditLine, Message, ReportRun, Right, Role, RunState, User
from api.services import report_runs
from api.services.gateways import storage
from api.services.report_runs import (
    ATTEMPTS_MOST,
    UNDER_WAY_MOST,
    Made,
    RunForbidden,
    RunNotReady,
    TooManyRuns,
    run_carry_out,
    run_open,
    run_start,
    runs_expire,
)
from api.services.reports.formats import Progress
from tests.giving_history import history_write
from tests.people import staff
from tests.walks.tools import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gwen(no_jobs: None) -> User:
    """Gwen, a fundraiser."""
    return staff(Role.FUNDRAISER)


def ask(who: User, name: str = "top-donors", form: str = "csv", **parameters: str) -> ReportRun:
    """A file, asked for."""
    return run_start(
        kind="report", name=name, title="Top donors", parameters=parameters, form=form, actor=who
    )


def files_kept() -> list[str]:
    """What stands in the folder of runs now."""
    return list(storage.files_old(report_runs.FOLDER, before=now() + timedelta(hours=1)))


@pytest.fixture(autouse=True)
def empty_folder() -> None:
    """What an earlier test left is not counted."""
    for name in files_kept():
        storage.file_remove(name)


def taken(run: ReportRun, who: User) -> bytes:
    """The bytes of a ready file, as its owner gets them."""
    with run_open(run.reference, user=who)[1] as file:
        return file.read()


def test_a_file_that_was_asked_for_is_made_by_the_worker_and_handed_out_with_its_sum(
    gwen: User,
) -> None:
    history_write()
    run = ask(gwen, period="own", **{"from": "2026-10-01", "to": "2026-10-31"})
    assert (run.state, run.progress) == (RunState.WAITING, 0)
    work()
    run.refresh_from_db()
    assert (run.state, run.progress, run.error) == (RunState.READY, 100, "")
    assert run.file_name == "top-donors-2026-10-01-to-2026-10-31.csv"
    content = taken(run, gwen)
    assert b"ada@example.org" in content and len(content) == run.size_bytes
    import hashlib

    assert hashlib.sha256(content).hexdigest() == run.sha256
    assert run.expires_at and timedelta(days=6) < run.expires_at - now() <= timedelta(days=7)
    assert not Message.objects.filter(kind="report").exists()
    deeds = list(AuditLine.objects.filter(subject=f"run:{run.reference}").order_by("pk"))
    assert [(deed.action, deed.actor) for deed in deeds] == [
        ("file.asked", gwen),
        ("file.taken", gwen),
    ]


def test_a_worker_that_was_killed_halfway_loses_nothing_and_the_next_one_makes_one_file(
    gwen: User,
) -> None:
    run = ask(gwen)
    # It died while it was making the file: the row stands as it left it.
    killed = report_runs._claim(run.pk)
    assert killed and killed.state == RunState.RUNNING
    run_carry_out(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.READY, 2)
    assert files_kept() == [run.stored_as]


def test_a_long_step_shows_while_it_lasts(gwen: User, monkeypatch: pytest.MonkeyPatch) -> None:
    run, seen = ask(gwen), []

    def make(run: ReportRun, person: User, file: BinaryIO, progress: Progress) -> Made:
        for done, words in ((5, "Counting"), (60, "Setting the pages"), (61, "and one more")):
            progress(done, words)
            run.refresh_from_db()
            seen.append((run.progress, run.progress_words))
        return Made("made.csv", [])

    monkeypatch.setitem(report_runs.MAKERS, "report", make)
    run_carry_out(run.pk)
    assert seen == [(5, "Counting"), (60, "Setting the pages"), (60, "Setting the pages")]


def test_a_worker_that_was_thought_dead_and_ends_late_adds_no_second_file(
    gwen: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(gwen)

    def slow(late: ReportRun, person: User, file: BinaryIO, progress: Progress) -> Made:
        # While this one works, another worker takes the run over and finishes it.
        monkeypatch.setitem(report_runs.MAKERS, "report", quick)
        run_carry_out(late.pk)
        file.write(b"late")
        return Made("late.csv", [])

    quick = report_runs.MAKERS["report"]
    monkeypatch.setitem(report_runs.MAKERS, "report", slow)
    run_carry_out(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.READY and run.file_name != "late.csv"
    assert files_kept() == [run.stored_as]


def test_a_ready_file_is_not_made_again_however_often_the_job_comes(gwen: User) -> None:
    run = ask(gwen)
    run_carry_out(run.pk)
    run.refresh_from_db()
    before = (run.stored_as, run.sha256, run.finished_at)
    run_carry_out(run.pk)
    run.refresh_from_db()
    assert (run.stored_as, run.sha256, run.finished_at) == before
    assert files_kept() == [run.stored_as]


def test_a_file_that_kills_its_worker_each_time_is_given_up_and_says_so(gwen: User) -> None:
    run = ask(gwen)
    for _ in range(ATTEMPTS_MOST):
        assert report_runs._claim(run.pk)
    run_carry_out(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "The worker stopped each time" in run.error
    assert files_kept() == []


def test_a_fault_of_ours_is_tried_again_and_then_told_without_its_details(
    gwen: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run: ReportRun, person: User, file: BinaryIO, progress: Progress) -> Made:
        raise RuntimeError("amina@example.org")

    monkeypatch.setitem(report_runs.MAKERS, "report", broken)
    run = ask(gwen)
    states = []
    for _ in range(ATTEMPTS_MOST - 1):
        with pytest.raises(RuntimeError):
            run_carry_out(run.pk)
        run.refresh_from_db()
        states.append(run.state)
    assert states == [RunState.WAITING, RunState.WAITING, RunState.FAILED]
    assert "RuntimeError" in run.error and "amina" not in run.error
    run_carry_out(run.pk)
    assert files_kept() == []


def test_progress_is_seen_while_the_figures_are_read(
    gwen: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def telling(run: ReportRun, person: User, file: BinaryIO, progress: Progress) -> Made:
        progress(42, "Counting")
        seen.append(
            ReportRun.objects.values_list("state", "progress", "progress_words").get(pk=run.pk)
        )
        return Made("a.csv", [])

    monkeypatch.setitem(report_runs.MAKERS, "report", telling)
    run_carry_out(ask(gwen).pk)
    assert seen == [("running", 42, "Counting")]


def test_nobody_else_gets_the_file_and_administrators_neither(gwen: User) -> None:
    run = ask(gwen)
    run_carry_out(run.pk)
    for role in (Role.ADMINISTRATOR, Role.FINANCE, Role.AUDITOR):
        with pytest.raises(NotFound):
            run_open(run.reference, user=staff(role))
    assert taken(run, gwen)


def test_who_lost_the_right_since_then_gets_neither_a_new_file_nor_the_old_one(gwen: User) -> None:
    ready, waiting = ask(gwen), ask(gwen)
    run_carry_out(ready.pk)
    User.objects.filter(pk=gwen.pk).update(role=Role.SUPPORT)
    gwen.refresh_from_db()
    run_carry_out(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == RunState.FAILED
    assert waiting.error == "Your role does not allow this report. Ask an administrator."
    with pytest.raises(RunForbidden):
        run_open(ready.reference, user=gwen)
    ready.refresh_from_db()
    assert Right.DONORS_CONTACT in ready.rights


def test_a_file_is_gone_after_a_week_and_what_dead_workers_left_with_it(
    gwen: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, fresh, late = ask(gwen), ask(gwen), ask(gwen)
    for run in (old, fresh, late):
        run_carry_out(run.pk)
        run.refresh_from_db()
    ReportRun.objects.filter(pk=old.pk).update(expires_at=now() - timedelta(seconds=1))
    old.refresh_from_db()
    assert old.state_now == RunState.EXPIRED
    with pytest.raises(RunNotReady, match="Expired"):
        run_open(old.reference, user=gwen)
    monkeypatch.setattr(report_runs, "LEFTOVER", timedelta(seconds=-60))
    orphan = storage.file_keep(f"{report_runs.FOLDER}/nobody-knows", io.BytesIO(b"half"))
    assert runs_expire() == 1
    old.refresh_from_db()
    assert old.state == RunState.EXPIRED
    assert sorted(files_kept()) == sorted([fresh.stored_as, late.stored_as])
    assert orphan.name not in files_kept()
    assert runs_expire() == 0


def test_one_person_has_a_limit_of_files_under_way(gwen: User) -> None:
    for _ in range(UNDER_WAY_MOST):
        ask(gwen)
    with pytest.raises(TooManyRuns):
        ask(gwen)
    assert ReportRun.objects.count() == UNDER_WAY_MOST
    ask(staff(Role.FINANCE))
