"""The table of addresses: the whole list of what the stand-in can do."""

import re
import secrets
from collections.abc import Callable

from stripe_sim import (
    catalog,
    charges,
    clocks,
    invoices,
    payment_intents,
    payment_methods,
    setup_intents,
    subscriptions,
)
from stripe_sim.errors import invalid
from stripe_sim.forms import text, truth
from stripe_sim.state import API_VERSION, State, Thing, metadata_merge

Deed = Callable[..., Thing]
# Path -> kind of the object: each of these can be read and listed.
KINDS = {
    "customers": "customer",
    "payment_methods": "payment_method",
    "payment_intents": "payment_intent",
    "setup_intents": "setup_intent",
    "products": "product",
    "prices": "price",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "invoice_payments": "invoice_payment",
    "charges": "charge",
    "refunds": "refund",
    "balance_transactions": "balance_transaction",
    "events": "event",
    "invoiceitems": "invoiceitem",
    "webhook_endpoints": "webhook_endpoint",
    "test_helpers/test_clocks": "test_clock",
}


def endpoint_create(state: State, params: Thing) -> Thing:
    """POST /v1/webhook_endpoints."""
    return state.save(
        "webhook_endpoint",
        {
            "id": state.new_id("we"),
            "object": "webhook_endpoint",
            "api_version": params.get("api_version", API_VERSION),
            "application": None,
            "created": state.now(),
            "description": params.get("description"),
            "enabled_events": params.get("enabled_events") or ["*"],
            "livemode": False,
            "metadata": {},
            "secret": f"whsec_{secrets.token_hex(16)}",
            "status": "enabled",
            "url": text(params, "url"),
        },
    )


def delete_plain(kind: str) -> Deed:
    """A DELETE that only forgets."""

    def deed(state: State, params: Thing, object_id: str) -> Thing:
        thing = state.get(kind, object_id)
        state.forget(kind, object_id)
        return {"id": object_id, "object": thing["object"], "deleted": True}

    return deed


def update_plain(kind: str) -> Deed:
    """A POST that changes metadata and the like."""

    def deed(state: State, params: Thing, object_id: str) -> Thing:
        thing = state.get(kind, object_id)
        metadata_merge(thing, params)
        for name in ("description", "url", "status", "enabled_events", "name", "active"):
            if name in params and name in thing:
                is_flag = isinstance(thing[name], bool)
                thing[name] = truth(params, name) if is_flag else params[name]
        return state.save(kind, thing)

    return deed


DEEDS: list[tuple[str, str, Deed]] = [
    ("POST", "customers", payment_methods.customer_create),
    ("POST", "customers/:id", payment_methods.customer_update),
    ("DELETE", "customers/:id", payment_methods.customer_delete),
    ("POST", "payment_methods", payment_methods.method_create),
    ("GET", "payment_methods/:id", payment_methods.method_retrieve),
    ("POST", "payment_methods/:id/attach", payment_methods.method_attach),
    ("POST", "payment_intents", payment_intents.intent_create),
    ("POST", "payment_intents/:id", payment_intents.intent_update),
    ("POST", "payment_intents/:id/confirm", payment_intents.intent_confirm),
    ("POST", "payment_intents/:id/capture", payment_intents.intent_capture),
    ("POST", "payment_intents/:id/cancel", payment_intents.intent_cancel),
    ("POST", "payment_intents/:id/simulate_authentication", payment_intents.intent_authenticate),
    ("POST", "setup_intents", setup_intents.setup_create),
    ("POST", "setup_intents/:id/confirm", setup_intents.setup_confirm),
    ("POST", "setup_intents/:id/cancel", setup_intents.setup_cancel),
    ("POST", "products", catalog.product_create),
    ("POST", "products/:id", update_plain("product")),
    ("POST", "prices", catalog.price_create),
    ("POST", "subscriptions", subscriptions.subscription_create),
    ("POST", "subscriptions/:id", subscriptions.subscription_update),
    ("DELETE", "subscriptions/:id", subscriptions.subscription_cancel),
    ("POST", "invoiceitems", invoices.item_create),
    ("POST", "invoices", invoices.invoice_plain),
    ("POST", "invoices/:id/finalize", invoices.invoice_finalize),
    ("POST", "invoices/:id/pay", invoices.invoice_pay),
    ("POST", "invoices/:id/void", invoices.invoice_void),
    ("POST", "charges/:id", update_plain("charge")),
    ("POST", "refunds", charges.refund_create),
    ("POST", "webhook_endpoints", endpoint_create),
    ("POST", "webhook_endpoints/:id", update_plain("webhook_endpoint")),
    ("DELETE", "webhook_endpoints/:id", delete_plain("webhook_endpoint")),
    ("POST", "test_helpers/test_clocks", clocks.clock_create),
    ("POST", "test_helpers/test_clocks/:id/advance", clocks.clock_advance),
    ("DELETE", "test_helpers/test_clocks/:id", delete_plain("test_clock")),
]
_COMPILED = [
    (method, re.compile(pattern.replace(":id", "([A-Za-z0-9_]+)")), deed)
    for method, pattern, deed in DEEDS
]


def dispatch(state: State, method: str, path: str, params: Thing) -> Thing:
    """Carry out one request. Raises Stripe's own 'Unrecognized request URL'."""
    for wanted, pattern, deed in _COMPILED:
        if wanted == method and (match := pattern.fullmatch(path)):
            return deed(state, params, *match.groups())
    base, _, object_id = path.rpartition("/")
    if method == "GET" and path in KINDS:
        return listing(state, KINDS[path], f"/v1/{path}", params)
    if method == "GET" and base in KINDS:
        return state.get(KINDS[base], object_id)
    raise invalid(f"Unrecognized request URL ({method}: /v1/{path}).", status=404)


def listing(state: State, kind: str, url: str, params: Thing) -> Thing:
    """Newest first, by cursor (docs.stripe.com/api/pagination)."""
    limit = int(params.get("limit", 10))
    if not 1 <= limit <= 100:
        raise invalid("Limit must be between 1 and 100.", param="limit")
    rows = [thing for thing in reversed(list(state.of(kind))) if _matches(thing, params)]
    ids = [thing["id"] for thing in rows]
    if after := params.get("starting_after"):
        rows = rows[ids.index(after) + 1 :] if after in ids else []
    if before := params.get("ending_before"):
        rows = rows[: ids.index(before)] if before in ids else []
        return {
            "object": "list",
            "data": rows[-limit:],
            "has_more": len(rows) > limit,
            "url": url,
        }
    return {"object": "list", "data": rows[:limit], "has_more": len(rows) > limit, "url": url}


def _matches(thing: Thing, params: Thing) -> bool:
    for name in (
        "customer",
        "invoice",
        "payment_intent",
        "charge",
        "subscription",
        "status",
        "type",
        "email",
        "source",
    ):
        if (
            params.get(name)
            and name in thing
            and thing[name] != params[name]
            and params[name] != "all"
        ):
            return False
    if params.get("subscription") and thing["object"] == "invoice":
        details = (thing["parent"] or {}).get("subscription_details") or {}
        if details.get("subscription") != params["subscription"]:
            return False
    paid_by = params.get("payment")
    if isinstance(paid_by, dict) and any(thing["payment"].get(n) != v for n, v in paid_by.items()):
        return False
    created = params.get("created")
    if isinstance(created, dict):
        return all(_compare(thing["created"], how, int(value)) for how, value in created.items())
    return True


def _compare(value: int, how: str, limit: int) -> bool:
    return {"gt": value > limit, "gte": value >= limit, "lt": value < limit, "lte": value <= limit}[
        how
    ]
