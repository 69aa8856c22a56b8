"""Bank debits (Bacs, SEPA): a mandate, `processing` for days, and an outcome that may be undone later.

Test accounts: docs.stripe.com/payments/bacs-debit/accept-a-payment#test-integration.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stripe_sim.charges import charge_capture, charge_fail
from stripe_sim.errors import invalid
from stripe_sim.state import State, Thing

DAY = 86400
# Three business days with a known mandate, six with a new one; weekends are not modelled.
MANDATE_SECONDS = 3 * DAY
DEBIT_SECONDS = 3 * DAY
TYPES = ("bacs_debit", "sepa_debit")


@dataclass(frozen=True)
class Account:
    """A test bank account: how its debit ends, and what becomes of its mandate."""

    number: str
    words: str
    failure: str = ""
    ends_mandate: bool = False
    disputed: bool = False
    refused: bool = False


ACCOUNTS = (
    Account("00012345", "Pays after some days"),
    Account("90012345", "Pays after some days"),
    Account("33333335", "Is not authorised by the payer", "debit_not_authorized", True),
    Account("93333335", "Is not authorised by the payer", "debit_not_authorized", True),
    Account("22222227", "Has not enough money", "insufficient_funds"),
    Account("92222227", "Has not enough money", "insufficient_funds"),
    Account("55555559", "Pays, then is disputed", disputed=True),
    Account("00033333", "Refuses the mandate", "bank_account_restricted", True),
    Account("00044444", "Is not an account", refused=True),
)
BY_NUMBER = {account.number: account for account in ACCOUNTS}
WORDS = {
    "debit_not_authorized": "The customer has notified their bank that this payment was unauthorized.",
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "bank_account_restricted": "The customer's account cannot be used with Direct Debit.",
}


def debit_details(params: Thing, kind: str) -> tuple[str, Thing]:
    """What is kept of a bank account: the number of its behaviour, and what may be shown."""
    given = params.get(kind) or {}
    if kind == "sepa_debit":
        iban = "".join(str(given.get("iban", "")).split())
        if len(iban) < 15:
            raise invalid("The IBAN is not valid.", code="invalid_bank_account_iban", param="iban")
        shown: Thing = {
            "bank_code": iban[4:9],
            "branch_code": None,
            "country": iban[:2],
            "fingerprint": f"fp{iban[-8:]}",
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": iban[-4:],
        }
        return "00012345", shown
    number, code = str(given.get("account_number", "")), str(given.get("sort_code", ""))
    code = code.replace("-", "")
    account = BY_NUMBER.get(number)
    if code != "108800" or account is None or account.refused:
        raise invalid(
            "The account number and sort code are not ones of Stripe's test mode.",
            code="bank_account_unusable",
            param="bacs_debit[account_number]",
        )
    return number, {"fingerprint": f"fp{number}", "last4": number[-4:], "sort_code": code}


def mandate_create(state: State, method: Thing, clock: str | None) -> Thing:
    """The payer's permission, once for each bank account."""
    if kept := next(_mandates(state, method), None):
        return kept
    kind = method["type"]
    reference = method["id"][-12:].upper()
    details: Thing = {"reference": reference, "url": f"https://mandate.invalid/{reference}"}
    if kind == "bacs_debit":
        details |= {
            "display_name": None,
            "network_status": "pending",
            "revocation_reason": None,
            "service_user_number": None,
        }
    mandate: Thing = {
        "id": state.new_id("mandate"),
        "object": "mandate",
        "customer_acceptance": {
            "accepted_at": state.now({"_clock": clock}),
            "online": {"ip_address": "127.0.0.1", "user_agent": "Simulator"},
            "type": "online",
        },
        "livemode": False,
        "multi_use": {},
        "payment_method": method["id"],
        "payment_method_details": {kind: details, "type": kind},
        "status": "pending",
        "type": "multi_use",
        "_clock": clock,
    }
    state.save("mandate", mandate)
    state.plan(MANDATE_SECONDS, "mandate_accept", mandate)
    return mandate


def _mandates(state: State, method: Thing) -> Iterator[Thing]:
    return (
        mandate
        for mandate in state.of("mandate")
        if mandate["payment_method"] == method["id"] and mandate["status"] != "inactive"
    )


def mandate_accept(state: State, mandate_id: str) -> Thing:
    """The bank accepted the mandate."""
    return mandate_move(state, mandate_id, "active", "accepted")


def mandate_move(
    state: State, mandate_id: str, status: str, network: str, reason: str | None = None
) -> Thing:
    """A mandate is accepted, refused or revoked."""
    mandate = state.get("mandate", mandate_id)
    if mandate["status"] == status:
        return mandate
    before: Thing = {"status": mandate["status"]}
    mandate["status"] = status
    if bacs := mandate["payment_method_details"].get("bacs_debit"):
        kept = {name: bacs[name] for name in ("network_status", "revocation_reason")}
        before["payment_method_details"] = {"bacs_debit": kept}
        bacs |= {"network_status": network, "revocation_reason": reason}
    state.unplan("mandate_accept", mandate)
    state.save("mandate", mandate)
    state.emit("mandate.updated", mandate, before)
    return mandate


def debit_outcome(state: State, intent_id: str) -> None:
    """The bank answers a debit as its test account says."""
    intent = state.get("payment_intent", intent_id)
    method = state.get("payment_method", intent["payment_method"])
    debit_settle(state, intent_id, BY_NUMBER[method["_number"]].failure)


def debit_settle(state: State, intent_id: str, failure: str = "") -> Thing:
    """The outcome of a debit: the money, or the reason why not."""
    from stripe_sim.payment_outcomes import intent_debit_failed, intent_paid

    intent = state.get("payment_intent", intent_id)
    if intent["status"] != "processing":
        raise invalid(f"This PaymentIntent's status is {intent['status']}, not processing.")
    state.unplan("debit_outcome", intent)
    method = state.get("payment_method", intent["payment_method"])
    account = BY_NUMBER[method["_number"]]
    charge = state.get("charge", intent["latest_charge"])
    mandate_id = intent["_mandate"]
    if failure:
        if failure != "insufficient_funds" and account.ends_mandate:
            # No reason of the network's list says "not authorised" but this one.
            network = "refused" if account.number == "00033333" else "revoked"
            mandate_move(state, mandate_id, "inactive", network, failure)
        charge_fail(state, charge, failure, WORDS.get(failure, "The bank refused the debit."))
        return intent_debit_failed(state, intent, charge)
    mandate_move(state, mandate_id, "active", "accepted")
    charge_capture(state, charge, charge["amount"])
    if account.disputed:
        state.plan(0, "dispute", charge)
    return intent_paid(state, intent, charge)
