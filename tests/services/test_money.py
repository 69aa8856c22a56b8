"""Money is whole minor units; its text is exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.money import fee_cover_gross_up, money_step, money_text
from api.services.donations import fee_cover_of


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (2500, "GBP", "£25.00"),
        (1, "GBP", "£0.01"),
        (123456789, "GBP", "£1,234,567.89"),
        (-250, "GBP", "-£2.50"),
        (500, "JPY", "¥500"),
        (1250, "KWD", "KWD 1.250"),
        (999, "PLN", "PLN 9.99"),
        (5000, "XOF", "XOF 5,000"),
        (5000, "MGA", "MGA 5,000"),
        # Stripe takes these with two digits, which are always 00 (docs.stripe.com/currencies).
        (50_000, "UGX", "UGX 500.00"),
        (50_000, "ISK", "ISK 500.00"),
    ],
)
def test_amounts_read_as_people_write_them(minor: int, currency: str, text: str) -> None:
    assert money_text(minor, currency) == text


def test_25_pounds_with_the_standard_fee_is_covered_by_59_pence() -> None:
    assert fee_cover_gross_up(2500, percent_basis_points=150, fixed_minor=20) == 59


@pytest.mark.parametrize(
    ("amount", "currency", "cover"),
    [(2500, "GBP", 59), (5120, "KWD", 100), (50_000, "UGX", 800), (5000, "JPY", 97)],
)
def test_a_gift_with_its_fee_cover_is_an_amount_that_stripe_takes(
    amount: int, currency: str, cover: int
) -> None:
    assert fee_cover_of(amount, currency) == cover
    assert (amount + cover) % money_step(currency) == 0


@given(amount=st.integers(1, 10**9), percent=st.integers(0, 5000), fixed=st.integers(0, 500))
def test_a_covered_fee_leaves_at_least_the_gift_and_no_penny_more_than_needed(
    amount: int, percent: int, fixed: int
) -> None:
    gross = amount + fee_cover_gross_up(amount, percent_basis_points=percent, fixed_minor=fixed)

    # Compared in hundredths of a percent of a penny, so nothing is rounded on the way.
    assert gross * (10_000 - percent) >= (amount + fixed) * 10_000
    assert (gross - 1) * (10_000 - percent) < (amount + fixed) * 10_000
