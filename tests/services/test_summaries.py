"""The kept sums equal a recount of the facts after every step, in any order, and while others write."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from threading import Event, Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.clock import now
from api.models import (
    DisputeStatus,
    GivingSum,
    LedgerEntry,
    Payment,
    RefundStatus,
    SubscriptionMove,
)
from api.services.giving_figures import GivingFilter, giving_totals
from api.services.ledger import ledger_balances
from api.services.summaries import (
    summaries_check,
    summaries_fold,
    summaries_prove,
    summaries_rebuild,
)
from tests.services.worlds import MOMENTS, World

CARD = GivingFilter(method_kind="card")
FEW = st.integers(0, 3)


def _step(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(name), *arguments)


WHEN = st.integers(0, len(MOMENTS) - 1)
METHODS = st.sampled_from(["", "card", "bacs_debit"])
STEPS = st.one_of(
    _step("give", FEW, WHEN, METHODS, st.sampled_from(["GBP", "GBP", "EUR"])),
    _step("promise", FEW, WHEN),
    _step("method_known", FEW, st.sampled_from(["card", "link"])),
    _step("refund", FEW, st.sampled_from(RefundStatus.values[1:]).map(RefundStatus), FEW),
    _step("dispute", FEW, st.sampled_from([DisputeStatus.NEEDS_RESPONSE, DisputeStatus.WON]), FEW),
    _step("fee", FEW, WHEN, st.sampled_from(["charge", "stripe_fee"])),
    _step("moved", FEW, FEW),
    _step("removed", FEW),
    _step(
        "plan",
        FEW,
        st.sampled_from(["active", "past_due", "unpaid", "active", "paused", "canceled"]),
    ),
    _step("fold"),
)


class _Undo(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """What is done within is as if it had not been."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
def test_after_any_steps_in_any_order_every_kept_sum_equals_a_recount(
    no_jobs: None, steps: list[tuple[Any, ...]]
) -> None:
    with undone():
        world = World()
        for name, *arguments in steps:
            getattr(world, name)(*arguments)
            assert summaries_check() == [], f"after {name} {arguments}"
        summaries_fold()
        assert summaries_check() == []
        for fresh in ("givingsum", "bookssum", "donoryear", "plansum", "statementsum"):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM api_{fresh} WHERE level = 0")  # noqa: S608
                assert cursor.fetchone()[0] == 0


def test_a_sum_changed_by_hand_is_named_and_made_again(
    transactional_db: None, no_jobs: None
) -> None:
    world = World()
    world.give(0, 0, "card")
    world.give(1, 2, "")
    world.plan(0, "active")
    call_command("check_summaries")
    GivingSum.objects.filter(counted_on="2019-12-31").update(given_minor=7)
    with pytest.raises(CommandError, match="3 sums differ"):
        call_command("check_summaries")
    assert {one.what for one in summaries_check()} == {
        "giving by day",
        "giving by month",
        "giving by kind",
    }
    summaries_prove()
    assert summaries_check() == []
    GivingSum.objects.update(gifts=9)
    call_command("check_summaries", "--rebuild")
    assert summaries_check() == [] and not GivingSum.objects.filter(level=0).exists()


def test_plans_that_came_past_our_services_get_a_history_when_sums_are_made_again(
    transactional_db: None, no_jobs: None
) -> None:
    world = World()
    for which, status in enumerate(["active", "past_due", "canceled", "incomplete_expired"]):
        world.plan(which, status)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE api_subscriptionmove, api_plansum")
    assert {one.what for one in summaries_check()} == {"plans by status"}
    summaries_rebuild()
    summaries_rebuild()
    assert summaries_check() == []
    moves = SubscriptionMove.objects.values_list("subscription_id", "from_status", "to_status")
    first, failing, ended, expired = (plan.pk for plan in world.plans)
    assert sorted(moves) == [
        (first, "incomplete", "active"),
        (failing, "active", "past_due"),
        (failing, "incomplete", "active"),
        (ended, "active", "cancelled"),
        (ended, "incomplete", "active"),
        (expired, "incomplete", "expired"),
    ]


@contextmanager
def together(*works: Callable[[], None]) -> Iterator[None]:
    """Each in a thread of its own, on a connection of its own; what goes wrong in one fails the test."""
    wrong: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
    assert not wrong, wrong


def test_while_gifts_arrive_and_sums_are_added_up_and_made_again_a_reader_sees_no_difference(
    transactional_db: None, no_jobs: None
) -> None:
    world, done = World(), Event()

    def arrive() -> None:
        try:
            for number in range(30):
                world.give(number, number % len(MOMENTS), "card" if number % 2 else "")
                world.method_known(number, "link")
                world.refund(number, RefundStatus.SUCCEEDED, number)
        finally:
            done.set()

    def add_up() -> None:
        while not done.is_set():
            summaries_fold()
            summaries_rebuild()

    seen: set[int] = set()
    with together(arrive, add_up):
        while not done.is_set():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                kept = sum(
                    r.given_minor for r in giving_totals(date(2019, 1, 1), date(2026, 12, 31))
                )
                books = {(b.account, b.fund_id): b.amount_minor for b in ledger_balances()}
                counted = Payment.objects.aggregate(total=Sum("amount_minor"))["total"] or 0
                entries = LedgerEntry.objects.values_list("account", "fund_id")
                assert kept == counted
                assert books == {
                    (account, fund): total
                    for account, fund, total in entries.order_by().annotate(
                        total=Sum("amount_minor")
                    )
                }
                assert summaries_check() == []
                seen.add(kept)
    assert summaries_check() == [] and Payment.objects.count() == 30
    assert len(seen) > 3, "the reader looked while gifts arrived"


def test_two_who_change_one_gift_at_once_leave_its_sums_right(
    transactional_db: None, no_jobs: None
) -> None:
    world = World()
    for number in range(8):
        world.give(number, 0, "")
        world.fee(number, 0, "charge")

    def methods() -> None:
        for number in range(8):
            world.method_known(number, "card")

    def refunds() -> None:
        for number in range(8):
            world.refund(number, RefundStatus.SUCCEEDED, 1)
            world.moved(number, number)

    with together(methods, refunds, summaries_fold):
        pass
    assert summaries_check() == []
    assert set(giving_totals(date(2019, 1, 1), now().date(), by=("method_kind",))) == {
        *giving_totals(date(2019, 1, 1), now().date(), by=("method_kind",), where=CARD)
    }
