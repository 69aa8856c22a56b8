"""Subscriptions: made incomplete, alive once paid, renewed by the clock."""

from typing import Any

from stripe_sim.agenda import ENDED
from stripe_sim.catalog import price_inline
from stripe_sim.errors import invalid
from stripe_sim.forms import integer, text, truth
from stripe_sim.invoice_shapes import Line, invoice_new
from stripe_sim.invoices import (
    invoice_begin,
    invoice_collect,
    invoice_create,
    invoice_void,
    invoices_open,
    method_of,
)
from stripe_sim.payment_methods import method_attach, method_get, method_keep
from stripe_sim.periods import anchor_of, period_after, period_end
from stripe_sim.settings import settings
from stripe_sim.state import State, Thing, metadata_merge
from stripe_sim.subscription_shapes import plan_of, subscription_new

DAY = 86400


def subscription_create(state: State, params: Thing) -> Thing:
    """POST /v1/subscriptions: items by price or inline price_data, an anchor, extra items for today."""
    customer = state.get("customer", text(params, "customer"))
    prices = [(_price(state, item), _quantity(item)) for item in params.get("items") or []]
    if not prices:
        raise invalid("Missing required param: items.", code="parameter_missing", param="items")
    now = state.now(customer)
    trial_end = _trial_end(params, now)
    config = _anchor_config(params)
    anchor = anchor_of(config, now) if config else None
    anchor = anchor or integer(params, "billing_cycle_anchor", trial_end or now)
    first_end = anchor if anchor > now else period_after(now, prices[0][0], 1)
    if not trial_end and anchor > period_after(now, prices[0][0], 1):
        raise invalid(
            "billing_cycle_anchor must be before the next natural billing date.",
            param="billing_cycle_anchor",
        )
    subscription = subscription_new(state, customer, prices, anchor, first_end)
    subscription["billing_cycle_anchor_config"] = config
    if trial_end:
        subscription |= {"status": "trialing", "trial_start": now, "trial_end": trial_end}
    _set(state, subscription, params)
    if params.get("default_payment_method"):
        method = method_attach(
            state, {"customer": customer["id"]}, params["default_payment_method"]
        )
        subscription["default_payment_method"] = method["id"]
    state.save("subscription", subscription)
    state.emit("customer.subscription.created", subscription)
    lines = _lines(subscription, is_free=anchor > now)
    for item in params.get("add_invoice_items") or []:
        price = _price(state, item)
        lines.append((price["unit_amount"] * _quantity(item), price["id"], _quantity(item)))
    invoice = invoice_create(state, subscription, lines, "subscription_create", (now, first_end))
    subscription["latest_invoice"] = invoice["id"]
    state.save("subscription", subscription)
    if invoice["amount_due"] > 0 and params.get("payment_behavior") != "default_incomplete":
        if not (subscription["default_payment_method"] or method_of(state, customer)):
            raise invalid(
                "This customer has no attached payment source or default payment method.",
                code="resource_missing",
            )
        invoice_collect(state, invoice)
    return subscription


def subscription_update(state: State, params: Thing, subscription_id: str) -> Thing:
    """POST /v1/subscriptions/:id; a changed amount counts from the next period on."""
    subscription = state.get("subscription", subscription_id)
    if subscription["status"] in ENDED:
        raise invalid("A canceled subscription can only update its cancellation_details.")
    before = {
        name: dict(subscription[name])
        if isinstance(subscription[name], dict)
        else subscription[name]
        for name in params
        if name in subscription
    }
    if params.get("default_payment_method"):
        subscription["default_payment_method"] = method_get(
            state, params["default_payment_method"]
        )["id"]
    for item in params.get("items") or []:
        _item_change(state, subscription, item)
    _set(state, subscription, params)
    _trial_set(state, subscription, params)
    state.save("subscription", subscription)
    if params.get("trial_end") == "now" and subscription["status"] == "trialing":
        subscription["trial_end"] = state.now(subscription)
        subscription_trial_end(state, subscription)
    state.emit("customer.subscription.updated", subscription, before)
    return subscription


def _trial_set(state: State, subscription: Thing, params: Thing) -> None:
    """A trial given to a plan that runs moves its next bill there, and all that follow with it
    (docs.stripe.com/billing/subscriptions/billing-cycle: without proration nothing is paid meanwhile).
    """
    if params.get("trial_end") in (None, "", "now"):
        return
    ends, now = integer(params, "trial_end"), state.now(subscription)
    if ends <= now:
        raise invalid("trial_end must be in the future.", param="trial_end")
    before = subscription["status"]
    subscription |= {"status": "trialing", "trial_start": now, "trial_end": ends}
    subscription |= {"billing_cycle_anchor": ends, "billing_cycle_anchor_config": None}
    for item in subscription["items"]["data"]:
        item |= {"current_period_start": now, "current_period_end": ends}
    if before != "trialing":
        lines = _lines(subscription, is_free=True)
        invoice_create(state, subscription, lines, "subscription_update", (now, ends))


def _item_change(state: State, subscription: Thing, change: Thing) -> None:
    items = subscription["items"]["data"]
    found = [item for item in items if item["id"] == change.get("id")]
    if not found:
        raise invalid("Invalid subscription item id", param="items[id]", code="resource_missing")
    if "price" in change or "price_data" in change:
        price = _price(state, change)
        found[0] |= {"price": price, "plan": plan_of(price)}
    if "quantity" in change:
        found[0]["quantity"] = _quantity(change)


def _set(state: State, subscription: Thing, params: Thing) -> None:
    if "cancel_at_period_end" in params:
        wants = truth(params, "cancel_at_period_end")
        ends = subscription["items"]["data"][0]["current_period_end"]
        subscription |= {
            "cancel_at_period_end": wants,
            "cancel_at": ends if wants else None,
            "canceled_at": state.now(subscription) if wants else None,
        }
        subscription["cancellation_details"]["reason"] = "cancellation_requested" if wants else None
    if "cancel_at" in params:
        subscription["cancel_at"] = integer(params, "cancel_at") if params["cancel_at"] else None
    if "description" in params:
        subscription["description"] = params["description"] or None
    if "pause_collection" in params:
        given = params["pause_collection"]
        subscription["pause_collection"] = given and {
            "behavior": text(given, "behavior"),
            "resumes_at": integer(given, "resumes_at") if given.get("resumes_at") else None,
        }
        subscription["pause_collection"] = subscription["pause_collection"] or None
    if isinstance(params.get("payment_settings"), dict):
        subscription["payment_settings"] |= params["payment_settings"]
    if isinstance(ending := (params.get("trial_settings") or {}).get("end_behavior"), dict):
        subscription["trial_settings"]["end_behavior"] |= ending
    metadata_merge(subscription, params)


def subscription_cancel(state: State, params: Thing, subscription_id: str) -> Thing:
    """DELETE /v1/subscriptions/:id."""
    subscription = state.get("subscription", subscription_id)
    if subscription["status"] in ENDED:
        raise invalid(
            f"No such subscription: '{subscription_id}'", code="resource_missing", status=404
        )
    subscription["cancellation_details"] |= {
        **(params.get("cancellation_details") or {}),
        "reason": "cancellation_requested",
    }
    return _end(state, subscription, "canceled")


def subscription_resume(state: State, params: Thing, subscription_id: str) -> Thing:
    """POST /v1/subscriptions/:id/resume: a paused plan goes on with a new period."""
    subscription = state.get("subscription", subscription_id)
    if subscription["status"] != "paused":
        raise invalid("Only a paused subscription can be resumed.")
    now = state.now(subscription)
    subscription["billing_cycle_anchor"] = now
    _status(state, subscription, "active", "paused")
    state.emit("customer.subscription.resumed", subscription)
    _period_begin(state, subscription, now)
    return subscription


def subscription_paid(state: State, invoice: Thing) -> None:
    """An invoice is paid: an incomplete or late plan is active, and keeps the card."""
    subscription = state.get("subscription", invoice["_subscription"])
    if subscription["status"] in (*ENDED, "trialing", "paused"):
        return
    _method_keep(state, subscription, invoice)
    _status(state, subscription, "active", subscription["status"])


def subscription_processing(state: State, invoice: Thing) -> None:
    """A debit takes days: an incomplete plan is active in the meantime."""
    subscription = state.get("subscription", invoice["_subscription"])
    _method_keep(state, subscription, invoice)
    if subscription["status"] == "incomplete":
        _status(state, subscription, "active", "incomplete")


def _method_keep(state: State, subscription: Thing, invoice: Thing) -> None:
    if not invoice["_intent"]:
        return
    intent = state.get("payment_intent", invoice["_intent"])
    method = state.get("payment_method", intent["payment_method"])
    method_keep(state, method, subscription["customer"])
    saves = subscription["payment_settings"].get("save_default_payment_method")
    if saves == "on_subscription":
        subscription["default_payment_method"] = method["id"]
        state.save("subscription", subscription)


def subscription_relieve(state: State, subscription: Thing) -> None:
    """Nothing is owed any more."""
    if subscription["status"] in ("past_due", "unpaid"):
        _status(state, subscription, "active", subscription["status"])


def subscription_failed(state: State, invoice: Thing, *, gives_up: bool) -> None:
    """An invoice failed: late, or given up after the last attempt as the account's setting says."""
    subscription = state.get("subscription", invoice["_subscription"])
    status = subscription["status"]
    if status in (*ENDED, "incomplete"):
        return
    end = settings(state)["dunning_end"] if gives_up else "past_due"
    if end == "canceled":
        subscription["cancellation_details"]["reason"] = "payment_failed"
        _end(state, subscription, "canceled")
    else:
        _status(state, subscription, end, status)


def subscription_renew(state: State, subscription: Thing) -> None:
    """The period is over: a new one begins and its invoice is collected."""
    _period_begin(state, subscription, subscription["items"]["data"][0]["current_period_end"])


def subscription_end(state: State, subscription: Thing) -> None:
    """The moment has come at which the plan was to end."""
    _end(state, subscription, "canceled")


def subscription_collect_again(state: State, subscription: Thing) -> None:
    """A pause is over by itself; what was billed meanwhile stays as it is."""
    before = {"pause_collection": subscription["pause_collection"]}
    subscription["pause_collection"] = None
    state.save("subscription", subscription)
    state.emit("customer.subscription.updated", subscription, before)


def _period_begin(state: State, subscription: Thing, start: int) -> None:
    first = subscription["items"]["data"][0]
    config = subscription["billing_cycle_anchor_config"]
    end = period_end(subscription["billing_cycle_anchor"], start, first["price"], config)
    names = ("current_period_end", "current_period_start")
    before = [{name: item[name] for name in names} for item in subscription["items"]["data"]]
    for item in subscription["items"]["data"]:
        item |= {"current_period_start": start, "current_period_end": end}
    state.save("subscription", subscription)
    invoice = invoice_create(
        state, subscription, _lines(subscription), "subscription_cycle", (start, end)
    )
    subscription["latest_invoice"] = invoice["id"]
    state.save("subscription", subscription)
    state.emit("customer.subscription.updated", subscription, {"items": {"data": before}})
    if invoice["status"] == "open":
        invoice_begin(state, invoice)


def subscription_trial_end(state: State, subscription: Thing) -> None:
    """The trial is over: pay, or without a payment method do what the plan says."""
    customer = state.get("customer", subscription["customer"])
    missing = not (subscription["default_payment_method"] or method_of(state, customer))
    behaviour = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if missing and behaviour == "cancel":
        _end(state, subscription, "canceled")
    elif missing and behaviour == "pause":
        subscription["status"] = "paused"
        state.save("subscription", subscription)
        state.emit("customer.subscription.paused", subscription)
    else:
        start = subscription["trial_end"]
        subscription["billing_cycle_anchor"] = start
        _status(state, subscription, "active", "trialing")
        _period_begin(state, subscription, start)


def subscription_expire(state: State, subscription: Thing) -> None:
    """Never paid within 23 hours."""
    _end(state, subscription, "incomplete_expired")


def invoice_preview(state: State, params: Thing) -> Thing:
    """POST /v1/invoices/create_preview: the next invoice of a plan that is or would be."""
    details = params.get("subscription_details") or {}
    if params.get("subscription"):
        plan = state.get("subscription", params["subscription"])
        lines = _lines(plan)
        if details.get("items"):
            lines = _wished(state, details["items"])
        start = plan["items"]["data"][0]["current_period_end"]
        price, config = plan["items"]["data"][0]["price"], plan["billing_cycle_anchor_config"]
        end = period_end(plan["billing_cycle_anchor"], start, price, config)
        reason = "upcoming"
    else:
        customer = state.get("customer", text(params, "customer"))
        priced = [(_price(state, item), _quantity(item)) for item in details.get("items") or []]
        if not priced:
            raise invalid("Nothing to invoice for customer", code="invoice_no_customer_line_items")
        start = state.now(customer)
        end = period_after(start, priced[0][0], 1)
        plan = subscription_new(state, customer, priced, start, end)
        lines, reason = _lines(plan), "subscription_create"
    invoice = invoice_new(state, plan, lines, reason, (start, end))
    invoice["id"] = f"upcoming_{invoice['id']}"
    return invoice


def _wished(state: State, items: list[Thing]) -> list[Line]:
    priced = [(_price(state, item), _quantity(item)) for item in items]
    return [(price["unit_amount"] * number, price["id"], number) for price, number in priced]


def _lines(subscription: Thing, *, is_free: bool = False) -> list[Line]:
    return [
        (
            0 if is_free else item["price"]["unit_amount"] * item["quantity"],
            item["price"]["id"],
            item["quantity"],
        )
        for item in subscription["items"]["data"]
    ]


def _anchor_config(params: Thing) -> Thing | None:
    given = params.get("billing_cycle_anchor_config")
    if not given:
        return None
    if not 1 <= integer(given, "day_of_month") <= 31:
        raise invalid("day_of_month is from 1 to 31.", param="billing_cycle_anchor_config")
    names = ("day_of_month", "hour", "minute", "month", "second")
    return {name: integer(given, name) if given.get(name) else None for name in names}


def _trial_end(params: Thing, now: int) -> int | None:
    if params.get("trial_end") and params["trial_end"] != "now":
        return integer(params, "trial_end")
    days = integer(params, "trial_period_days", 0)
    return now + days * DAY if days else None


def _quantity(item: Thing) -> int:
    return integer(item, "quantity", 1)


def _price(state: State, item: Any) -> Thing:
    if item.get("price_data"):
        return price_inline(state, item["price_data"])
    return state.get("price", text(item, "price"))


def _status(state: State, subscription: Thing, status: str, before: str) -> None:
    subscription["status"] = status
    state.save("subscription", subscription)
    if status != before:
        state.emit("customer.subscription.updated", subscription, {"status": before})


def _end(state: State, subscription: Thing, status: str) -> Thing:
    now = state.now(subscription)
    subscription |= {"status": status, "canceled_at": now, "ended_at": now}
    state.save("subscription", subscription)
    for invoice in invoices_open(state, subscription["id"]):
        # An ended plan takes no more money by itself (docs.stripe.com/billing/subscriptions/cancel).
        invoice |= {"auto_advance": False, "next_payment_attempt": None}
        state.unplan("finalize", invoice)
        state.save("invoice", invoice)
        if status == "incomplete_expired":
            invoice_void(state, {}, invoice["id"])
    state.emit("customer.subscription.deleted", subscription)
    return subscription
