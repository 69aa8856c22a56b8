"""Money: whole minor units and their text. Every rounding rule has its name here."""

import re
from decimal import Decimal

# Digits of Stripe's minor units where they are not two (docs.stripe.com/currencies). The site has the
# same list (frontend/lib/money.ts). ISO 4217 differs: Stripe takes UGX and ISK with two digits that are always
# 00, and MGA with none.
_WHOLE = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD JOD KWD OMR TND"
DIGITS_OF_CURRENCY = {
    **dict.fromkeys(_WHOLE.split(), 0),
    **dict.fromkeys(_THOUSANDTHS.split(), 3),
}
# Whole units only, though told with two digits.
_WHOLE_OF_TWO = frozenset({"ISK", "UGX"})
_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}
BASIS_POINTS = 10_000
# Thousands in threes or not at all; a comma is never the decimal point: 1.234,56 is refused, not guessed.
_AMOUNT = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+")


def currency_digits(currency: str) -> int:
    """How many digits stand after the point in this currency."""
    return DIGITS_OF_CURRENCY.get(currency, 2)


def money_step(currency: str) -> int:
    """What a charge must be a multiple of, in minor units (docs.stripe.com/currencies)."""
    if currency in _WHOLE_OF_TWO:
        return 100
    return 10 if currency_digits(currency) == 3 else 1


def money_text(amount_minor: int, currency: str) -> str:
    """For people: £1,234.50, ¥500, KWD 1.250. Exact, no rounding."""
    digits = currency_digits(currency)
    value = Decimal(amount_minor).scaleb(-digits)
    sign, shown = ("-" if value < 0 else ""), f"{abs(value):,.{digits}f}"
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{shown}" if symbol else f"{sign}{currency} {shown}"


def money_plain(amount_minor: int, currency: str) -> str:
    """For machines: 1234.50, -3.10, 500. Exact, no sign of the currency and no thousands."""
    digits = currency_digits(currency)
    return f"{Decimal(amount_minor).scaleb(-digits):.{digits}f}"


def money_short(amount_minor: int, currency: str) -> str:
    """For the axis of a chart: £950, £12k, £1.25m. Exact: shortened, never rounded."""
    value, unit = Decimal(amount_minor).scaleb(-currency_digits(currency)), ""
    if abs(value) >= 1_000_000:
        value, unit = value.scaleb(-6), "m"
    elif abs(value) >= 10_000:
        value, unit = value.scaleb(-3), "k"
    # normalize() may say 1E+1; +0 in plain notation says 10.
    shown = f"{abs(value).normalize():,f}{unit}"
    sign, symbol = ("-" if value < 0 else ""), _SYMBOLS.get(currency)
    return f"{sign}{symbol}{shown}" if symbol else f"{sign}{currency} {shown}"


def money_parse(text: str, currency: str) -> int:
    """Minor units of an amount as banks write it: 1,234.50, £12, -3.10, 3.10-, (3.10), 3.10 DR.

    Exact: more digits than the currency has, or anything else, is a ValueError.
    """
    shown = text.strip().upper().replace("\u2212", "-")
    digits = re.sub(rf"^[+-]|{re.escape(currency)}|[£€$¥\s()]|[+-]$|(?:CR|DR)$", "", shown)
    digits = digits.lstrip("+-")
    if not _AMOUNT.fullmatch(digits):
        raise ValueError(f"`{text.strip()}` is not an amount")
    minor = Decimal(digits.replace(",", "")).scaleb(currency_digits(currency))
    if minor != int(minor):
        raise ValueError(f"`{text.strip()}` has more digits than {currency} has")
    is_out = "-" in shown or shown.endswith("DR") or shown.startswith("(")
    return -int(minor) if is_out else int(minor)


def fee_cover_gross_up(amount_minor: int, *, percent_basis_points: int, fixed_minor: int) -> int:
    """What to add so that the whole gift is left after an estimated fee.

    gross = ceil((net + fixed) / (1 - percent)), rounded up to a whole minor unit. In minor units.
    """
    kept = BASIS_POINTS - percent_basis_points
    gross = -(-(amount_minor + fixed_minor) * BASIS_POINTS // kept)
    return gross - amount_minor


def monthly_equivalent(amount_minor: int, times_a_year: int) -> int:
    """What an amount given some times a year is in an average month; half a minor unit goes up."""
    return (2 * amount_minor * times_a_year + 12) // 24
