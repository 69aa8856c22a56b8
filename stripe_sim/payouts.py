"""Payouts: pending -> in_transit -> paid or failed, and which transactions each one carries."""

from itertools import groupby

from stripe_sim.balance import available_amount, balance_create
from stripe_sim.errors import invalid
from stripe_sim.forms import integer, text
from stripe_sim.state import State, Thing, metadata_merge

BANK = "ba_domaapsimulator"
DAY = 86400
ARRIVAL_DAYS = 2


def payout_create(state: State, params: Thing) -> Thing:
    """POST /v1/payouts: by hand, of what is available."""
    amount, currency = integer(params, "amount"), text(params, "currency").lower()
    if amount < 1:
        raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > available_amount(state, currency):
        raise invalid(
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
        )
    payout = _new(state, amount, currency)
    payout["description"] = params.get("description")
    payout["statement_descriptor"] = params.get("statement_descriptor")
    metadata_merge(payout, params)
    return _begin(state, payout)


def payout_update(state: State, params: Thing, payout_id: str) -> Thing:
    """POST /v1/payouts/:id: only metadata can change."""
    payout = state.get("payout", payout_id)
    before = {"metadata": payout["metadata"]}
    metadata_merge(payout, params)
    state.save("payout", payout)
    state.emit("payout.updated", payout, before)
    return payout


def payouts_run(state: State) -> list[Thing]:
    """Stripe's automatic payout: all that is available, by currency, listed with the payout."""
    free = [
        transaction
        for transaction in state.where("balance_transaction", "_payout", "")
        if transaction["status"] == "available"
    ]
    free.sort(key=lambda transaction: transaction["currency"])
    made = []
    for currency, rows in groupby(free, key=lambda transaction: str(transaction["currency"])):
        transactions = list(rows)
        amount = sum(transaction["net"] for transaction in transactions)
        if amount <= 0:
            continue  # a debt is settled with what comes next
        payout = _new(state, amount, currency)
        payout |= {"automatic": True, "reconciliation_status": "in_progress"}
        payout["description"] = "STRIPE PAYOUT"
        for transaction in transactions:
            transaction["_payout"] = payout["id"]
            state.save("balance_transaction", transaction)
        made.append(_begin(state, payout))
    return made


def _begin(state: State, payout: Thing) -> Thing:
    own = balance_create(
        state, payout, "payout", -payout["amount"], description=payout["description"]
    )
    if payout["automatic"]:
        own["_payout"] = payout["id"]
        state.save("balance_transaction", own)
    payout["balance_transaction"] = own["id"]
    state.save("payout", payout)
    state.emit("payout.created", payout)
    state.plan(DAY // 2, "payout_send", payout)
    if payout["automatic"]:
        state.plan(0, "payout_reconcile", payout)
    return payout


def payout_reconcile(state: State, payout_id: str) -> None:
    """From now on the transactions of an automatic payout can be listed."""
    payout = state.get("payout", payout_id)
    payout["reconciliation_status"] = "completed"
    state.save("payout", payout)
    state.emit("payout.reconciliation_completed", payout)


def payout_send(state: State, payout_id: str) -> None:
    """It is on its way to the bank."""
    payout = state.get("payout", payout_id)
    if payout["status"] == "pending":
        _move(state, payout, "in_transit")
        state.plan(max(payout["arrival_date"] - state.now(), 0), "payout_pay", payout)


def payout_pay(state: State, payout_id: str) -> None:
    """It has arrived."""
    payout = state.get("payout", payout_id)
    if payout["status"] not in ("pending", "in_transit"):
        return
    state.unplan("payout_send", payout)
    state.unplan("payout_pay", payout)
    payout["trace_id"] = {"status": "supported", "value": payout["id"][-12:].upper()}
    _move(state, payout, "paid")
    state.emit("payout.paid", payout)


def payout_fail(state: State, payout_id: str, code: str = "account_closed") -> None:
    """The bank sent it back, perhaps after it was said to be paid: the money is in the balance again."""
    payout = state.get("payout", payout_id)
    if payout["status"] not in ("pending", "in_transit", "paid"):
        raise invalid(f"This payout is already {payout['status']}.")
    payout["failure_code"] = code
    payout["failure_message"] = f"The bank refused it: {code.replace('_', ' ')}."
    _return(state, payout, "failed", "payout_failure")
    state.emit("payout.failed", payout)


def payout_cancel(state: State, params: Thing, payout_id: str) -> Thing:
    """POST /v1/payouts/:id/cancel: only while it is pending, and only one made by hand."""
    payout = state.get("payout", payout_id)
    if payout["status"] != "pending" or payout["automatic"]:
        raise invalid(
            "Only pending payouts that were made by hand can be canceled.",
            code="payouts_not_allowed",
        )
    _return(state, payout, "canceled", "payout_cancel")
    state.emit("payout.canceled", payout)
    return payout


def payout_reverse(state: State, params: Thing, payout_id: str) -> Thing:
    """POST /v1/payouts/:id/reverse: take a paid payout back from the bank account."""
    payout = state.get("payout", payout_id)
    if payout["status"] != "paid" or payout["reversed_by"]:
        raise invalid("Only paid payouts that were not reversed can be reversed.")
    back = _new(state, -payout["amount"], payout["currency"])
    back |= {"original_payout": payout["id"], "description": "PAYOUT REVERSAL"}
    metadata_merge(back, params)
    payout["reversed_by"] = back["id"]
    state.save("payout", payout)
    return _begin(state, back)


def _return(state: State, payout: Thing, status: str, kind: str) -> None:
    state.unplan("payout_send", payout)
    state.unplan("payout_pay", payout)
    back = balance_create(
        state, payout, kind, payout["amount"], category="payout_reversal", description=kind.upper()
    )
    payout["failure_balance_transaction"] = back["id"]
    payout["trace_id"] = {"status": "unsupported", "value": None}
    _move(state, payout, status)


def _move(state: State, payout: Thing, status: str) -> None:
    before = {"status": payout["status"]}
    payout["status"] = status
    state.save("payout", payout)
    state.emit("payout.updated", payout, before)


def _new(state: State, amount: int, currency: str) -> Thing:
    now = state.now()
    return {
        "id": state.new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": (now // DAY + ARRIVAL_DAYS) * DAY,
        "automatic": False,
        "balance_transaction": None,
        "created": now,
        "currency": currency,
        "description": None,
        "destination": BANK,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
