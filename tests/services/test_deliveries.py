"""Rows that come at the same moment: one commit for all, and each thread hears of its own row only."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DataError, OperationalError

from api.services.deliveries import Gatherer

THREADS = 8


class Paper:
    """A writer that can be held up, so that rows gather behind it; it keeps what it was given."""

    def __init__(self, trouble: Callable[[Sequence[int]], None] = lambda rows: None) -> None:
        self.batches: list[list[int]] = []
        self.may_go = threading.Event()
        self.trouble = trouble

    def write(self, rows: Sequence[int]) -> list[bool]:
        """Row 0 is the first one: the others come while it waits."""
        if list(rows) == [0]:
            assert self.may_go.wait(10)
        self.trouble(rows)
        self.batches.append(list(rows))
        return [row % 2 == 0 for row in rows]


def gather(paper: Paper, rows: Sequence[int]) -> list[bool | Exception]:
    """Give row 0, then all others while it is being written."""
    gatherer = Gatherer(paper.write)

    def keep(row: int) -> bool | Exception:
        try:
            return gatherer.keep(row)
        except Exception as error:
            return error

    with ThreadPoolExecutor(THREADS + 1) as threads:
        first = threads.submit(keep, 0)
        while gatherer._free_hands:
            time.sleep(0.001)
        others = [threads.submit(keep, row) for row in rows]
        while len(gatherer._waiting) < len(rows):
            pass
        paper.may_go.set()
        return [first.result(10), *(one.result(10) for one in others)]


def test_rows_that_come_while_one_is_written_are_written_together_and_each_gets_its_own_answer() -> (
    None
):
    paper, rows = Paper(), list(range(1, THREADS + 1))
    assert gather(paper, rows) == [row % 2 == 0 for row in [0, *rows]]
    assert [sorted(batch) for batch in paper.batches] == [[0], rows]


def test_a_row_that_the_database_refuses_harms_no_other() -> None:
    def refuse(rows: Sequence[int]) -> None:
        if 3 in rows:
            raise DataError("three")

    paper, rows = Paper(refuse), list(range(1, THREADS + 1))
    answers = gather(paper, rows)
    assert isinstance(answers[3], DataError)
    assert [row for row in range(THREADS + 1) if answers[row] is not answers[3]] == [
        row for row in range(THREADS + 1) if row != 3
    ]
    assert sorted(row for batch in paper.batches for row in batch) == [
        row for row in range(THREADS + 1) if row != 3
    ]


def test_when_the_database_is_away_every_row_of_the_batch_is_told_at_once_and_none_is_kept() -> (
    None
):
    asked: list[int] = []

    def away(rows: Sequence[int]) -> None:
        asked.append(len(rows))
        if rows[0] != 0:
            raise OperationalError("away")

    paper, rows = Paper(away), list(range(1, THREADS + 1))
    answers = gather(paper, rows)
    assert all(isinstance(answer, OperationalError) for answer in answers[1:])
    assert paper.batches == [[0]]
    assert asked == [1, THREADS]


def test_a_thread_that_is_ended_in_the_midst_leaves_no_other_waiting_or_believing() -> None:
    def ended(rows: Sequence[int]) -> None:
        if len(rows) > 1:
            raise SystemExit

    paper, rows = Paper(ended), [1, 2, 3]
    gatherer = Gatherer(paper.write)
    outcomes: list[object] = []

    def keep(row: int) -> None:
        try:
            outcomes.append(gatherer.keep(row))
        except BaseException as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=keep, args=(row,)) for row in [0, *rows]]
    threads[0].start()
    while gatherer._free_hands:
        time.sleep(0.001)
    for thread in threads[1:]:
        thread.start()
    while len(gatherer._waiting) < len(rows):
        time.sleep(0.001)
    paper.may_go.set()
    for thread in threads:
        thread.join(10)
    assert outcomes.count(True) == 1
    assert outcomes.count(SystemExit) == 1
    assert outcomes.count(RuntimeError) == 2
    assert gatherer.keep(4) is True


def test_the_same_event_twice_in_one_batch_is_new_once(db: None) -> None:
    from api.services.inbox import event_row, events_keep

    row = event_row({"id": "evt_twice", "type": "x.y", "created": 1}, route="/")
    other = event_row({"id": "evt_other", "type": "x.y", "created": 1}, route="/")
    assert events_keep([row, other, row]) == [True, True, False]
    assert events_keep([row, other]) == [False, False]


@pytest.mark.django_db
def test_an_event_is_found_by_what_it_is_about_before_and_after_it_is_handled() -> None:
    from api.models import WebhookEvent
    from api.services.inbox import event_row, events_keep, events_process

    charge = {"id": "ch_9", "object": "charge", "payment_intent": "pi_9", "invoice": None}
    event = {"id": "evt_9", "type": "charge.pending", "created": 1, "data": {"object": charge}}
    events_keep([event_row(event, route="/")])
    for _ in range(2):
        for name in ("ch_9", "pi_9"):
            assert WebhookEvent.objects.naming([name, "other"]).get().stripe_event_id == "evt_9"
        assert not WebhookEvent.objects.naming(["ch", "pi_99"]).exists()
        events_process()
    assert WebhookEvent.objects.get().about == ["ch_9", "pi_9"]
