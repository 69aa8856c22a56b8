"""What Stripe keeps, in one table. /_sim/fees changes it; real prices depend on the account's contract."""

import copy
import re
from typing import Any

from stripe_sim.state import State, Thing

# basis_points of the amount and a fixed part by currency; minimum and maximum bound the whole.
FIXED = {"gbp": 20, "eur": 25, "usd": 30, "jpy": 30, "kwd": 100}
DEFAULT: Thing = {
    "card_domestic": {"basis_points": 150, "fixed": FIXED},
    "card_eea": {"basis_points": 250, "fixed": FIXED},
    "card_international": {"basis_points": 325, "fixed": FIXED},
    "bacs_debit": {
        "basis_points": 100,
        "fixed": {"gbp": 20},
        "minimum": {"gbp": 20},
        "maximum": {"gbp": 400},
    },
    "sepa_debit": {"basis_points": 0, "fixed": {"eur": 35}},
    # Since June 2025 the fee of a dispute stays with Stripe even when the dispute is won.
    "dispute": {"basis_points": 0, "fixed": {"gbp": 2000, "eur": 2000, "usd": 1500, "jpy": 1500}},
    "dispute_returned_on_win": False,
}
DEFAULT_FIXED = 30
HOME = "GB"
EEA = frozenset(
    re.findall(
        "[A-Z]{2}",
        "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK",
    )
)


def fees(state: State) -> Thing:
    """The table as it is now."""
    return {**copy.deepcopy(DEFAULT), **state.setting("fees").get("table", {})}


def fees_set(state: State, changes: Thing) -> Thing:
    """Change rows of the table; an empty change brings the first table back."""
    unknown = set(changes) - set(DEFAULT)
    if unknown:
        raise ValueError(f"No such fee: {', '.join(sorted(unknown))}.")
    table = {**state.setting("fees").get("table", {}), **changes} if changes else {}
    state.save("_setting", {"id": "fees", "table": table})
    return fees(state)


def fee_of(state: State, name: str, amount: int, currency: str) -> int:
    """A fee in minor units, half up."""
    changed = state.setting("fees").get("table", {})
    row: Any = changed[name] if name in changed else DEFAULT[name]
    fixed = row["fixed"].get(currency, DEFAULT_FIXED)
    fee = (amount * row["basis_points"] + 5000) // 10_000 + fixed
    fee = max(fee, row.get("minimum", {}).get(currency, fee))
    return int(min(fee, row.get("maximum", {}).get(currency, fee)))


def fee_name(method: Thing) -> str:
    """The row of a payment method."""
    if method["type"] != "card":
        return str(method["type"])
    country = method["card"]["country"]
    if country == HOME:
        return "card_domestic"
    return "card_eea" if country in EEA else "card_international"
