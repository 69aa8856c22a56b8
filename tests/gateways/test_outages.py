"""A service that hangs is asked by one caller at a time."""

import time

from api.services.gateways.outages import Outage


def test_after_failures_in_a_row_one_caller_at_a_time_finds_out() -> None:
    outage = Outage(most=2, pause_seconds=0.05, patience_seconds=5)
    outage.failed()
    assert outage.may_ask() and outage.may_ask()
    outage.failed()
    assert not outage.may_ask()
    time.sleep(0.06)
    assert outage.may_ask()
    assert not outage.may_ask()  # The other is still waiting for its answer.
    outage.answered()
    assert outage.may_ask() and outage.may_ask()


def test_an_answer_between_failures_forgets_them() -> None:
    outage = Outage(most=2, pause_seconds=5, patience_seconds=5)
    for _ in range(3):
        outage.failed()
        outage.answered()
    assert outage.may_ask()
