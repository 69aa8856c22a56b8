"""The Charges API: charges without a PaymentIntent, as sites made them until 2019 (docs.stripe.com/api/charges)."""

from stripe_sim.cards import card_behind
from stripe_sim.charges import charge_capture, charge_new
from stripe_sim.forms import integer, text
from stripe_sim.money import amount_check
from stripe_sim.payment_methods import card_error, method_create
from stripe_sim.state import State, Thing, metadata_merge


def charge_plain(state: State, params: Thing) -> Thing:
    """POST /v1/charges with a card's token."""
    amount, currency = integer(params, "amount"), text(params, "currency").lower()
    amount_check(amount, currency)
    customer = state.get("customer", params["customer"]) if params.get("customer") else None
    method = method_create(state, {"card": {"token": text(params, "source")}})
    order: Thing = {
        "id": None,
        "amount": amount,
        "currency": currency,
        "customer": customer["id"] if customer else None,
        "description": params.get("description"),
        "metadata": {},
        "receipt_email": params.get("receipt_email"),
        "shipping": None,
        "_clock": (customer or {}).get("test_clock"),
    }
    metadata_merge(order, params)
    card = card_behind(method)
    if card and card.outcome == "decline":
        failed = charge_new(state, order, method, (card.code, "Your card was declined."))
        state.save("charge", failed)
        state.emit("charge.failed", failed)
        raise card_error(card, charge=failed["id"])
    charge = charge_capture(state, charge_new(state, order, method), amount)
    state.emit("charge.succeeded", charge)
    return charge
