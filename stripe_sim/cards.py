"""Stripe's documented test cards (docs.stripe.com/testing) and how each behaves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """A test card. `outcome`: ok, decline (with its codes), authenticate."""

    number: str
    brand: str
    words: str
    outcome: str = "ok"
    code: str = ""
    decline_code: str = ""
    funding: str = "credit"


CARDS = (
    Card("4242424242424242", "visa", "Pays"),
    Card("4000056655665556", "visa", "Pays, a debit card", funding="debit"),
    Card("5555555555554444", "mastercard", "Pays"),
    Card("4000000000000002", "visa", "Is declined", "decline", "card_declined", "generic_decline"),
    Card(
        "4000000000009995",
        "visa",
        "Has not enough money",
        "decline",
        "card_declined",
        "insufficient_funds",
    ),
    Card("4000000000000069", "visa", "Has expired", "decline", "expired_card"),
    Card("4000000000000127", "visa", "Has another security code", "decline", "incorrect_cvc"),
    Card("4000000000003220", "visa", "Asks for 3-D Secure", "authenticate"),
    Card("4000002500003155", "visa", "Asks for 3-D Secure", "authenticate"),
    Card(
        "4000000000000341",
        "visa",
        "Is saved, then declined",
        "decline",
        "card_declined",
        "generic_decline",
    ),
)
BY_NUMBER = {card.number: card for card in CARDS}
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_authenticationRequired": "4000002500003155",
    "pm_card_chargeCustomerFail": "4000000000000341",
}


def card_of(number: str) -> Card | None:
    """The test card of a number; any other number is refused, as Stripe's test mode does."""
    return BY_NUMBER.get("".join(number.split()))
