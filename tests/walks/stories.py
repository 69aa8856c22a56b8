"""A story of two months, and how to take our side back to before its news."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
from django.apps import apps
from django.db import connection

from api.models import Donation, Donor, Fund, Subscription
from api.services.donations import GiftRequest, donation_start
from api.services.donors import DonorDetails
from api.services.gaps import gaps_mend
from tests.books import books
from tests.clients import Client
from tests.people import BEN, gift, monthly
from tests.walks.tools import deliver, events_of, start, work

# What Stripe does by itself: ask("payouts"), ask("disputes/dp_1/decide", won=True).
Ask = Callable[..., Any]


def promises() -> list[Any]:
    """The donors' side before any news: what is left when all that came from Stripe is taken away."""
    return [list(model.objects.order_by("pk")) for model in (Fund, Donor, Subscription, Donation)]


def promises_only(kept: list[Any]) -> None:
    """Take our side back to the promises."""
    with connection.cursor() as cursor:
        tables = [model._meta.db_table for model in apps.get_app_config("api").get_models()]
        cursor.execute(f"TRUNCATE {', '.join(tables)}, procrastinate_jobs CASCADE")
    for rows in filter(None, kept):
        type(rows[0]).objects.bulk_create(rows)


def story_tell(
    client: Client, sdk: stripe.StripeClient, ask: Ask, pay: Callable[..., Any]
) -> dict[str, Any]:
    """Two months of everything: three currencies, a plan, refunds, disputes, payouts, a decline."""
    gifts = [start(client, gift()) for _ in range(6)]
    for number, (currency, amount) in enumerate([("USD", 3000), ("JPY", 5000)]):
        request = GiftRequest(
            DonorDetails(**BEN), amount, currency, "general", f"story-{number}-{amount}"
        )
        begun = donation_start(request)
        reference = begun.donation.reference
        gifts.append({"client_secret": begun.client_secret, "reference": reference})
    gifts.append(start(client, monthly(), "/api/stripe/subscription-intent/"))
    gifts.append(start(client, gift()))
    kept = promises()
    intents = [pay(one, "pm_card_visa") for one in gifts[:-1]]
    with pytest.raises(stripe.CardError):
        pay(gifts[-1], "pm_card_chargeDeclined")
    charges = [intent.latest_charge for intent in intents]
    sdk.v1.refunds.create({"charge": charges[0], "amount": 1000})
    sdk.v1.refunds.create({"charge": charges[0], "amount": 1500})
    failing = sdk.v1.refunds.create({"charge": charges[1]})
    ask(f"refunds/{failing.id}/fail")
    won = ask(f"charges/{charges[2]}/dispute")
    ask(f"disputes/{won['id']}/decide", won=True)
    lost = ask(f"charges/{charges[3]}/dispute", amount=700)
    ask(f"disputes/{lost['id']}/decide", won=False)
    ask("time", advance=10 * 86400)
    for number, payout in enumerate(ask("payouts")["data"]):
        ask(f"payouts/{payout['id']}/pay")
        if number == 0:
            ask(f"payouts/{payout['id']}/fail")
    ask("time", advance=40 * 86400)
    ask("payouts")
    events = events_of(sdk)
    for event in events:
        deliver(client, event)
        work()
    gaps_mend()
    work()
    gaps_mend()
    return {"promises": kept, "events": events, "books": books()}
