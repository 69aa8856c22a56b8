"""Refunds: pending, succeeded or failed, and never above what is left of the charge."""

from stripe_sim.balance import balance_create
from stripe_sim.cards import card_behind
from stripe_sim.errors import invalid
from stripe_sim.forms import integer
from stripe_sim.state import State, Thing, metadata_merge

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
FAILURES = (
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
)
LATER_SECONDS = 86400


def refund_create(state: State, params: Thing) -> Thing:
    """POST /v1/refunds."""
    charge = _charge(state, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = integer(params, "amount", left)
    _check(params, charge, left, amount)
    card = card_behind(state.get("payment_method", charge["payment_method"]))
    refund = _new(state, params, charge, amount)
    transaction = balance_create(
        state,
        refund,
        "refund" if card else "payment_refund",
        -amount,
        category="refund",
        description=f"REFUND FOR CHARGE ({charge['description']})"
        if charge["description"]
        else "REFUND FOR CHARGE",
    )
    refund["balance_transaction"] = transaction["id"]
    if card is None or card.later == "refund_pending":
        refund |= {"status": "pending", "pending_reason": "processing"}
        state.plan(LATER_SECONDS, "refund_succeed", refund)
    elif card.later == "refund_fails":
        state.plan(LATER_SECONDS, "refund_fail", refund)
    state.save("refund", refund)
    _charge_move(state, charge, amount)
    state.emit("charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount})
    state.emit("refund.created", refund)
    return refund


def refund_update(state: State, params: Thing, refund_id: str) -> Thing:
    """POST /v1/refunds/:id: only metadata can change."""
    refund = state.get("refund", refund_id)
    before = {"metadata": refund["metadata"]}
    metadata_merge(refund, params)
    return _tell(state, refund, before)


def refund_cancel(state: State, params: Thing, refund_id: str) -> Thing:
    """POST /v1/refunds/:id/cancel: only one that waits for the donor can be cancelled."""
    refund = state.get("refund", refund_id)
    raise invalid(
        f"You can only cancel a refund with the status requires_action, not {refund['status']}."
    )


def refund_succeed(state: State, refund_id: str) -> None:
    """The bank took a pending refund."""
    refund = state.get("refund", refund_id)
    if refund["status"] != "pending":
        return
    before = {"status": "pending", "pending_reason": refund.pop("pending_reason", None)}
    refund["status"] = "succeeded"
    _tell(state, refund, before)


def refund_fail(state: State, refund_id: str, reason: str = "expired_or_canceled_card") -> None:
    """The bank sent a refund back: its money is the charity's again."""
    refund = state.get("refund", refund_id)
    if refund["status"] not in ("pending", "succeeded"):
        raise invalid(f"This refund is already {refund['status']}.")
    if reason not in FAILURES:
        raise invalid(f"Invalid reason: must be one of {', '.join(FAILURES)}", param="reason")
    before = {
        "status": refund["status"],
        "failure_reason": None,
        "failure_balance_transaction": None,
    }
    back = balance_create(
        state, refund, "refund_failure", refund["amount"], description="REFUND FAILURE"
    )
    refund.pop("pending_reason", None)
    refund |= {
        "status": "failed",
        "failure_reason": reason,
        "failure_balance_transaction": back["id"],
    }
    for deed in ("refund_succeed", "refund_fail"):
        state.unplan(deed, refund)
    charge = state.get("charge", refund["charge"])
    _charge_move(state, charge, -refund["amount"])
    _tell(state, refund, before)
    state.emit("refund.failed", refund)


def _tell(state: State, refund: Thing, before: Thing) -> Thing:
    """Both names that Stripe gives to the same news."""
    state.save("refund", refund)
    state.emit("charge.refund.updated", refund, before)
    state.emit("refund.updated", refund, before)
    return refund


def _charge(state: State, params: Thing) -> Thing:
    if params.get("charge"):
        return state.get("charge", params["charge"])
    if not params.get("payment_intent"):
        raise invalid("One of the following params should be provided: charge, payment_intent.")
    intent = state.get("payment_intent", params["payment_intent"])
    if not intent["latest_charge"]:
        raise invalid(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return state.get("charge", intent["latest_charge"])


def _check(params: Thing, charge: Thing, left: int, amount: int) -> None:
    if params.get("reason") and params["reason"] not in REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise invalid(
            f"Charge {charge['id']} has not succeeded and cannot be refunded.",
            code="charge_not_refundable",
        )
    if charge.get("_is_charged_back"):
        raise invalid(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if left == 0:
        raise invalid(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if amount < 1:
        raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise invalid(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )


def _new(state: State, params: Thing, charge: Thing, amount: int) -> Thing:
    kind = charge["payment_method_details"]["type"]
    refund: Thing = {
        "id": state.new_id("re" if kind == "card" else "pyr"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": state.now(charge),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {"card": {"type": "refund"}, "type": "card"}
        if kind == "card"
        else {"type": kind},
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        "_clock": charge["_clock"],
    }
    metadata_merge(refund, params)
    return refund


def _charge_move(state: State, charge: Thing, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    state.save("charge", charge)
