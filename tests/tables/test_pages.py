"""Pages of tables: every row once, in both directions, whoever comes meanwhile; searches and filters."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.models import (
    ROLE_RIGHTS,
    Donation,
    WebhookEvent,
)
from api.services.tables import TABLES
from api.services.tables.estimates import rounded
from api.services.tables.pages import TableTooSlow, page_read
from api.services.tables.questions import Question, TableRefused
from tests.tables.conftest import ask, rows

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("noun", TABLES)
def test_each_table_shows_its_rows_in_each_order_by_as_many_queries_for_many_as_for_few(
    charity: dict[str, Any], noun: str
) -> None:
    table = TABLES[noun]
    total = table.model._default_manager.count()
    assert total
    for order in table.orders:
        there = rows(noun, f"order={order.name}")
        assert len(there) == total
        assert rows(noun, f"order=-{order.name}") == there[::-1]
    question, counts = ask(noun), set()
    for limit in (1, 50):
        with CaptureQueriesContext(connection) as asked:
            page_read(question, limit=limit)
        counts.add(len([one for one in asked if "SAVEPOINT" not in one["sql"]]))
    assert max(counts) <= 5


def test_each_role_sees_filters_and_orders_only_what_it_has_a_right_to(db: None) -> None:
    for table in TABLES.values():
        for rights in ROLE_RIGHTS.values():
            for column in table.columns:
                if column.right is None or column.right in rights:
                    assert column in ask(table.noun, f"columns={column.name}", rights).columns
                else:
                    with pytest.raises(TableRefused, match="There is no column"):
                        ask(table.noun, f"columns={column.name}", rights)
            for one in table.filters:
                if one.right is not None and one.right not in rights:
                    for name in one.names:
                        with pytest.raises(TableRefused, match="no filter of this name"):
                            ask(table.noun, f"{name}=x", rights)


@pytest.mark.parametrize(
    ("noun", "query", "places"),
    [
        ("donations", "status=failed", [3]),
        ("donations", "status=failed&status=disputed", [4, 3]),
        ("donations", "status=failed,disputed&amount_min=25", [4, 3]),
        ("donations", "kind=monthly&fund=general", [0]),
        ("donations", "campaign=winter&has_message=yes", [1]),
        ("donations", "campaign=winter&has_message=no", []),
        ("donations", "amount_min=£25.01", [2]),
        ("donations", "amount_max=10", [0]),
        ("donations", "amount_min=5000&currency=JPY", [6]),
        ("donations", "has_fee_cover=yes", [2]),
        ("donations", "q=john&status=failed", [3]),
        ("donations", "amount_min=25&amount_max=25.00", [5, 4, 3, 1]),
        ("donations", "method=card&status=failed", [3]),
        ("donations", "created_from=2026-03-01&created_to=2026-03-01", [6, 5, 4, 3, 2, 1, 0]),
        ("donations", "created_from=2026-03-02", []),
        ("donations", "created=last_30_days&created_to=2026-03-01", []),
        ("donations", "order=total_minor&amount_min=1", [0, 1, 3, 4, 5, 2]),
    ],
)
def test_filters_combine(charity: dict[str, Any], noun: str, query: str, places: list[int]) -> None:
    assert rows(noun, query) == [charity["gifts"][place].pk for place in places]


def test_receipts_are_filtered_by_amount_and_currency(charity: dict[str, Any]) -> None:
    numbers = ["2026-000006", "2026-000005", "2026-000004", "2026-000002", "2026-000001"]
    assert rows("receipts", "amount_max=25", "number") == numbers
    assert rows("receipts", "amount_min=5000&currency=jpy", "number") == ["2026-000007"]
    assert rows("receipts", "currency=JPY", "number") == ["2026-000007"]


def test_days_are_those_of_the_charity_and_tax_years_begin_on_6_april(
    charity: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    late, later = charity["gifts"][:2]
    edge = datetime(2026, 4, 5, 22, 59, tzinfo=UTC)  # 23:59 in London on the 5th
    Donation.objects.filter(pk=late.pk).update(created_at=edge)
    Donation.objects.filter(pk=later.pk).update(created_at=edge.replace(hour=23, minute=0))
    assert rows("donations", "created_from=2026-04-05&created_to=2026-04-05") == [late.pk]
    assert rows("donations", "created_from=2026-04-06") == [later.pk]
    monkeypatch.setattr(
        "api.services.tables.filters.now", lambda: datetime(2026, 11, 24, tzinfo=UTC)
    )
    assert rows("donations", "created=this_tax_year") == [later.pk]
    assert len(rows("donations", "created=last_tax_year")) == 6
    assert len(rows("donations", "created=this_year")) == 7


def test_disputes_that_wait_come_first_the_nearest_date_before_the_others(
    charity: dict[str, Any],
) -> None:
    assert rows("disputes", "", "stripe_dispute_id") == ["dp_2", "dp_1", "dp_0"]
    assert len(rows("disputes", "waits=yes")) == 2


@pytest.mark.parametrize(
    ("noun", "query", "field"),
    [
        ("donations", "status=none", "status"),
        ("donations", "colour=red", "colour"),
        ("donations", "fund=moon", "fund"),
        ("donations", "created=soon", "created"),
        ("donations", "created_from=22/11/2026", "created_from"),
        ("donations", "created_from=0001-01-01", "created_from"),
        ("donations", "created_to=2026-02-30", "created_to"),
        ("donations", "amount_min=ten", "amount_min"),
        ("donations", "amount_max=1e99", "amount_max"),
        ("donations", "amount_min=" + "9" * 40, "amount_min"),
        ("donations", "order=message", "order"),
        ("donations", "order=--created_at", "order"),
        ("donations", "columns=password", "columns"),
        ("donations", "is_anonymous=maybe", "is_anonymous"),
        ("donations", "currency=pounds", "currency"),
        ("donations", "donor=%27", "donor"),
        ("donations", "q=%00", "q"),
        ("donations", "%00=1", "?"),
        ("donations", "q=" + "a" * 101, "q"),
        ("donors", "postcode=%25", "postcode"),
        ("donors", "country=England", "country"),
        ("receipts", "year=1066", "year"),
        ("receipts", "amount_min=ten", "amount_min"),
        ("donations", "created_from=2026-03-02&created_to=2026-03-01", "created_to"),
        ("donations", "created_from=2025-02-29", "created_from"),
        ("payouts", "arrives_from=2026-03-02&arrives_to=2026-03-01", "arrives_to"),
        ("donations", "amount_min=25.01&amount_max=25", "amount_max"),
        ("events", "type=%25", "type"),
    ],
)
def test_what_is_not_accepted_is_named_with_what_is(
    charity: dict[str, Any], noun: str, query: str, field: str
) -> None:
    with pytest.raises(TableRefused) as refused:
        ask(noun, query)
    assert list(refused.value.fields) == [field]
    assert len(refused.value.fields[field][0]) > 10


@pytest.mark.parametrize("change", ["", "x", "A.B", "\x00", "%", "9" * 3000, "🙂"])
def test_a_cursor_that_was_tampered_with_is_refused(charity: dict[str, Any], change: str) -> None:
    place = page_read(ask("donations"), limit=2).next
    for cursor in (place[:-2] + change, change + place[1:], change or "x", place + "1"):
        with pytest.raises(TableRefused) as refused:
            page_read(ask("donations"), cursor=cursor)
        assert list(refused.value.fields) == ["cursor"]
    for other in (ask("donations", "order=created_at"), ask("donors"), ask("plans")):
        with pytest.raises(TableRefused):
            page_read(other, cursor=place)


def test_estimates_are_exact_while_few_and_rounded_when_many(charity: dict[str, Any]) -> None:
    assert page_read(ask("donations"), limit=2).estimate.text == "7"
    assert page_read(ask("donations"), limit=2).estimate.is_exact
    assert (rounded(12_431), rounded(999), rounded(4_987_654)) == (12_400, 999, 4_990_000)


@given(
    moments=st.lists(st.integers(0, 3), min_size=1, max_size=14),
    later=st.lists(st.integers(0, 3), max_size=5),
    limit=st.integers(1, 5),
    is_back=st.booleans(),
    is_descending=st.booleans(),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_walk_meets_each_row_once_in_either_direction_also_while_rows_come(
    db: None, moments: list[int], later: list[int], limit: int, is_back: bool, is_descending: bool
) -> None:
    """Many rows of one moment too: then the key decides."""
    WebhookEvent.objects.all().delete()
    kept = [_event(at) for at in moments]
    coming = iter(later)
    order = "-received_at" if is_descending else "received_at"
    question = ask("events", f"order={order}")
    page, met = page_read(question, limit=limit), []
    if is_back and page.last:
        page = page_read(question, cursor=page.last, limit=limit)
    walks_back = is_back and bool(page.previous)
    for _ in range(50):
        met.append([row["pk"] for row in page.rows])
        cursor = page.previous if walks_back else page.next
        if not cursor:
            break
        if (at := next(coming, None)) is not None:
            _event(at)
        page = page_read(question, cursor=cursor, limit=limit)
    flat = [key for keys in (reversed(met) if walks_back else met) for key in keys]
    assert len(flat) == len(set(flat))
    expected = [event.pk for event in _in_order(kept, is_descending)]
    assert [key for key in flat if key in set(expected)] == expected


def _event(minute: int) -> WebhookEvent:
    from tests.tables.conftest import BEGAN

    count = WebhookEvent.objects.count()
    made: WebhookEvent = WebhookEvent.objects.create(
        stripe_event_id=f"evt_{count}",
        type="x",
        payload={},
        route="/",
        next_attempt_at=BEGAN,
        stripe_created_at=BEGAN,
    )
    made.received_at = BEGAN.replace(minute=minute)
    made.save(update_fields=["received_at"])
    return made


def _in_order(events: list[WebhookEvent], is_descending: bool) -> list[WebhookEvent]:
    return sorted(events, key=lambda one: (one.received_at, one.pk), reverse=is_descending)


def test_what_takes_too_long_is_broken_off_and_said(
    charity: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db.models import BooleanField, Func, Q

    slow = Func(
        function="pg_sleep", template="%(function)s(2) IS NULL", output_field=BooleanField()
    )
    monkeypatch.setattr("api.services.tables.pages.SECONDS_MOST", 0.2)
    monkeypatch.setattr(Question, "rows", lambda self: Donation.objects.filter(Q(slow)).order_by())
    with pytest.raises(TableTooSlow) as told:
        page_read(ask("donations"))
    assert told.value.status == 503
    assert Donation.objects.count() == 7
