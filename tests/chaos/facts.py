"""Mixed facts of an account at Stripe, drawn by chance: gifts, debits, months, refunds, disputes, payouts."""

import random
from collections.abc import Callable
from typing import Any

import stripe

from api.services.donations import GiftRequest, donation_start
from api.services.donors import DonorDetails
from api.services.subscriptions import subscription_start
from tests.people import AMINA, BEN
from tests.walks.stories import Ask, promises

DAY = 86_400
CURRENCIES = ("GBP", "GBP", "GBP", "USD", "JPY")
MONTHLY_SHARE, DECLINE_SHARE, REFUND_SHARE, DISPUTE_SHARE = 0.08, 0.1, 0.15, 0.1
DEBIT_SHARE, DEBITS = 0.2, ("pm_bacsDebit_success", "pm_bacsDebit_insufficientFunds")
Pay = Callable[..., Any]


def facts_happen(
    count: int, chance: random.Random, sdk: stripe.StripeClient, ask: Ask, pay: Pay
) -> list[Any]:
    """Let about `count` facts happen at Stripe. Returns our side's promises, before any news of them."""
    gifts = [_promise(number, chance) for number in range(count * 2 // 3)]
    kept = promises()
    charges = [charge for secret in gifts if (charge := _pay(secret, chance, pay))]
    for charge in charges:
        if chance.random() < REFUND_SHARE:
            _refund(charge, chance, sdk, ask)
        elif chance.random() < DISPUTE_SHARE:
            _dispute(charge, chance, ask)
    for days in (10, 35, 20):
        ask("time", advance=days * DAY)
        for payout in ask("payouts")["data"]:
            _payout(payout["id"], chance, ask)
    return kept


def _promise(number: int, chance: random.Random) -> dict[str, Any]:
    is_monthly = chance.random() < MONTHLY_SHARE
    currency = "GBP" if is_monthly else chance.choice(CURRENCIES)
    request = GiftRequest(
        donor=DonorDetails(**(AMINA if is_monthly else BEN)),
        amount_minor=chance.randrange(500, 20_000),
        currency=currency,
        fund_code="general",
        idempotency_key=f"chaos-{number:012}",
    )
    begun = subscription_start(request) if is_monthly else donation_start(request)
    is_debit = currency == "GBP" and not is_monthly
    return {"client_secret": begun.client_secret, "is_debit": is_debit}


def _pay(gift: dict[str, Any], chance: random.Random, pay: Pay) -> str:
    """The charge, or nothing: a declined donor comes back with another card half the time.

    A bank has to answer a debit first.
    """
    if gift["is_debit"] and chance.random() < DEBIT_SHARE:
        pay(gift, chance.choice(DEBITS))
        return ""
    if chance.random() < DECLINE_SHARE:
        try:
            pay(gift, "pm_card_chargeDeclined")
        except stripe.CardError:
            if chance.random() < 0.5:
                return ""
    return str(pay(gift, chance.choice(["pm_card_visa", "pm_card_mastercard"])).latest_charge)


def _refund(charge: str, chance: random.Random, sdk: stripe.StripeClient, ask: Ask) -> None:
    for amount in chance.choice([[100], [100, 250], [None]]):
        wanted: Any = {"charge": charge} | ({"amount": amount} if amount else {})
        made = sdk.v1.refunds.create(wanted)
        if chance.random() < 0.3:
            ask(f"refunds/{made.id}/fail")


def _dispute(charge: str, chance: random.Random, ask: Ask) -> None:
    asked = {"amount": 300} if chance.random() < 0.3 else {}
    dispute = ask(f"charges/{charge}/dispute", **asked)
    if chance.random() < 0.8:
        ask(f"disputes/{dispute['id']}/decide", won=chance.random() < 0.5)


def _payout(payout_id: str, chance: random.Random, ask: Ask) -> None:
    if chance.random() < 0.9:
        ask(f"payouts/{payout_id}/pay")
    if chance.random() < 0.3:
        ask(f"payouts/{payout_id}/fail")
