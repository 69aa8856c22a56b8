"""Time: the stand-in's own, and test clocks (docs.stripe.com/billing/testing/test-clocks)."""

from collections.abc import Callable

from stripe_sim import balance, checkout, debits, disputes, payouts, refunds
from stripe_sim.errors import invalid
from stripe_sim.forms import integer
from stripe_sim.invoices import invoice_collect, invoice_draft_due
from stripe_sim.state import State, Thing
from stripe_sim.subscriptions import (
    subscription_collect_again,
    subscription_end,
    subscription_expire,
    subscription_renew,
    subscription_trial_end,
)

NEVER = 1 << 60
DUES: dict[str, Callable[[State, str], object]] = {
    "available": balance.transaction_available,
    "debit_outcome": debits.debit_outcome,
    "dispute": disputes.dispute_of_card,
    "dispute_due": disputes.dispute_due,
    "dispute_review": disputes.dispute_review,
    "finalize": invoice_draft_due,
    "mandate_accept": debits.mandate_accept,
    "payout_pay": payouts.payout_pay,
    "payout_reconcile": payouts.payout_reconcile,
    "payout_send": payouts.payout_send,
    "refund_fail": refunds.refund_fail,
    "refund_succeed": refunds.refund_succeed,
    "session_expire": checkout.session_due,
}

# What agenda.py tells of a plan.
TURNS: dict[str, Callable[[State, Thing], object]] = {
    "cancel": subscription_end,
    "collect_again": subscription_collect_again,
    "expire": subscription_expire,
    "renew": subscription_renew,
    "trial_end": subscription_trial_end,
}


def clock_create(state: State, params: Thing) -> Thing:
    """POST /v1/test_helpers/test_clocks."""
    frozen = integer(params, "frozen_time")
    clock = state.save(
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
    state.emit("test_helpers.test_clock.created", clock)
    return clock


def clock_advance(state: State, params: Thing, clock_id: str) -> Thing:
    """POST /v1/test_helpers/test_clocks/:id/advance: everything due happens, in order of its time."""
    clock = state.get("test_clock", clock_id)
    until = integer(params, "frozen_time")
    if until <= clock["frozen_time"]:
        raise invalid("frozen_time must be after the clock's current time.", param="frozen_time")
    clock |= {"status": "advancing", "status_details": {"advancing": {"target_frozen_time": until}}}
    state.emit("test_helpers.test_clock.advancing", clock)

    def move(moment: int) -> None:
        clock["_now"] = max(moment, clock["_now"])

    _live(state, clock_id, until, move)
    clock |= {"_now": until, "frozen_time": until, "status": "ready", "status_details": {}}
    state.save("test_clock", clock)
    state.emit("test_helpers.test_clock.ready", clock)
    return clock


def clock_delete(state: State, params: Thing, clock_id: str) -> Thing:
    """DELETE /v1/test_helpers/test_clocks/:id."""
    clock = state.get("test_clock", clock_id)
    state.emit("test_helpers.test_clock.deleted", clock)
    state.forget("test_clock", clock_id)
    return {"id": clock_id, "object": clock["object"], "deleted": True}


def time_pass(state: State) -> int:
    """For what lives on real time: do what is due now; returns how many things happened."""
    return _live(state, None, state.now(), lambda moment: None)


def time_move(state: State, seconds: int) -> int:
    """Move the stand-in's own time on, step by step through all that is due; returns how many things."""
    start, ahead = state.now(), state.setting("time").get("ahead", 0)

    def move(moment: int) -> None:
        if moment > state.now():
            state.save("_setting", {"id": "time", "ahead": ahead + moment - start})

    count = _live(state, None, start + seconds, move)
    move(start + seconds)
    return count


def dues_now(state: State) -> None:
    """What follows at once from what was just done, on every clock."""
    for clock_id in ["", *(clock["id"] for clock in state.of("test_clock"))]:
        now = state.now({"_clock": clock_id})
        while (due := _planned(state, clock_id)) and due["created"] <= now:
            _carry_out(state, due)


def _live(state: State, clock_id: str | None, until: int, move: Callable[[int], None]) -> int:
    """Do all that is due on a clock until a moment, in the order of time."""
    count, has_money = 0, False
    while True:
        billing = state.agenda.first(clock_id)
        planned = _planned(state, clock_id or "")
        moment = min(billing[0] if billing else NEVER, planned["created"] if planned else NEVER)
        if moment > until:
            break
        move(moment)
        count += 1
        if planned and planned["created"] == moment:
            _carry_out(state, planned)
            # Money that becomes available changes no plan: no need to look at all of them again.
            ends = min(until, billing[0] - 1 if billing else until)
            while (more := _planned(state, clock_id or "")) and more["deed"] == "available":
                if more["created"] > ends:
                    break
                has_money = True
                _carry_out(state, more)
                count += 1
            has_money = has_money or planned["deed"] == "available"
        elif billing:
            _happen(state, *billing[2:])
    if has_money:
        balance.balance_tell(state)
    return count


def _planned(state: State, clock_id: str) -> Thing | None:
    places = state.shelf("_due").places("_clock", clock_id)
    return state.get("_due", places[0][2]) if places else None


def _happen(state: State, what: str, object_id: str) -> None:
    if what == "collect":
        invoice = state.get("invoice", object_id)
        invoice["next_payment_attempt"] = None
        state.save("invoice", invoice)
        invoice_collect(state, invoice)
    else:
        TURNS[what](state, state.get("subscription", object_id))


def _carry_out(state: State, due: Thing) -> None:
    state.forget("_due", due["id"])
    DUES[due["deed"]](state, due["thing"])
