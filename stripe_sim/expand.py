"""expand[]: ids become objects, up to four deep (docs.stripe.com/api/expanding_objects)."""

import copy
from typing import Any

from stripe_sim.errors import invalid
from stripe_sim.invoices import invoice_payments
from stripe_sim.state import State, Thing, public

MAX_DEPTH = 4
_KINDS = {
    "customer": "customer",
    "payment_method": "payment_method",
    "default_payment_method": "payment_method",
    "latest_charge": "charge",
    "charge": "charge",
    "balance_transaction": "balance_transaction",
    "latest_invoice": "invoice",
    "invoice": "invoice",
    "payment_intent": "payment_intent",
    "product": "product",
    "subscription": "subscription",
    "price": "price",
}


def expanded(state: State, thing: Thing, paths: list[str]) -> Any:
    """A copy for the answer, with the wished parts in full and without our own secrets."""
    answer = copy.deepcopy(thing)
    for path in paths:
        parts = path.split(".")
        if len(parts) > MAX_DEPTH:
            raise invalid(
                f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}"
            )
        _expand(state, answer, parts)
    return public(answer)


def _expand(state: State, thing: Any, parts: list[str]) -> None:
    if isinstance(thing, list):
        for item in thing:
            _expand(state, item, parts)
        return
    if not parts or not isinstance(thing, dict):
        return
    name = parts[0]
    if thing.get("object") == "invoice" and name in ("payments", "confirmation_secret"):
        thing[name] = _of_invoice(state, thing, name)
    elif isinstance(thing.get(name), str) and name in _KINDS:
        found = state.find(_KINDS[name], thing[name])
        thing[name] = copy.deepcopy(found) if found else thing[name]
    _expand(state, thing.get(name), parts[1:])


def _of_invoice(state: State, invoice: Thing, name: str) -> Any:
    if name == "payments":
        return {
            "object": "list",
            "data": copy.deepcopy(invoice_payments(state, invoice["id"])),
            "has_more": False,
            "url": "/v1/invoice_payments",
        }
    intent = state.find("payment_intent", invoice.get("_intent") or "")
    return {"client_secret": intent["client_secret"], "type": "payment_intent"} if intent else None
