"""Money: whole minor units and their text. Every rounding rule has its name here."""

import re
from decimal import Decimal

# ISO 4217 minor digits where they are not two; Stripe's list of zero-decimal currencies agrees
# (docs.stripe.com/currencies#zero-decimal).
_DIGITS = {
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "CLP": 0,
    "UGX": 0,
    "BHD": 3,
    "JOD": 3,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
}
_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}
BASIS_POINTS = 10_000


def currency_digits(currency: str) -> int:
    """How many digits stand after the point in this currency."""
    return _DIGITS.get(currency, 2)


def money_text(amount_minor: int, currency: str) -> str:
    """For people: £1,234.50, ¥500, KWD 1.250. Exact, no rounding."""
    digits = currency_digits(currency)
    value = Decimal(amount_minor).scaleb(-digits)
    sign, shown = ("-" if value < 0 else ""), f"{abs(value):,.{digits}f}"
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{shown}" if symbol else f"{sign}{currency} {shown}"


def money_parse(text: str, currency: str) -> int:
    """Minor units from what a person writes: 25, 25.00, £25, 1,000. Raises ValueError."""
    bare = text.replace(_SYMBOLS.get(currency, currency), "").replace(currency, "").strip()
    digits = currency_digits(currency)
    pattern = r"\d{1,3}(,\d{3})+|\d+"
    if not re.fullmatch(rf"({pattern})(\.\d{{1,{digits}}})?" if digits else pattern, bare):
        raise ValueError(f"{text!r} is not an amount in {currency}")
    return int(Decimal(bare.replace(",", "")).scaleb(digits))


def fee_cover_gross_up(amount_minor: int, *, percent_basis_points: int, fixed_minor: int) -> int:
    """What to add so that the whole gift is left after an estimated fee.

    gross = ceil((net + fixed) / (1 - percent)), rounded up to a whole minor unit. In minor units.
    """
    kept = BASIS_POINTS - percent_basis_points
    gross = -(-(amount_minor + fixed_minor) * BASIS_POINTS // kept)
    return gross - amount_minor
