"""Subscriptions: made incomplete, alive once paid, renewed by the clock."""

import calendar
from datetime import UTC, datetime
from typing import Any

from stripe_sim.catalog import plan_of, price_inline
from stripe_sim.errors import invalid
from stripe_sim.forms import integer, text, truth
from stripe_sim.invoices import invoice_collect, invoice_create, invoice_void, invoices_open
from stripe_sim.payment_methods import method_attach, method_get
from stripe_sim.state import State, Thing, metadata_merge

ENDED = ("canceled", "incomplete_expired")
INCOMPLETE_SECONDS = 23 * 3600
_STEPS = {"month": 1, "year": 12}


def subscription_create(state: State, params: Thing) -> Thing:
    """POST /v1/subscriptions: items by price or inline price_data, an anchor, extra items for today."""
    customer = state.get("customer", text(params, "customer"))
    prices = [_price(state, item) for item in params.get("items") or []]
    if not prices:
        raise invalid("Missing required param: items.", code="parameter_missing", param="items")
    now = state.now(customer)
    anchor = integer(params, "billing_cycle_anchor", now)
    first_end = anchor if anchor > now else _after(now, prices[0], 1)
    if anchor > _after(now, prices[0], 1):
        raise invalid(
            "billing_cycle_anchor must be before the next natural billing date.",
            param="billing_cycle_anchor",
        )
    subscription = _new(state, params, customer, prices, now, anchor, first_end)
    if params.get("default_payment_method"):
        method = method_attach(
            state, {"customer": customer["id"]}, params["default_payment_method"]
        )
        subscription["default_payment_method"] = method["id"]
    state.save("subscription", subscription)
    lines = [(price["unit_amount"] if anchor <= now else 0, price["id"]) for price in prices]
    lines += [
        (_price(state, item)["unit_amount"], _price(state, item)["id"])
        for item in params.get("add_invoice_items") or []
    ]
    state.emit("customer.subscription.created", subscription)
    invoice = invoice_create(state, subscription, lines, "subscription_create", (now, first_end))
    subscription["latest_invoice"] = invoice["id"]
    state.save("subscription", subscription)
    waits = params.get("payment_behavior") == "default_incomplete"
    if invoice["amount_due"] > 0 and not waits:
        invoice_collect(state, invoice)
    return subscription


def subscription_update(state: State, params: Thing, subscription_id: str) -> Thing:
    """POST /v1/subscriptions/:id."""
    subscription = state.get("subscription", subscription_id)
    before = {
        name: subscription.get(name) for name in params if name in subscription and name != "items"
    }
    if params.get("default_payment_method"):
        subscription["default_payment_method"] = method_get(
            state, params["default_payment_method"]
        )["id"]
    if "cancel_at_period_end" in params:
        subscription["cancel_at_period_end"] = truth(params, "cancel_at_period_end")
    if "description" in params:
        subscription["description"] = params["description"]
    metadata_merge(subscription, params)
    state.save("subscription", subscription)
    state.emit("customer.subscription.updated", subscription, before)
    return subscription


def subscription_cancel(state: State, params: Thing, subscription_id: str) -> Thing:
    """DELETE /v1/subscriptions/:id."""
    subscription = state.get("subscription", subscription_id)
    if subscription["status"] in ENDED:
        raise invalid(
            f"No such subscription: '{subscription_id}'", code="resource_missing", status=404
        )
    return _end(state, subscription, "canceled")


def subscription_paid(state: State, invoice: Thing) -> None:
    """An invoice is paid: an incomplete or late plan is active, and keeps the card."""
    subscription = state.get(
        "subscription", invoice["parent"]["subscription_details"]["subscription"]
    )
    if subscription["status"] in ENDED:
        return
    before = subscription["status"]
    if invoice["_intent"]:
        intent = state.get("payment_intent", invoice["_intent"])
        method = state.get("payment_method", intent["payment_method"])
        method["customer"] = subscription["customer"]
        state.save("payment_method", method)
        if (subscription["payment_settings"] or {}).get(
            "save_default_payment_method"
        ) == "on_subscription":
            subscription["default_payment_method"] = method["id"]
    _status(state, subscription, "active", before)


def subscription_failed(state: State, invoice: Thing, *, gives_up: bool) -> None:
    """An invoice failed: late, or given up after the last attempt."""
    subscription = state.get(
        "subscription", invoice["parent"]["subscription_details"]["subscription"]
    )
    if subscription["status"] in ENDED or invoice["billing_reason"] == "subscription_create":
        return
    if gives_up:
        _end(state, subscription, "canceled")
    else:
        _status(state, subscription, "past_due", subscription["status"])


def subscription_renew(state: State, subscription: Thing) -> None:
    """The period is over: a new one begins and its invoice is collected."""
    item = subscription["items"]["data"][0]
    start = item["current_period_end"]
    price = item["price"]
    if subscription["cancel_at_period_end"]:
        _end(state, subscription, "canceled")
        return
    end = _from_anchor(subscription["billing_cycle_anchor"], start, price)
    before = {"current_period_end": start, "current_period_start": item["current_period_start"]}
    item |= {"current_period_start": start, "current_period_end": end}
    state.save("subscription", subscription)
    invoice = invoice_create(
        state,
        subscription,
        [(price["unit_amount"], price["id"])],
        "subscription_cycle",
        (start, end),
    )
    subscription["latest_invoice"] = invoice["id"]
    state.save("subscription", subscription)
    state.emit("customer.subscription.updated", subscription, {"items": {"data": [before]}})
    invoice_collect(state, invoice)


def subscription_expire(state: State, subscription: Thing) -> None:
    """Never paid within 23 hours."""
    _end(state, subscription, "incomplete_expired")


def _price(state: State, item: Any) -> Thing:
    if item.get("price_data"):
        kept = item.get("_price")
        if not kept:
            item["_price"] = kept = price_inline(state, item["price_data"])["id"]
        return state.get("price", kept)
    return state.get("price", text(item, "price"))


def _item(state: State, price: Thing, subscription_id: str, now: int, end: int) -> Thing:
    return {
        "id": state.new_id("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": now,
        "current_period_end": end,
        "current_period_start": now,
        "current_trial": None,
        "discounts": [],
        "metadata": {},
        "plan": plan_of(price),
        "price": price,
        "quantity": 1,
        "subscription": subscription_id,
        "tax_rates": [],
    }


def _new(
    state: State,
    params: Thing,
    customer: Thing,
    prices: list[Thing],
    now: int,
    anchor: int,
    end: int,
) -> Thing:
    subscription_id = state.new_id("sub")
    items = [_item(state, price, subscription_id, now, end) for price in prices]
    subscription: Thing = {
        "id": subscription_id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": anchor,
        "billing_cycle_anchor_config": None,
        "cancel_at": None,
        "billing_mode": {"flexible": None, "type": "flexible"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {
            "comment": None,
            "feedback": None,
            "feedback_option": None,
            "reason": None,
        },
        "collection_method": "charge_automatically",
        "created": now,
        "currency": prices[0]["currency"],
        "customer": customer["id"],
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": params.get("description"),
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription_id}",
        },
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
            **(params.get("payment_settings") or {}),
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": "incomplete",
        "test_clock": customer["test_clock"],
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {
            "end_behavior": {
                "billing_cycle_anchor": None,
                "missing_payment_method": "create_invoice",
            }
        },
        "trial_start": None,
    }
    metadata_merge(subscription, params)
    return subscription


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
        state.save("invoice", invoice)
        if status == "incomplete_expired":
            invoice_void(state, {}, invoice["id"])
    state.emit("customer.subscription.deleted", subscription)
    return subscription


def _after(moment: int, price: Thing, count: int) -> int:
    recurring = price["recurring"] or {"interval": "month", "interval_count": 1}
    seconds = {"day": 86400, "week": 7 * 86400}.get(recurring["interval"])
    steps = count * int(recurring["interval_count"])
    if seconds:
        return moment + steps * seconds
    start = datetime.fromtimestamp(moment, UTC)
    months = start.month - 1 + steps * _STEPS[recurring["interval"]]
    year, month = start.year + months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def _from_anchor(anchor: int, start: int, price: Thing) -> int:
    """The first billing moment after `start`, counted from the anchor: the 31st comes back after February."""
    count = 1
    while (moment := _after(anchor, price, count)) <= start:
        count += 1
    return moment
