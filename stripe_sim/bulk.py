"""Many things at once, for benchmarks and rehearsals: made directly, without a question or a delivery."""

from typing import Any

from stripe_sim.balance import AVAILABLE_SECONDS
from stripe_sim.catalog import price_inline, product_create
from stripe_sim.charges import charge_new
from stripe_sim.customers import customer_create
from stripe_sim.fees import fee_name, fee_of
from stripe_sim.payment_intents import intent_new
from stripe_sim.payment_methods import method_get, method_keep
from stripe_sim.state import API_VERSION, State, Thing
from stripe_sim.subscription_shapes import subscription_new

AMOUNTS = (500, 1000, 1500, 2500, 5000, 10000)


def charges_generate(state: State, asked: Thing) -> Thing:
    """`count` charges from `created` on, `step` seconds apart, each with its intent and transaction."""
    count, step = int(asked["count"]), int(asked.get("step", 60))
    first = int(asked.get("created", state.now() - count * step))
    amounts: Any = asked.get("amounts") or AMOUNTS
    method = method_get(state, asked.get("payment_method", "pm_card_visa"))
    currency = str(asked.get("currency", "gbp"))
    fees = {amount: fee_of(state, fee_name(method), amount, currency) for amount in set(amounts)}
    made: list[str] = []
    for number in range(count):
        moment, amount = first + number * step, amounts[number % len(amounts)]
        intent = intent_new(state, amount, currency, None)
        intent |= {"payment_method": method["id"], "metadata": {"bulk": str(number)}}
        charge = charge_new(state, intent, method)
        transaction = _transaction(state, charge, moment, fees[amount])
        charge |= {
            "amount_captured": amount,
            "balance_transaction": transaction["id"],
            "captured": True,
            "created": moment,
        }
        intent |= {
            "amount_received": amount,
            "created": moment,
            "latest_charge": charge["id"],
            "status": "succeeded",
        }
        state.save("payment_intent", intent)
        state.save("charge", charge)
        state.save("balance_transaction", transaction)
        if asked.get("events"):
            _event(state, "payment_intent.succeeded", intent, moment)
        made.append(charge["id"])
    return {"count": count, "first": made[0] if made else None, "last": made[-1] if made else None}


def plans_generate(state: State, asked: Thing) -> list[Thing]:
    """Plans that run, on a test clock: `plans` of {reference, amount, interval, interval_count, first}.

    Each has a customer and a Visa card of its own, and bills at `first`, a moment to come.
    """
    product = product_create(state, {"name": "Rehearsed gifts"})["id"]
    return [_plan(state, asked["clock"], product, wish) for wish in asked["plans"]]


def closed_forget(state: State) -> int:
    """Forget the bills that are paid or void, all that came of them, and the answers kept for requests that
    are sent again: a rehearsed year would fill the memory.
    """
    for answer in state.of("_idempotency"):
        state.forget("_idempotency", answer["id"])
    closed = [
        one for status in ("paid", "void") for one in state.where("invoice", "status", status)
    ]
    for invoice in closed:
        for payment in list(state.where("invoice_payment", "invoice", invoice["id"])):
            state.forget("invoice_payment", payment["id"])
        for charge in list(state.where("charge", "payment_intent", invoice["_intent"] or "none")):
            _transaction_forget(state, charge["balance_transaction"])
            state.forget("charge", charge["id"])
        if invoice["_intent"]:
            state.forget("payment_intent", invoice["_intent"])
        state.forget("invoice", invoice["id"])
    return len(closed)


def _transaction_forget(state: State, transaction_id: str | None) -> None:
    transaction = state.find("balance_transaction", transaction_id or "")
    if transaction:
        state.unplan("available", transaction)
        state.forget("balance_transaction", transaction["id"])


def _plan(state: State, clock: str, product: str, wish: Thing) -> Thing:
    customer = customer_create(state, {"name": wish["reference"], "test_clock": clock})
    method = method_get(state, "pm_card_visa")
    method_keep(state, method, customer["id"])
    rhythm = {"interval": wish["interval"], "interval_count": wish["interval_count"]}
    price = {"currency": "gbp", "product": product, "unit_amount": wish["amount"]}
    priced = [(price_inline(state, {**price, "recurring": rhythm}), 1)]
    plan = subscription_new(state, customer, priced, int(wish["first"]), int(wish["first"]))
    plan |= {
        "status": "active",
        "default_payment_method": method["id"],
        "metadata": {"subscription_reference": wish["reference"]},
    }
    state.save("subscription", plan)
    return {
        "reference": wish["reference"],
        "customer": customer["id"],
        "method": method["id"],
        "subscription": plan["id"],
        "item": plan["items"]["data"][0]["id"],
    }


def _transaction(state: State, charge: Thing, moment: int, fee: int) -> Thing:
    is_available = moment + AVAILABLE_SECONDS <= state.now()
    transaction: Thing = {
        "id": state.new_id("txn"),
        "object": "balance_transaction",
        "amount": charge["amount"],
        "available_on": moment + AVAILABLE_SECONDS,
        "balance_type": "payments",
        "created": moment,
        "currency": charge["currency"],
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None,
                "currency": charge["currency"],
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        ],
        "net": charge["amount"] - fee,
        "reporting_category": "charge",
        "source": charge["id"],
        "status": "available" if is_available else "pending",
        "type": "charge",
        "_clock": None,
        "_payout": "",
    }
    if not is_available:
        seconds = moment + AVAILABLE_SECONDS - state.now()
        state.plan(seconds, "available", transaction)
    return transaction


def _event(state: State, kind: str, thing: Thing, moment: int) -> None:
    """An event that nobody is told: it can only be found in the list."""
    state.save(
        "event",
        {
            "id": state.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": moment,
            "data": {"object": {k: v for k, v in thing.items() if not k.startswith("_")}},
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        },
    )
