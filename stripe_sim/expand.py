"""expand[]: ids become objects, up to four deep (docs.stripe.com/api/expanding_objects)."""

from typing import Any

from stripe_sim.errors import invalid
from stripe_sim.invoices import invoice_payments
from stripe_sim.state import State, Thing, public

MAX_DEPTH = 4
# What an id's prefix says of its kind.
_KINDS = {
    "ch": "charge",
    "cs": "checkout.session",
    "cus": "customer",
    "du": "dispute",
    "in": "invoice",
    "mandate": "mandate",
    "pi": "payment_intent",
    "pm": "payment_method",
    "po": "payout",
    "price": "price",
    "prod": "product",
    "py": "charge",
    "pyr": "refund",
    "re": "refund",
    "seti": "setup_intent",
    "sub": "subscription",
    "txn": "balance_transaction",
}


def expanded(state: State, thing: Thing, paths: list[str]) -> Any:
    """A copy for the answer, with the wished parts in full and without our own secrets."""
    answer = public(thing)
    for path in paths:
        parts = path.split(".")
        if len(parts) > MAX_DEPTH:
            raise invalid(
                f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}"
            )
        _expand(state, answer, parts)
    return answer


def _expand(state: State, thing: Any, parts: list[str]) -> None:
    if isinstance(thing, list):
        for item in thing:
            _expand(state, item, parts)
        return
    if not parts or not isinstance(thing, dict):
        return
    name = parts[0]
    if (thing.get("object"), name) in _INSIDE:
        if name not in thing:
            thing[name] = public(_INSIDE[thing["object"], name](state, thing))
    elif isinstance(thing.get(name), str):
        kind = _KINDS.get(thing[name].partition("_")[0])
        found = state.find(kind, thing[name]) if kind else None
        thing[name] = public(found) if found else thing[name]
    _expand(state, thing.get(name), parts[1:])


def _list(things: list[Thing], url: str) -> Thing:
    return {"object": "list", "data": things, "has_more": False, "url": url}


def _payments(state: State, invoice: Thing) -> Thing:
    return _list(invoice_payments(state, invoice["id"]), "/v1/invoice_payments")


def _secret(state: State, invoice: Thing) -> Thing | None:
    kept = state.find("invoice", invoice["id"]) or {}
    intent = state.find("payment_intent", kept.get("_intent") or "")
    return {"client_secret": intent["client_secret"], "type": "payment_intent"} if intent else None


def _refunds(state: State, charge: Thing) -> Thing:
    made = list(state.where("refund", "charge", charge["id"]))
    return _list(made[::-1][:10], f"/v1/charges/{charge['id']}/refunds")


def _line_items(state: State, session: Thing) -> Thing:
    kept = state.get("checkout.session", session["id"])
    return _list(kept["_items"], f"/v1/checkout/sessions/{session['id']}/line_items")


_INSIDE = {
    ("checkout.session", "line_items"): _line_items,
    ("invoice", "payments"): _payments,
    ("invoice", "confirmation_secret"): _secret,
    ("charge", "refunds"): _refunds,
}
