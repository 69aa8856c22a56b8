"""Amounts as Stripe takes them (docs.stripe.com/currencies)."""

from stripe_sim.errors import invalid

THREE_DECIMALS = ("bhd", "jod", "kwd", "omr", "tnd")
# The least that can be charged, in minor units.
MINIMUM = {"gbp": 30, "eur": 50, "usd": 50, "jpy": 50, "kwd": 200}
DEFAULT_MINIMUM = 30
MAXIMUM = 99_999_999


def amount_check(amount: int, currency: str) -> None:
    """Refuse what Stripe can't charge."""
    if len(currency) != 3 or not currency.isalpha():
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    least = MINIMUM.get(currency, DEFAULT_MINIMUM)
    if amount < least:
        raise invalid(
            f"Amount must be at least {least} {currency}, in minor units.",
            code="amount_too_small",
            param="amount",
        )
    if amount > MAXIMUM:
        raise invalid(
            f"Amount must be no more than {MAXIMUM} {currency}, in minor units.",
            code="amount_too_large",
            param="amount",
        )
    if currency in THREE_DECIMALS and amount % 10:
        raise invalid(
            f"Invalid amount: {currency} has three decimals, of which the last must be 0.",
            param="amount",
        )
