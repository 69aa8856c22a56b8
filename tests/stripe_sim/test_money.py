"""Whatever happens in whatever order, the money adds up."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stripe_sim import disputes, payouts, refunds
from stripe_sim.balance import balance_get
from stripe_sim.clocks import dues_now, time_move
from stripe_sim.errors import SimError
from stripe_sim.routes import dispatch
from stripe_sim.state import State

CARDS = (
    "pm_card_visa",
    "pm_card_de",
    "pm_card_bypassPending",
    "pm_card_createDispute",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
)
CURRENCIES = st.sampled_from(("gbp", "usd", "jpy", "kwd"))
DEEDS = st.lists(
    st.one_of(
        st.tuples(
            st.just("pay"),
            st.tuples(st.sampled_from(CARDS), CURRENCIES, st.integers(20, 1000).map((10).__mul__)),
        ),
        st.tuples(st.just("refund"), st.tuples(st.integers(0, 9), st.integers(1, 6000))),
        st.tuples(st.just("refund_fail"), st.integers(0, 9)),
        st.tuples(st.just("dispute"), st.tuples(st.integers(0, 9), st.integers(1, 6000))),
        st.tuples(st.just("decide"), st.tuples(st.integers(0, 9), st.booleans())),
        st.tuples(st.just("payouts"), st.none()),
        st.tuples(st.just("payout"), st.tuples(CURRENCIES, st.integers(1, 5000))),
        st.tuples(st.just("payout_fail"), st.integers(0, 9)),
        st.tuples(st.just("time"), st.integers(3600, 4 * 86400)),
    ),
    max_size=25,
)


def one(state: State, kind: str, number: int) -> str:
    """The id of some object of a kind; of none when there is none."""
    things = list(state.of(kind))
    return str(things[number % len(things)]["id"]) if things else "none"


def carry_out(state: State, deed: str, how: Any) -> None:
    """One deed; the simulator may refuse it, which must change nothing of the sums."""
    if deed == "pay":
        card, currency, amount = how
        asked = {"amount": amount, "currency": currency, "payment_method": card, "confirm": "true"}
        dispatch(state, "POST", "payment_intents", asked)
    elif deed == "refund":
        charge = one(state, "charge", how[0])
        dispatch(state, "POST", "refunds", {"charge": charge, "amount": str(how[1])})
    elif deed == "refund_fail":
        refunds.refund_fail(state, one(state, "refund", how))
    elif deed == "dispute":
        charge = state.get("charge", one(state, "charge", how[0]))
        disputes.dispute_open(state, charge, how[1])
    elif deed == "decide":
        disputes.dispute_decide(state, one(state, "dispute", how[0]), is_won=how[1])
    elif deed == "payouts":
        payouts.payouts_run(state)
    elif deed == "payout":
        payouts.payout_create(state, {"currency": how[0], "amount": how[1]})
    elif deed == "payout_fail":
        payouts.payout_fail(state, one(state, "payout", how))
    else:
        time_move(state, how)
    dues_now(state)


def totals(
    state: State, kinds: tuple[str, ...] = (), *, but: tuple[str, ...] = ()
) -> dict[str, int]:
    """Net by currency of the transactions of some types, or of all but some; zeros left out."""
    sums: dict[str, int] = {}
    for row in state.of("balance_transaction"):
        if (not kinds or row["type"] in kinds) and row["type"] not in but:
            sums[row["currency"]] = sums.get(row["currency"], 0) + row["net"]
    return {name: amount for name, amount in sums.items() if amount}


def balance(state: State) -> dict[str, int]:
    """Pending and available together, by currency; zeros left out."""
    sums: dict[str, int] = {}
    answer = balance_get(state, {})
    for row in answer["pending"] + answer["available"]:
        sums[row["currency"]] = sums.get(row["currency"], 0) + row["amount"]
    return {name: amount for name, amount in sums.items() if amount}


PAYOUTS = ("payout", "payout_failure", "payout_cancel")


@settings(max_examples=60, deadline=None)
@given(DEEDS)
def test_the_money_adds_up(deeds: list[tuple[str, Any]]) -> None:
    state = State()
    for deed, how in deeds:
        try:
            carry_out(state, deed, how)
        except SimError:
            continue  # refused: the sums below say that nothing moved
    refunds_hold(state)
    payouts_hold(state)
    disputes_hold(state)


def refunds_hold(state: State) -> None:
    """Refunds that stand are what the charge says, and never more than it took."""
    for charge in state.of("charge"):
        made = state.where("refund", "charge", charge["id"])
        standing = sum(refund["amount"] for refund in made if refund["status"] != "failed")
        assert standing == charge["amount_refunded"] <= charge["amount_captured"]


def payouts_hold(state: State) -> None:
    """What came in is in the balance or was paid out; each payout is the sum of what it carries."""
    assert totals(state) == balance(state)
    out: dict[str, int] = {}
    for payout in state.of("payout"):
        if payout["status"] not in ("failed", "canceled"):
            out[payout["currency"]] = out.get(payout["currency"], 0) + payout["amount"]
        if payout["automatic"]:
            rows = list(state.where("balance_transaction", "_payout", payout["id"]))
            assert sum(row["net"] for row in rows) == 0
            assert (
                sum(row["net"] for row in rows if row["id"] != payout["balance_transaction"])
                == (payout["amount"])
            )
    came = totals(state, but=PAYOUTS)
    kept = balance(state)
    for currency in {*came, *kept, *out}:
        assert came.get(currency, 0) == kept.get(currency, 0) + out.get(currency, 0)


def disputes_hold(state: State) -> None:
    """A dispute takes its amount out, and a win gives it back; the fee stays with Stripe."""
    for dispute in state.of("dispute"):
        rows = list(state.where("balance_transaction", "source", dispute["id"]))
        moved = sum(row["amount"] for row in rows)
        assert moved == (0 if dispute["status"] == "won" else -dispute["amount"])
        assert all(row["net"] == row["amount"] - row["fee"] for row in rows)
