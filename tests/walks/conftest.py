"""Fixtures of the walks: who is there, and what Stripe does."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import stripe
from django.conf import settings

from api.models import (
    Campaign,
    Donation,
    Donor,
    DonorPasskey,
    Receipt,
    ReceiptFault,
    Role,
    SavedView,
    User,
)
from api.services.donor_notes import donor_note_add
from api.services.donors import donor_edit, donor_version
from api.services.funds import funds_seed
from api.services.gaps import gaps_mend
from api.services.name_words import name_words_gather
from api.services.receipt_replacements import receipt_replace
from api.services.tags import tag_add
from tests.clients import Client
from tests.people import BEN, gift, monthly, staff
from tests.walks.canaries import CANARY
from tests.walks.stories import Ask, story_tell
from tests.walks.tools import deliver, events_of, start, work


@pytest.fixture(autouse=True)
def funds(no_jobs: None) -> None:
    """The starting funds are there."""
    funds_seed()


@pytest.fixture
def sdk(simulator: str) -> stripe.StripeClient:
    """Stripe's own SDK against the simulator."""
    return stripe.StripeClient(
        "sk_test_walk",
        base_addresses={"api": simulator},
        stripe_version=settings.STRIPE_API_VERSION,
    )


@pytest.fixture
def pay(sdk: stripe.StripeClient) -> Callable[..., Any]:
    """Confirm a gift's intent with a card, as the card form does."""

    def confirm(started: dict[str, Any], card: str = "pm_card_visa") -> Any:
        intent_id = started["client_secret"].split("_secret_")[0]
        return sdk.v1.payment_intents.confirm(
            intent_id, {"payment_method": card, "return_url": "http://localhost:3000/thanks"}
        )

    return confirm


@pytest.fixture
def ask(simulator: str) -> Iterator[Ask]:
    """A fresh account at Stripe, and what Stripe does by itself there; its time is the real one again after."""

    def control(path: str, **asked: Any) -> Any:
        answer = httpx.post(f"{simulator}/_sim/{path}", json=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    control("reset")
    yield control
    control("reset")


@pytest.fixture
def paid(client: Client, pay: Callable[..., Any]) -> Callable[..., Donation]:
    """A gift that its donor has paid; no event has come yet."""

    def make(card: str = "pm_card_visa", **changes: Any) -> Donation:
        started = start(client, gift(**changes))
        pay(started, card)
        return Donation.objects.get(reference=started["reference"])

    return make


@pytest.fixture
def dora(db: None) -> User:
    """Dora, the finance officer."""
    return User.objects.create_superuser("dora@example.org", "a long password")


@pytest.fixture
def news(client: Client, sdk: stripe.StripeClient) -> Callable[[], None]:
    """All events are delivered and handled, and Stripe's statement is read."""

    def bring() -> None:
        for event in events_of(sdk):
            assert deliver(client, event).status_code == 200
        work()
        gaps_mend()
        work()

    return bring


@pytest.fixture
def story(
    client: Client, sdk: stripe.StripeClient, ask: Ask, pay: Callable[..., Any]
) -> dict[str, Any]:
    """Two months of everything, as they came."""
    return story_tell(client, sdk, ask, pay)


@pytest.fixture
def hana(db: None) -> Client:
    """Hana of support, signed in."""
    client = Client()
    client.force_login(staff(Role.SUPPORT))
    return client


@pytest.fixture
def tell(client: Any, sdk: stripe.StripeClient) -> Callable[[], None]:
    """Stripe's events, delivered and handled."""

    def bring() -> None:
        for event in events_of(sdk):
            assert deliver(client, event).status_code == 200
        work()

    return bring


@pytest.fixture
def declined(
    client: Client, pay: Callable[..., Any], tell: Callable[[], None]
) -> Callable[[], Donation]:
    """Ben's £25 for an appeal that his bank declined."""

    def make() -> Donation:
        Campaign.objects.get_or_create(code="xmas", defaults={"name": "Christmas"})
        started = start(client, gift(campaign="xmas", fund="youth-club"))
        with pytest.raises(stripe.CardError):
            pay(started, "pm_card_chargeDeclined")
        tell()
        return Donation.objects.get(reference=started["reference"])

    return make


@pytest.fixture
def canary(
    client: Client,
    sdk: Any,
    ask: Ask,
    pay: Callable[..., Any],
    paid: Callable[..., Donation],
    news: Callable[[], None],
) -> Donor:
    """A donor whose every trace can be told, and Ben, who stays."""
    paid(donor=BEN)
    tribute = {"kind": "memory", "name": "Zyxcanaryauntie", "message": "Zyxcanarywords"}
    paid(donor=CANARY, message="Zyxcanarymessage for you", tribute=tribute)
    body = monthly(donor=CANARY, tribute=tribute)
    pay(start(client, body, "/api/stripe/subscription-intent/"))
    news()
    donor = Donor.objects.get(email=CANARY["email"])
    gwen = staff(Role.FUNDRAISER)
    donor_note_add(donor=donor, text="Zyxcanarynote: likes rivers", author=gwen)
    tag_add(donor=donor, name="river", actor=gwen)
    number = Receipt.objects.filter(donation__donor=donor).earliest("pk").number
    receipt_replace(number=number, reason=ReceiptFault.ADDRESS, actor=gwen)
    changes = {"line2": "Zyxcanaryhamlet, moved"}
    donor_edit(reference=donor.reference, changes=changes, version=donor_version(donor), actor=gwen)
    for query in ("q=zyxcanarymail%40example.org", "q=Zyxcanaryname+Qwertyman", "q=qwertyman"):
        SavedView.objects.create(owner=gwen, table="donors", name=query, query=query)
    DonorPasskey.objects.create(email_key=donor.email_key, name="Zyxcanaryphone", credential=b"")
    while name_words_gather():
        pass
    donor.refresh_from_db()
    return donor
