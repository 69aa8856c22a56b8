"""Stripe's balance: what came and went, pending at first, then available, then paid out."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from stripe_sim.state import State, Thing

AVAILABLE_SECONDS = 2 * 86400


def balance_create(
    state: State,
    source: Thing,
    kind: str,
    amount: int,
    fee: int = 0,
    *,
    category: str = "",
    description: str | None = None,
    is_available: bool = True,
    wait_seconds: int = AVAILABLE_SECONDS,
    fee_words: str = "Stripe processing fees",
) -> Thing:
    """A balance transaction: net = amount - fee, in the currency that the account settles in.

    `wait_seconds`: after which its money can be paid out, unless it can be now.
    """
    created = state.now(source)
    currency, rate = _settlement(state, source["currency"])
    amount, fee = converted(amount, rate), converted(fee, rate)
    transaction: Thing = {
        "id": state.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": created if is_available else created + wait_seconds,
        "balance_type": "payments",
        "created": created,
        "currency": currency,
        "description": description if description is not None else source.get("description"),
        "exchange_rate": float(rate) if rate != 1 else None,
        "fee": fee,
        "fee_details": _fee_details(fee, currency, fee_words),
        "net": amount - fee,
        "reporting_category": category or kind,
        "source": source["id"],
        "status": "available" if is_available else "pending",
        "type": kind,
        "_clock": source.get("_clock"),
        "_payout": "",
    }
    state.save("balance_transaction", transaction)
    if not is_available:
        state.plan(wait_seconds, "available", transaction)
    return transaction


def converted(amount: int, rate: Decimal) -> int:
    """An amount in the settlement currency."""
    return int((amount * rate).quantize(Decimal(1), ROUND_HALF_UP))


def _settlement(state: State, currency: str) -> tuple[str, Decimal]:
    """The account's own currency when /_sim/settlement set one, else that of the payment."""
    kept = state.setting("settlement")
    rate = kept.get("rates", {}).get(currency)
    return (kept["currency"], Decimal(str(rate))) if rate else (currency, Decimal(1))


def _fee_details(fee: int, currency: str, words: str) -> list[Thing]:
    if not fee:
        return []
    return [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": words,
            "type": "stripe_fee",
        }
    ]


def balance_get(state: State, params: Thing) -> Thing:
    """GET /v1/balance."""
    sums: dict[str, dict[str, int]] = {"available": defaultdict(int), "pending": defaultdict(int)}
    currencies = set()
    for transaction in state.of("balance_transaction"):
        sums[transaction["status"]][transaction["currency"]] += transaction["net"]
        currencies.add(transaction["currency"])
    rows = {
        status: [
            {"amount": by[name], "currency": name, "source_types": {"card": by[name]}}
            for name in sorted(currencies or {"gbp"})
        ]
        for status, by in sums.items()
    }
    return {"object": "balance", "livemode": False, **rows}


def available_amount(state: State, currency: str) -> int:
    """What can be paid out now."""
    return sum(
        transaction["net"]
        for transaction in state.where("balance_transaction", "status", "available")
        if transaction["currency"] == currency
    )


def transaction_available(state: State, transaction_id: str) -> None:
    """The money of a transaction can be paid out."""
    transaction = state.get("balance_transaction", transaction_id)
    transaction["status"] = "available"
    state.save("balance_transaction", transaction)


def balance_tell(state: State) -> None:
    """Say that there is something to pay out."""
    state.emit("balance.available", balance_get(state, {}))
