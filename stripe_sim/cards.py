"""Stripe's documented test cards (docs.stripe.com/testing) and how each behaves."""

from dataclasses import dataclass

from stripe_sim.state import Thing


@dataclass(frozen=True)
class Card:
    """A test card. `outcome`: ok, decline (with its codes), authenticate. `later`: what follows."""

    number: str
    brand: str
    words: str
    outcome: str = "ok"
    code: str = ""
    decline_code: str = ""
    funding: str = "credit"
    country: str = "GB"
    later: str = ""


def _decline(number: str, words: str, code: str, decline_code: str = "") -> Card:
    return Card(number, "visa", words, "decline", code, decline_code)


def _later(number: str, words: str, later: str, country: str = "GB") -> Card:
    return Card(number, "visa", words, later=later, country=country)


# It can be saved; it fails only when it is charged.
FAILS_WHEN_CHARGED = "4000000000000341"
CARDS = (
    Card("4242424242424242", "visa", "Pays"),
    Card("4000056655665556", "visa", "Pays, a debit card", funding="debit"),
    Card("5555555555554444", "mastercard", "Pays"),
    Card("378282246310005", "amex", "Pays"),
    Card("4000002760000016", "visa", "Pays, a German card", country="DE"),
    Card("4000001240000000", "visa", "Pays, a Canadian card", country="CA"),
    _decline("4000000000000002", "Is declined", "card_declined", "generic_decline"),
    _decline("4000000000009995", "Has not enough money", "card_declined", "insufficient_funds"),
    _decline("4000000000009987", "Was lost", "card_declined", "lost_card"),
    _decline("4000000000000069", "Has expired", "expired_card"),
    _decline("4000000000000127", "Has another security code", "incorrect_cvc"),
    _decline("4000000000000119", "Meets a fault of the bank", "processing_error"),
    Card("4000000000003220", "visa", "Asks for 3-D Secure", "authenticate"),
    Card("4000002500003155", "visa", "Asks for 3-D Secure", "authenticate"),
    _decline(FAILS_WHEN_CHARGED, "Is saved, then declined", "card_declined", "generic_decline"),
    _later("4000000000000077", "Pays, available at once", "bypass_pending", "US"),
    _later("4000000000000259", "Pays, then is disputed as fraud", "dispute:fraudulent"),
    _later("4000000000002685", "Pays, then is disputed", "dispute:product_not_received"),
    _later("4000000000001976", "Pays, then the bank inquires", "inquiry:general"),
    _later("4000000000007726", "Pays; a refund is pending first", "refund_pending"),
    _later("4000000000005126", "Pays; a refund fails later", "refund_fails"),
)
BY_NUMBER = {card.number: card for card in CARDS}
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_gb": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_de": "4000002760000016",
    "pm_card_ca": "4000001240000000",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_authenticationRequired": "4000002500003155",
    "pm_card_chargeCustomerFail": FAILS_WHEN_CHARGED,
    "pm_card_bypassPending": "4000000000000077",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_createDisputeInquiry": "4000000000001976",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}


def card_of(number: str) -> Card | None:
    """The test card of a number; any other number is refused, as Stripe's test mode does."""
    return BY_NUMBER.get("".join(number.split()))


def card_behind(method: Thing) -> Card | None:
    """The test card of a kept payment method; None when it is a bank account."""
    return BY_NUMBER[method["_number"]] if method["type"] == "card" else None
