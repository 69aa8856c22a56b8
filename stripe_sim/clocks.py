"""Test clocks: time that a test moves (docs.stripe.com/billing/testing/test-clocks)."""

from stripe_sim.errors import invalid
from stripe_sim.forms import integer
from stripe_sim.invoices import invoice_collect
from stripe_sim.state import State, Thing
from stripe_sim.subscriptions import (
    ENDED,
    INCOMPLETE_SECONDS,
    subscription_expire,
    subscription_renew,
)


def clock_create(state: State, params: Thing) -> Thing:
    """POST /v1/test_helpers/test_clocks."""
    frozen = integer(params, "frozen_time")
    return state.save(
        "test_clock",
        {
            "id": state.new_id("clock"),
            "object": "test_helpers.test_clock",
            "created": state.now(),
            "deletes_after": state.now() + 30 * 86400,
            "frozen_time": frozen,
            "livemode": False,
            "name": params.get("name"),
            "status": "ready",
            "status_details": {},
            "_now": frozen,
        },
    )


def clock_advance(state: State, params: Thing, clock_id: str) -> Thing:
    """POST /v1/test_helpers/test_clocks/:id/advance: everything due happens, in order of its time."""
    clock = state.get("test_clock", clock_id)
    until = integer(params, "frozen_time")
    if until <= clock["frozen_time"]:
        raise invalid("frozen_time must be after the clock's current time.", param="frozen_time")
    while (due := _next(state, clock_id, until)) is not None:
        clock["_now"] = due[0]
        _happen(state, *due[1:])
    clock |= {"_now": until, "frozen_time": until}
    state.save("test_clock", clock)
    state.emit("test_helpers.test_clock.ready", clock)
    return clock


def time_pass(state: State) -> int:
    """For what lives on real time: do what is due now; returns how many things happened."""
    count = 0
    while (due := _next(state, None, state.now())) is not None:
        _happen(state, *due[1:])
        count += 1
    return count


def _next(state: State, clock_id: str | None, until: int) -> tuple[int, str, Thing] | None:
    due: list[tuple[int, str, Thing]] = []
    for subscription in state.of("subscription"):
        if subscription["test_clock"] != clock_id or subscription["status"] in ENDED:
            continue
        if subscription["status"] == "incomplete":
            due.append((subscription["created"] + INCOMPLETE_SECONDS, "expire", subscription))
        else:
            due.append(
                (subscription["items"]["data"][0]["current_period_end"], "renew", subscription)
            )
    due += [
        (invoice["next_payment_attempt"], "collect", invoice)
        for invoice in state.of("invoice")
        if invoice["test_clock"] == clock_id
        and invoice["status"] == "open"
        and invoice["next_payment_attempt"]
    ]
    first = min(due, key=lambda item: item[0], default=None)
    return first if first is not None and first[0] <= until else None


def _happen(state: State, what: str, thing: Thing) -> None:
    if what == "renew":
        subscription_renew(state, thing)
    elif what == "expire":
        subscription_expire(state, thing)
    else:
        thing["next_payment_attempt"] = None
        invoice_collect(state, thing)
