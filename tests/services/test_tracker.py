"""Stages, steps, days of a debit and reasons: rules that need little of a database."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import Invalid
from api.models import DONATION_PAID, DonationStatus
from api.serializers.tracker import TrackerFilterSerializer
from api.services.declines import DECLINES, decline_read
from api.services.keysets import Cursor, cursor_read
from api.services.tracker import Stage, Step, stage_of, step_of
from api.services.tracker_rows import debit_days
from api.views.staff.tracker_forms import TrackerForm


@pytest.mark.django_db
def test_days_the_wrong_way_round_are_turned_and_said_and_a_program_is_told() -> None:
    form = TrackerForm({"begins": "2026-11-20", "ends": "2026-11-01"})
    assert form.words() == "started from 1 Nov 2026 to 20 Nov 2026"
    told = TrackerFilterSerializer(
        data={"begins_at": "2026-11-20T00:00:00Z", "ends_at": "2026-11-01T00:00:00Z"}
    )
    assert not told.is_valid() and list(told.errors) == ["ends_at"]


def test_every_status_has_a_stage_and_each_step_holds_those_of_the_next() -> None:
    steps = list(Step)
    for status in DonationStatus:
        for is_paid_out in {False, status in DONATION_PAID}:
            stage = stage_of(status, is_paid_out=is_paid_out)
            reached = step_of(stage, is_paid_out=is_paid_out)
            assert reached == set(steps[: len(reached)])
            assert (Step.PAID in reached) == (status in DONATION_PAID)
    assert {stage_of(one, is_paid_out=out) for one in DonationStatus for out in (True, False)} == (
        set(Stage)
    )


@pytest.mark.parametrize(
    ("since", "at", "day", "expected_on"),
    [
        # A Tuesday: the seventh working day is the Wednesday of the week after.
        ("2026-11-24T10:00", "2026-11-24T23:00", 1, "2026-12-02"),
        ("2026-11-24T10:00", "2026-11-26T09:00", 3, "2026-12-02"),
        ("2026-11-24T20:00", "2026-11-24T21:00", 1, "2026-12-03"),
        ("2026-11-28T10:00", "2026-11-29T10:00", 1, "2026-12-08"),
        ("2026-11-24T10:00", "2026-11-30T10:00", 5, "2026-12-02"),
        ("2026-11-24T10:00", "2026-12-04T10:00", 9, "2026-12-02"),
    ],
)
def test_a_debit_is_at_its_working_day_of_seven(
    since: str, at: str, day: int, expected_on: str
) -> None:
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, at)]
    assert debit_days(*moments) == (day, date.fromisoformat(expected_on))


def test_each_reason_of_stripe_has_words_and_one_that_is_new_is_told_by_its_name() -> None:
    assert len(DECLINES) > 60
    for decline in DECLINES.values():
        assert decline.why and decline.advice.endswith(".")
    assert not decline_read("stolen_card").may_retry
    assert "new moon" in decline_read("new_moon").why
    assert decline_read("").why == "The payment failed"


@given(
    st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 2**63 - 1),
)
def test_a_cursor_comes_back_as_it_went(at: datetime, number: int) -> None:
    assert cursor_read(str(Cursor(at, number))) == Cursor(at, number)


@given(st.text(max_size=60))
def test_what_is_no_cursor_is_refused_and_nothing_else_happens(text: str) -> None:
    try:
        cursor_read(text)
    except Invalid as error:
        assert list(error.fields) == ["after"]
