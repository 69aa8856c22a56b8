"""How ways of paying are called, wherever they are read."""

from typing import Any

import pytest

from api.services.gateways.methods import method_told


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ({"type": "card", "card": {"brand": "visa", "last4": "4242"}}, "Visa card ending 4242"),
        (
            {"type": "bacs_debit", "bacs_debit": {"last4": "2345"}},
            "Bacs Direct Debit ending 2345",
        ),
        ({"type": "paypal", "paypal": {"payer_id": "x"}}, "PayPal"),
        ({"type": "some_new_way"}, "Some new way"),
        ({}, ""),
    ],
)
def test_a_way_of_paying_is_called_the_same_on_receipts_and_in_tables(
    details: dict[str, Any], told: str
) -> None:
    assert method_told(details) == told
