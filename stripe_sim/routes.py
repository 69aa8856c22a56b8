"""The table of addresses: the whole list of what the stand-in can do."""

import re
import secrets
from collections.abc import Callable

from stripe_sim import (
    balance,
    catalog,
    checkout,
    clocks,
    customers,
    disputes,
    invoice_items,
    invoices,
    payment_intents,
    payment_methods,
    payment_outcomes,
    payouts,
    plain_charges,
    portal,
    refunds,
    setup_intents,
    subscriptions,
)
from stripe_sim.errors import invalid
from stripe_sim.forms import text, truth
from stripe_sim.listing import listing
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
    "disputes": "dispute",
    "billing_portal/configurations": "billing_portal.configuration",
    "checkout/sessions": "checkout.session",
    "mandates": "mandate",
    "payouts": "payout",
    "refunds": "refund",
    "balance_transactions": "balance_transaction",
    "events": "event",
    "invoiceitems": "invoiceitem",
    "webhook_endpoints": "webhook_endpoint",
    "test_helpers/test_clocks": "test_clock",
}


def endpoint_create(state: State, params: Thing) -> Thing:
    """POST /v1/webhook_endpoints; the secret is told in this answer, and never again."""
    secret = f"whsec_{secrets.token_hex(16)}"
    made = state.save(
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
            "status": "enabled",
            "url": text(params, "url"),
            "_secret": secret,
        },
    )
    return {**made, "secret": secret}


def endpoint_update(state: State, params: Thing, endpoint_id: str) -> Thing:
    """POST /v1/webhook_endpoints/:id; `disabled` is how its status is moved."""
    if "disabled" in params:
        params = {**params, "status": "disabled" if truth(params, "disabled") else "enabled"}
    return update_plain("webhook_endpoint")(state, params, endpoint_id)


def delete_plain(kind: str) -> Deed:
    """A DELETE that only forgets."""

    def deed(state: State, params: Thing, object_id: str) -> Thing:
        thing = state.get(kind, object_id)
        state.forget(kind, object_id)
        return {"id": object_id, "object": thing["object"], "deleted": True}

    return deed


def methods_of_customer(state: State, params: Thing, customer_id: str) -> Thing:
    """GET /v1/customers/:id/payment_methods."""
    state.get("customer", customer_id)
    url = f"/v1/customers/{customer_id}/payment_methods"
    return listing(state, "payment_method", url, {**params, "customer": customer_id})


def transactions_list(state: State, params: Thing) -> Thing:
    """GET /v1/balance_transactions; what a payout carries is known of automatic ones only."""
    if params.get("payout") and not state.get("payout", params["payout"])["automatic"]:
        raise invalid(
            "Balance transaction history can only be filtered on automatic transfers, not manual.",
            param="payout",
        )
    return listing(state, "balance_transaction", "/v1/balance_transactions", params)


def update_plain(kind: str) -> Deed:
    """A POST that changes metadata and the like, told by an event where Stripe has one."""

    def deed(state: State, params: Thing, object_id: str) -> Thing:
        thing = state.get(kind, object_id)
        names = ("metadata", "description", "url", "status", "enabled_events", "name")
        before = {name: thing[name] for name in names if name in params and name in thing}
        metadata_merge(thing, params)
        for name in names[1:]:
            if name in params and name in thing:
                thing[name] = params[name]
        if "active" in params and "active" in thing:
            before["active"] = thing["active"]
            thing["active"] = truth(params, "active")
        state.save(kind, thing)
        if kind in TOLD:
            state.emit(f"{kind}.updated", thing, before)
        return thing

    return deed


TOLD = ("charge", "price", "product")
DEEDS: list[tuple[str, str, Deed]] = [
    ("GET", "balance", balance.balance_get),
    ("POST", "customers", customers.customer_create),
    ("POST", "customers/:id", customers.customer_update),
    ("DELETE", "customers/:id", customers.customer_delete),
    ("GET", "customers/:id/payment_methods", methods_of_customer),
    ("POST", "payment_methods", payment_methods.method_create),
    ("GET", "payment_methods/:id", payment_methods.method_retrieve),
    ("POST", "payment_methods/:id", payment_methods.method_update),
    ("POST", "payment_methods/:id/attach", payment_methods.method_attach),
    ("POST", "payment_methods/:id/detach", payment_methods.method_detach),
    ("POST", "payment_intents", payment_intents.intent_create),
    ("POST", "payment_intents/:id", payment_intents.intent_update),
    ("POST", "payment_intents/:id/confirm", payment_outcomes.intent_confirm),
    ("POST", "payment_intents/:id/capture", payment_intents.intent_capture),
    ("POST", "payment_intents/:id/cancel", payment_intents.intent_cancel),
    ("POST", "payment_intents/:id/simulate_authentication", payment_outcomes.intent_authenticate),
    ("POST", "setup_intents", setup_intents.setup_create),
    ("POST", "setup_intents/:id", setup_intents.setup_update),
    ("POST", "setup_intents/:id/confirm", setup_intents.setup_confirm),
    ("POST", "setup_intents/:id/cancel", setup_intents.setup_cancel),
    ("POST", "setup_intents/:id/simulate_authentication", setup_intents.setup_authenticate),
    ("POST", "products", catalog.product_create),
    ("POST", "products/:id", update_plain("product")),
    ("POST", "prices", catalog.price_create),
    ("POST", "prices/:id", update_plain("price")),
    ("POST", "subscriptions", subscriptions.subscription_create),
    ("POST", "subscriptions/:id", subscriptions.subscription_update),
    ("POST", "subscriptions/:id/resume", subscriptions.subscription_resume),
    ("DELETE", "subscriptions/:id", subscriptions.subscription_cancel),
    ("POST", "invoiceitems", invoice_items.item_create),
    ("POST", "invoices", invoices.invoice_plain),
    ("POST", "invoices/create_preview", subscriptions.invoice_preview),
    ("POST", "invoices/:id", invoices.invoice_update),
    ("DELETE", "invoices/:id", invoices.invoice_delete),
    ("POST", "invoices/:id/finalize", invoices.invoice_finalize),
    ("POST", "invoices/:id/pay", invoices.invoice_pay),
    ("POST", "invoices/:id/void", invoices.invoice_void),
    ("POST", "invoices/:id/mark_uncollectible", invoices.invoice_uncollectible),
    ("POST", "charges", plain_charges.charge_plain),
    ("POST", "charges/:id", update_plain("charge")),
    ("POST", "refunds", refunds.refund_create),
    ("POST", "refunds/:id", refunds.refund_update),
    ("POST", "refunds/:id/cancel", refunds.refund_cancel),
    ("POST", "disputes/:id", disputes.dispute_update),
    ("POST", "disputes/:id/close", disputes.dispute_close),
    ("GET", "balance_transactions", transactions_list),
    ("POST", "payouts", payouts.payout_create),
    ("POST", "payouts/:id", payouts.payout_update),
    ("POST", "payouts/:id/cancel", payouts.payout_cancel),
    ("POST", "payouts/:id/reverse", payouts.payout_reverse),
    ("POST", "checkout/sessions", checkout.session_create),
    ("GET", "checkout/sessions/:id/line_items", checkout.session_items),
    ("POST", "checkout/sessions/:id/expire", checkout.session_expire),
    ("GET", "payment_pages/:id", checkout.page_get),
    ("POST", "payment_pages/:id/confirm", checkout.page_confirm),
    ("POST", "billing_portal/sessions", portal.session_create),
    ("POST", "billing_portal/configurations", portal.configuration_create),
    ("POST", "billing_portal/configurations/:id", portal.configuration_update),
    ("POST", "customer_sessions", portal.customer_session_create),
    ("POST", "webhook_endpoints", endpoint_create),
    ("POST", "webhook_endpoints/:id", endpoint_update),
    ("DELETE", "webhook_endpoints/:id", delete_plain("webhook_endpoint")),
    ("POST", "test_helpers/test_clocks", clocks.clock_create),
    ("POST", "test_helpers/test_clocks/:id/advance", clocks.clock_advance),
    ("DELETE", "test_helpers/test_clocks/:id", clocks.clock_delete),
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
