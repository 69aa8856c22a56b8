"""Disputes: the donor's bank takes the money back, and may give it back again."""

from stripe_sim.balance import balance_create
from stripe_sim.cards import card_behind
from stripe_sim.errors import invalid
from stripe_sim.fees import fee_of, fees
from stripe_sim.forms import truth
from stripe_sim.state import State, Thing, metadata_merge

DUE_SECONDS = 9 * 86400
OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
ANSWERABLE = ("needs_response", "warning_needs_response")
# Texts that decide a dispute in test mode (docs.stripe.com/testing#disputes).
WINNING, LOSING, ESCALATE = "winning_evidence", "losing_evidence", "escalate_inquiry_evidence"
EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def dispute_of_card(state: State, charge_id: str) -> None:
    """What a test card announced: open its dispute."""
    charge = state.get("charge", charge_id)
    card = card_behind(state.get("payment_method", charge["payment_method"]))
    way, _, reason = card.later.partition(":") if card else ("dispute", "", "general")
    dispute_open(state, charge, reason=reason, is_inquiry=way == "inquiry")


def dispute_open(
    state: State,
    charge: Thing,
    amount: int | None = None,
    reason: str = "fraudulent",
    *,
    is_inquiry: bool = False,
) -> Thing:
    """The bank disputes a charge, wholly or in part."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = left if amount is None else amount
    if charge["status"] != "succeeded" or not 0 < amount <= left:
        raise invalid(f"At most {left} of this charge can be disputed.", param="amount")
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} is already disputed.")
    dispute = _new(state, charge, amount, reason, is_inquiry)
    charge["disputed"] = True
    state.save("charge", charge)
    state.save("dispute", dispute)
    if not is_inquiry:
        _withdraw(state, dispute)
    state.emit("charge.dispute.created", dispute)
    if not is_inquiry:
        state.emit("charge.dispute.funds_withdrawn", dispute)
    # A debit that the payer takes back cannot be argued about: it is lost as it comes.
    is_final = charge["payment_method_details"]["type"] != "card"
    state.plan(0 if is_final else DUE_SECONDS, "dispute_due", dispute)
    return dispute


def dispute_update(state: State, params: Thing, dispute_id: str) -> Thing:
    """POST /v1/disputes/:id: evidence, handed in unless submit=false."""
    dispute = state.get("dispute", dispute_id)
    evidence = params.get("evidence")
    if evidence and dispute["status"] not in ANSWERABLE:
        raise invalid("This dispute is already closed or under review.", param="evidence")
    before = {"metadata": dispute["metadata"]}
    metadata_merge(dispute, params)
    if isinstance(evidence, dict):
        before |= {"evidence": dict(dispute["evidence"]), "status": dispute["status"]}
        unknown = set(evidence) - set(EVIDENCE)
        if unknown:
            raise invalid(f"Received unknown parameter: evidence[{unknown.pop()}]")
        dispute["evidence"] |= {name: value or None for name, value in evidence.items()}
        dispute["evidence_details"]["has_evidence"] = any(
            dispute["evidence"][name] for name in EVIDENCE
        )
        if truth(params, "submit", True):
            _submit(state, dispute)
    state.save("dispute", dispute)
    state.emit("charge.dispute.updated", dispute, before)
    return dispute


def dispute_close(state: State, params: Thing, dispute_id: str) -> Thing:
    """POST /v1/disputes/:id/close: accept it as lost."""
    dispute = state.get("dispute", dispute_id)
    if dispute["status"] not in ANSWERABLE:
        raise invalid("This dispute is already closed or under review.")
    return dispute_decide(state, dispute_id, is_won=False)


def dispute_decide(state: State, dispute_id: str, *, is_won: bool) -> Thing:
    """The bank's decision."""
    dispute = state.get("dispute", dispute_id)
    if dispute["status"] not in OPEN:
        raise invalid(f"This dispute is already {dispute['status']}.")
    is_inquiry = dispute["status"].startswith("warning_")
    before = {"status": dispute["status"]}
    dispute["status"] = "warning_closed" if is_inquiry else ("won" if is_won else "lost")
    for deed in ("dispute_due", "dispute_review"):
        state.unplan(deed, dispute)
    if is_won and not is_inquiry:
        _reinstate(state, dispute)
    state.save("dispute", dispute)
    state.emit("charge.dispute.closed", dispute, before)
    if is_won and not is_inquiry:
        state.emit("charge.dispute.funds_reinstated", dispute)
    return dispute


def dispute_review(state: State, dispute_id: str) -> None:
    """Test mode's words of evidence decide soon after they were handed in."""
    dispute = state.get("dispute", dispute_id)
    words = dispute["evidence"]["uncategorized_text"]
    if words == ESCALATE and dispute["status"] == "warning_under_review":
        dispute_escalate(state, dispute_id)
    elif words in (WINNING, LOSING):
        dispute_decide(state, dispute_id, is_won=words == WINNING)


def dispute_escalate(state: State, dispute_id: str) -> Thing:
    """An inquiry becomes a chargeback: now the money goes."""
    dispute = state.get("dispute", dispute_id)
    if not dispute["status"].startswith("warning_"):
        raise invalid("Only an inquiry can become a chargeback.")
    before = {"status": dispute["status"]}
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    dispute["evidence_details"] |= {"submission_count": 0, "submission_method": "not_submitted"}
    if "payment_method_details" in dispute:
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    _withdraw(state, dispute)
    state.emit("charge.dispute.updated", dispute, before)
    state.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def dispute_due(state: State, dispute_id: str) -> None:
    """No evidence came in time: lost. What is under review waits for the bank."""
    dispute = state.get("dispute", dispute_id)
    if dispute["status"] in ANSWERABLE:
        dispute["evidence_details"]["past_due"] = True
        dispute_decide(state, dispute_id, is_won=False)


def _submit(state: State, dispute: Thing) -> None:
    details = dispute["evidence_details"]
    details["submission_count"] += 1
    details["submission_method"] = "manual"
    is_inquiry = dispute["status"].startswith("warning_")
    dispute["status"] = "warning_under_review" if is_inquiry else "under_review"
    if dispute["evidence"]["uncategorized_text"] in (WINNING, LOSING, ESCALATE):
        state.plan(0, "dispute_review", dispute)


def _withdraw(state: State, dispute: Thing) -> None:
    fee = fee_of(state, "dispute", dispute["amount"], dispute["currency"])
    charge = state.get("charge", dispute["charge"])
    charge["_is_charged_back"] = True
    state.save("charge", charge)
    _move(state, dispute, -dispute["amount"], fee, "dispute", "Chargeback withdrawal for")


def _reinstate(state: State, dispute: Thing) -> None:
    paid = dispute["balance_transactions"][0]["fee"]
    fee = -paid if fees(state)["dispute_returned_on_win"] else 0
    charge = state.get("charge", dispute["charge"])
    charge["_is_charged_back"] = False
    state.save("charge", charge)
    _move(state, dispute, dispute["amount"], fee, "dispute_reversal", "Chargeback reversal for")


def _move(state: State, dispute: Thing, amount: int, fee: int, category: str, words: str) -> None:
    transaction = balance_create(
        state,
        dispute,
        "adjustment",
        amount,
        fee,
        category=category,
        description=f"{words} {dispute['charge']}",
        fee_words="Dispute fee",
    )
    dispute["balance_transactions"].append(transaction)
    state.save("dispute", dispute)


def _new(state: State, charge: Thing, amount: int, reason: str, is_inquiry: bool) -> Thing:
    now = state.now(charge)
    dispute: Thing = {
        "id": state.new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + DUE_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "warning_needs_response" if is_inquiry else "needs_response",
        "_clock": charge["_clock"],
    }
    if card := charge["payment_method_details"].get("card"):
        dispute["network_reason_code"] = "10.4"
        dispute["payment_method_details"] = {
            "card": {
                "brand": card["brand"],
                "case_type": "inquiry" if is_inquiry else "chargeback",
                "network": card["brand"],
                "network_reason_code": "10.4",
            },
            "type": "card",
        }
    return dispute
