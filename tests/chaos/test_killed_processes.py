"""`kill -9` of web, worker and PostgreSQL in the middle of 200 gifts: nothing is lost or doubled."""

import os
import random
import secrets
import signal
from collections.abc import Iterator

import pytest

from tests.chaos import books
from tests.chaos.donors import Donors, plans
from tests.chaos.killable import Killable, killable
from tests.conftest import until

GIFTS = 200
KILLS = ("web", "worker", "worker", "postgres", "postgres")
END_SECONDS = 30


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killable]:
    """One product for this file: it takes long to start."""
    with killable(tmp_path_factory.mktemp("killed")) as target:
        yield target


def test_killed_processes_lose_and_double_nothing(target: Killable) -> None:
    seed = os.environ.get("KILL_SEED") or secrets.token_hex(4)
    chance = random.Random(seed)
    kills = _kills(chance)
    print(f"KILL_SEED={seed}: {kills}")
    donors = Donors(target.web_url, target.simulator_url)
    try:
        given = donors.give(plans(GIFTS, chance))
        for point, name in kills:
            donors.wait_begun(point)
            _strike(target, name)
        donors.wait_begun(GIFTS)
        references = [gift.result() for gift in given]
    finally:
        donors.close()
    assert len(set(references)) == GIFTS
    assert donors.repeats > 0, "no donor met a killed product: the test tested nothing"
    books.everything_arrives(target)
    books.each_acknowledged_event_is_handled_once(target)
    books.each_paid_gift_is_settled_once(target, references)
    books.the_ledger_balances(target)
    books.receipt_numbers_have_no_gap(target)


def test_a_dead_workers_job_gives_way_to_a_waiting_one_of_the_same_lock_and_holds_up_no_other(
    target: Killable,
) -> None:
    insert = """INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status, scheduled_at)
        VALUES ('default', 'api.tasks.ledger_seal', 'one', '{}', {})"""
    target.tell(insert.format("todo", "now() + interval '1 day'"))
    target.tell(insert.format("doing", "NULL"))
    target.tell(insert.format("doing", "NULL"))
    statuses = "SELECT status::text FROM procrastinate_jobs WHERE queueing_lock = 'one'"
    assert until(lambda: target.ask(statuses) == [("todo",)]), target.ask(statuses)


def test_a_worker_asked_to_end_ends_well_and_leaves_no_job_behind(target: Killable) -> None:
    worker = target.processes["worker"]
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(END_SECONDS) == 0
    assert target.ask(books.JOBS_LEFT) == []


def test_a_worker_whose_inbox_breaks_ends_rather_than_run_on_as_half(target: Killable) -> None:
    target.tell("ALTER TABLE api_webhookevent RENAME TO api_webhookevent_away")
    target.start("worker")
    assert target.processes["worker"].wait(END_SECONDS) == 1
    assert "ProgrammingError" in (target.product.folder / "worker.log").read_text()


def _kills(chance: random.Random) -> list[tuple[int, str]]:
    """At the request of which gift to kill whom, in this order."""
    points = sorted(chance.sample(range(GIFTS // 10, GIFTS * 3 // 4), len(KILLS)))
    return list(zip(points, chance.sample(KILLS, len(KILLS)), strict=True))


def _strike(target: Killable, name: str) -> None:
    if name == "worker":
        target.kill_worker_at_a_job()
    else:
        target.kill(name)
    target.start(name)
