"""Checkout sessions: Stripe's hosted page asks for the card, in payment, subscription and setup mode."""

from stripe_sim.catalog import price_create
from stripe_sim.checkout_shapes import EXPIRES_SECONDS, line_item, session_new
from stripe_sim.customers import customer_create
from stripe_sim.errors import invalid
from stripe_sim.forms import integer, text
from stripe_sim.payment_intents import intent_new
from stripe_sim.payment_methods import method_get, shipping
from stripe_sim.payment_outcomes import intent_confirm
from stripe_sim.setup_intents import setup_confirm, setup_create
from stripe_sim.state import State, Thing
from stripe_sim.subscriptions import subscription_create

MODES = ("payment", "setup", "subscription")


def session_create(state: State, params: Thing) -> Thing:
    """POST /v1/checkout/sessions."""
    mode = params.get("mode") or "payment"
    if mode not in MODES:
        raise invalid(f"Invalid mode: must be one of {', '.join(MODES)}", param="mode")
    customer = state.get("customer", params["customer"]) if params.get("customer") else None
    items = []
    for wanted in params.get("line_items") or []:
        price = (
            price_create(state, wanted["price_data"])
            if wanted.get("price_data")
            else state.get("price", text(wanted, "price"))
        )
        items.append(line_item(state, price, integer(wanted, "quantity", 1)))
    if mode != "setup" and not items:
        raise invalid("line_items is needed in this mode.", param="line_items")
    if mode == "payment" and any(item["price"]["recurring"] for item in items):
        raise invalid("Recurring prices need subscription mode.", param="line_items")
    if mode == "subscription" and not any(item["price"]["recurring"] for item in items):
        raise invalid("Subscription mode needs a recurring price.", param="line_items")
    session = session_new(state, {**params, "mode": mode}, items, customer)
    state.save("checkout.session", session)
    state.plan(EXPIRES_SECONDS, "session_expire", session)
    return session


def session_items(state: State, params: Thing, session_id: str) -> Thing:
    """GET /v1/checkout/sessions/:id/line_items."""
    session = state.get("checkout.session", session_id)
    url = f"/v1/checkout/sessions/{session_id}/line_items"
    return {"object": "list", "data": session["_items"], "has_more": False, "url": url}


def session_expire(state: State, params: Thing, session_id: str) -> Thing:
    """POST /v1/checkout/sessions/:id/expire."""
    session = _open(state, session_id)
    session |= {"status": "expired", "url": None}
    state.unplan("session_expire", session)
    state.save("checkout.session", session)
    state.emit("checkout.session.expired", session)
    return session


def session_due(state: State, session_id: str) -> None:
    """Nobody paid within a day."""
    session_expire(state, {}, session_id)


def page_get(state: State, params: Thing, session_id: str) -> Thing:
    """GET /v1/payment_pages/:id, as the Stripe CLI asks it."""
    return state.get("checkout.session", session_id)


def page_confirm(state: State, params: Thing, session_id: str) -> Thing:
    """POST /v1/payment_pages/:id/confirm: what the hosted page does. Raises a card error on a decline."""
    session = _open(state, session_id)
    expected = integer(params, "expected_amount", session["amount_total"] or 0)
    if expected != (session["amount_total"] or 0):
        raise invalid("The amount has changed.", param="expected_amount")
    method = method_get(state, text(params, "payment_method"))
    if session["mode"] == "setup":
        _set_up(state, session, method)
    else:
        _pay(state, session, method)
    return session_advance(state, session_id)


def session_advance(state: State, session_id: str) -> Thing:
    """Close a session whose intent has an answer; one that waits for 3-D Secure stays open."""
    session = state.get("checkout.session", session_id)
    intent = session_intent(state, session)
    if session["status"] != "open" or intent["status"] not in ("succeeded", "processing"):
        return session
    method = state.get("payment_method", intent["payment_method"])
    billing = method["billing_details"]
    session |= {
        "status": "complete",
        "url": None,
        "customer_details": {
            "address": billing["address"],
            "business_name": None,
            "email": billing["email"] or session["customer_email"],
            "individual_name": None,
            "name": billing["name"],
            "phone": billing["phone"],
            "tax_exempt": "none",
            "tax_ids": [],
        },
    }
    if session["mode"] != "setup" and intent["status"] == "succeeded":
        session["payment_status"] = "paid"
    state.unplan("session_expire", session)
    state.save("checkout.session", session)
    state.emit("checkout.session.completed", session)
    return session


def session_outcome(state: State, session_id: str, *, is_paid: bool) -> None:
    """A debit that Checkout took was answered after days."""
    session = state.get("checkout.session", session_id)
    if session["status"] != "complete":
        return
    if is_paid:
        session["payment_status"] = "paid"
        state.save("checkout.session", session)
    word = "succeeded" if is_paid else "failed"
    state.emit(f"checkout.session.async_payment_{word}", session)


def session_intent(state: State, session: Thing) -> Thing:
    """What asks the bank: the payment's, the first invoice's or the set-up's intent."""
    if session["mode"] == "setup":
        return state.get("setup_intent", session["setup_intent"])
    if session["mode"] == "subscription":
        return state.get(
            "payment_intent", state.get("invoice", session["invoice"])["_intent"] or ""
        )
    return state.get("payment_intent", session["payment_intent"])


def _pay(state: State, session: Thing, method: Thing) -> None:
    if session["mode"] == "subscription":
        _customer(state, session, method)
        if not session["subscription"]:
            _subscribe(state, session)
        intent = session_intent(state, session)
    elif session["payment_intent"]:
        intent = session_intent(state, session)
    else:
        if session["customer_creation"] == "always":
            _customer(state, session, method)
        customer = state.find("customer", session["customer"] or "")
        intent = intent_new(state, session["amount_total"], session["currency"], customer)
        given = session["_payment_intent_data"]
        intent |= {
            name: given[name]
            for name in ("metadata", "description", "setup_future_usage")
            if name in given
        }
        intent["shipping"] = shipping(given.get("shipping"))
        intent["payment_method_types"] = session["payment_method_types"]
        session["payment_intent"] = intent["id"]
    intent["_session"] = session["id"]
    is_new = state.find("payment_intent", intent["id"]) is None
    state.save("payment_intent", intent)
    state.save("checkout.session", session)
    if is_new:
        state.emit("payment_intent.created", intent)
    intent_confirm(state, {"payment_method": method["id"]}, intent["id"])


def _subscribe(state: State, session: Thing) -> None:
    given = session["_subscription_data"]
    items = [item for item in session["_items"] if item["price"]["recurring"]]
    once = [item for item in session["_items"] if not item["price"]["recurring"]]
    plan = subscription_create(
        state,
        {
            **{name: given[name] for name in ("metadata", "description") if name in given},
            "customer": session["customer"],
            "items": [_asked(item) for item in items],
            "add_invoice_items": [_asked(item) for item in once],
            "payment_behavior": "default_incomplete",
            "payment_settings": {"save_default_payment_method": "on_subscription"},
        },
    )
    session |= {"subscription": plan["id"], "invoice": plan["latest_invoice"]}


def _asked(item: Thing) -> Thing:
    return {"price": item["price"]["id"], "quantity": item["quantity"]}


def _set_up(state: State, session: Thing, method: Thing) -> None:
    if not session["setup_intent"]:
        given = session["_setup_intent_data"]
        setup = setup_create(state, {**given, "customer": session["customer"]})
        session["setup_intent"] = setup["id"]
        state.save("checkout.session", session)
    setup_confirm(state, {"payment_method": method["id"]}, session["setup_intent"])


def _customer(state: State, session: Thing, method: Thing) -> None:
    if session["customer"]:
        return
    billing = method["billing_details"]
    known = {name: billing[name] for name in ("name", "phone", "address") if billing[name]}
    email = billing["email"] or session["customer_email"]
    session["customer"] = customer_create(state, {**known, "email": email})["id"]
    state.save("checkout.session", session)


def _open(state: State, session_id: str) -> Thing:
    session = state.get("checkout.session", session_id)
    if session["status"] != "open":
        raise invalid(f"This Checkout Session is {session['status']}, not open.")
    return session
