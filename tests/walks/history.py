"""A Stripe account with a history that this site did not make: by the Dashboard, Checkout, another site."""

import random
from typing import Any

import pytest
import stripe
from django.core.management import call_command
from django.db import connection

from api.services.backfills import BackfillRequest, backfill
from tests.walks.stories import Ask

DAY = 86400


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What the command prints, line by line."""
    capsys.readouterr()
    call_command("backfill_donations", *arguments)
    return capsys.readouterr().out.splitlines()


def commit() -> Any:
    """The history, brought in."""
    return backfill(BackfillRequest(is_commit=True), tell=lambda *_: None)


def customer(sdk: stripe.StripeClient, name: str, email: str = "") -> str:
    """A customer, with a card that is charged each month."""
    details: Any = {"name": name, "email": email or f"{name.split()[0].lower()}@example.org"}
    made = sdk.v1.customers.create(details)
    method = sdk.v1.payment_methods.attach("pm_card_visa", {"customer": made.id})
    sdk.v1.customers.update(made.id, {"invoice_settings": {"default_payment_method": method.id}})
    return made.id


def once(sdk: stripe.StripeClient, amount: int = 2500, **more: Any) -> str:
    """A charge; returns its id."""
    asked: Any = {
        "amount": amount,
        "currency": "gbp",
        "payment_method": "pm_card_visa",
        "confirm": True,
        **more,
    }
    return str(sdk.v1.payment_intents.create(asked).latest_charge)


def plan(
    sdk: stripe.StripeClient,
    customer_id: str,
    amount: int = 1000,
    every: str = "month",
    **more: Any,
) -> str:
    """A plan of another site's making; returns its id."""
    product = sdk.v1.products.create({"name": "Supporter", **more.pop("product", {})})
    price = {"currency": "gbp", "product": product.id, "unit_amount": amount}
    asked: Any = {
        "customer": customer_id,
        "items": [{"price_data": {**price, "recurring": {"interval": every}}}],
        **more,
    }
    return sdk.v1.subscriptions.create(asked).id


def refused(sdk: stripe.StripeClient) -> None:
    """A card that is declined."""
    with pytest.raises(stripe.CardError):
        once(sdk, payment_method="pm_card_chargeDeclined")


def history(sdk: stripe.StripeClient, ask: Ask, seed: int = 1, size: int = 8) -> None:
    """Two months of a random mix of everything."""
    chance = random.Random(seed)
    people = [customer(sdk, name) for name in ("Amina Yusuf", "Ben Okafor", "Chen Li")]
    for person in people[: chance.randint(0, 3)]:
        plan(sdk, person, chance.randint(300, 5000), chance.choice(["month", "month", "year"]))
    charges = [
        once(
            sdk,
            chance.randint(100, 90000),
            currency=chance.choice(["gbp", "gbp", "usd", "jpy"]),
            **chance.choice([{}, {"customer": chance.choice(people)}]),
        )
        for _ in range(size)
    ]
    once(sdk, capture_method="manual")
    refused(sdk)
    for charge in charges:
        fate = chance.choice(["kept", "refunded", "in part", "returned", "won", "lost", "open"])
        _befall(sdk, ask, charge, fate)
    ask("time", advance=10 * DAY)
    for payout in ask("payouts")["data"]:
        ask(f"payouts/{payout['id']}/pay")
        if chance.random() < 0.3:
            ask(f"payouts/{payout['id']}/fail")
    ask("time", advance=40 * DAY)
    for payout in ask("payouts")["data"]:
        ask(f"payouts/{payout['id']}/pay")


def _befall(sdk: stripe.StripeClient, ask: Ask, charge: str, fate: str) -> None:
    if fate == "refunded":
        sdk.v1.refunds.create({"charge": charge})
    elif fate == "in part":
        sdk.v1.refunds.create({"charge": charge, "amount": 50})
    elif fate == "returned":
        ask(f"refunds/{sdk.v1.refunds.create({'charge': charge}).id}/fail")
    elif fate in ("won", "lost", "open"):
        dispute = ask(f"charges/{charge}/dispute")
        if fate != "open":
            ask(f"disputes/{dispute['id']}/decide", won=fate == "won")


def rows() -> dict[str, int]:
    """How many rows each table of the database has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
            counts[table] = cursor.fetchone()[0]
    return counts
