"""Payment methods: test cards and test bank accounts."""

from typing import Any

from stripe_sim.cards import BY_NUMBER, FAILS_WHEN_CHARGED, TOKENS, Card, card_behind, card_of
from stripe_sim.debits import TYPES, debit_details
from stripe_sim.errors import SimError, invalid
from stripe_sim.forms import integer, text
from stripe_sim.state import State, Thing, metadata_merge

DECLINE_WORDS = {
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "insufficient_funds": "Your card has insufficient funds.",
}
BACS_TOKENS = {
    "pm_bacsDebit_success": "00012345",
    "pm_bacsDebit_debitNotAuthorized": "33333335",
    "pm_bacsDebit_insufficientFunds": "22222227",
}


def method_create(state: State, params: Thing) -> Thing:
    """POST /v1/payment_methods, with a test card's number or token, or a test bank account."""
    if params.get("type") in TYPES:
        return _debit(state, params, params["type"])
    card: Any = params.get("card") or {}
    if not card.get("token"):
        return _card(state, text(card, "number"), params)
    token = f"pm_card_{str(card['token']).removeprefix('tok_')}"
    if token not in TOKENS:
        raise invalid(f"No such token: '{card['token']}'", code="resource_missing", param="card")
    return _card(state, TOKENS[token], params)


def method_get(state: State, token: str) -> Thing:
    """A PaymentMethod by its id, or a fresh one of a documented test token."""
    if token in TOKENS:
        return _card(state, TOKENS[token], {})
    if token in BACS_TOKENS:
        bank = {"account_number": BACS_TOKENS[token], "sort_code": "108800"}
        return _debit(state, {"bacs_debit": bank}, "bacs_debit")
    return state.get("payment_method", token)


def method_retrieve(state: State, params: Thing, method_id: str) -> Thing:
    """GET /v1/payment_methods/:id."""
    return method_get(state, method_id)


def method_update(state: State, params: Thing, method_id: str) -> Thing:
    """POST /v1/payment_methods/:id."""
    method = state.get("payment_method", method_id)
    before: Thing = {"metadata": method["metadata"]}
    metadata_merge(method, params)
    if isinstance(params.get("billing_details"), dict):
        before["billing_details"] = dict(method["billing_details"])
        method["billing_details"] |= _billing(params["billing_details"], method["billing_details"])
    if "allow_redisplay" in params:
        method["allow_redisplay"] = params["allow_redisplay"]
    state.save("payment_method", method)
    state.emit("payment_method.updated", method, before)
    return method


def method_refuse(state: State, asked: Thing, method_id: str) -> Thing:
    """The bank refuses this card in these spans of time: `spans` of {from, until, code}."""
    method = state.get("payment_method", method_id)
    method["_refuses"] = [
        {"from": int(span["from"]), "until": int(span["until"]), "code": str(span["code"])}
        for span in asked["spans"]
    ]
    return state.save("payment_method", method)


def method_renew(state: State, asked: Thing, method_id: str) -> Thing:
    """The card was replaced and its network told Stripe so (docs.stripe.com/saving-cards#automatic-updates)."""
    method = state.get("payment_method", method_id)
    before = {"card": dict(method["card"])}
    names = ("exp_month", "exp_year", "last4")
    method["card"] |= {name: asked[name] for name in names if name in asked}
    method["_refuses"] = []
    state.save("payment_method", method)
    state.emit("payment_method.automatically_updated", method, before)
    return method


def method_attach(state: State, params: Thing, method_id: str) -> Thing:
    """POST /v1/payment_methods/:id/attach: the card's bank is asked, so that a bad card is refused."""
    method = method_get(state, method_id)
    customer = state.get("customer", text(params, "customer"))
    if method["customer"] == customer["id"]:
        return method
    card = card_behind(method)
    if card and card.outcome == "decline" and card.number != FAILS_WHEN_CHARGED:
        raise card_error(card)
    method_keep(state, method, customer["id"])
    return method


def method_keep(state: State, method: Thing, customer_id: str) -> None:
    """A method that its bank agreed to belongs to the customer from now on."""
    if method["customer"] == customer_id:
        return
    method["customer"] = customer_id
    state.save("payment_method", method)
    state.emit("payment_method.attached", method)


def method_detach(state: State, params: Thing, method_id: str) -> Thing:
    """POST /v1/payment_methods/:id/detach."""
    method = state.get("payment_method", method_id)
    if not method["customer"]:
        raise invalid("The payment method you provided is not attached to a customer.")
    before = {"customer": method["customer"]}
    method["customer"] = None
    state.save("payment_method", method)
    state.emit("payment_method.detached", method, before)
    return method


def card_error(card: Card, **more: Any) -> SimError:
    """A decline in Stripe's words."""
    return SimError(
        402,
        "card_error",
        decline_message(card.code, card.decline_code),
        code=card.code,
        decline_code=card.decline_code,
        **more,
    )


def decline_message(code: str, decline_code: str) -> str:
    """What Stripe says of a decline."""
    return DECLINE_WORDS.get(decline_code) or DECLINE_WORDS.get(code) or "Your card was declined."


def _new(state: State, params: Thing, kind: str, number: str, details: Thing) -> Thing:
    billing = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}
    method: Thing = {
        "id": state.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": params.get("allow_redisplay", "unspecified"),
        "billing_details": billing | _billing(params.get("billing_details") or {}, billing),
        kind: details,
        "created": state.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
        "_number": number,
    }
    metadata_merge(method, params)
    return state.save("payment_method", method)


def _billing(given: Thing, known: Thing) -> Thing:
    details = {name: given[name] or None for name in known if name in given}
    if isinstance(details.get("address"), dict):
        details["address"] = address(details["address"])
    return details


def address(given: Thing | None) -> Thing | None:
    """An address with all its lines, as Stripe answers it."""
    if not given:
        return None
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: given.get(name) or None for name in names}


def shipping(given: Thing | None) -> Thing | None:
    """Where something is sent to, as Stripe answers it."""
    return {**given, "address": address(given.get("address"))} if given else None


def _debit(state: State, params: Thing, kind: str) -> Thing:
    number, details = debit_details(params, kind)
    return _new(state, params, kind, number, details)


def _card(state: State, number: str, params: Thing) -> Thing:
    card = card_of(number)
    if card is None:
        raise SimError(
            402,
            "card_error",
            "Your card number is incorrect.",
            code="incorrect_number",
            param="number",
        )
    given = params.get("card") or {}
    month, year = integer(given, "exp_month", 12), integer(given, "exp_year", 2034)
    if not 1 <= month <= 12:
        raise invalid(
            "Your card's expiration month is invalid.",
            code="invalid_expiry_month",
            param="exp_month",
        )
    return _new(state, params, "card", BY_NUMBER[card.number].number, _shown(card, month, year))


def _shown(card: Card, month: int, year: int) -> Thing:
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"fp{card.number[-8:]}",
        "funding": card.funding,
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
