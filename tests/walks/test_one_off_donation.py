"""Ben gives £25 once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pypdf
import pytest
import stripe

from api.models import Donation, DonationStatus, LedgerPosting, Message, Receipt, WebhookEvent
from api.services.receipts import receipt_pdf_make
from tests.clients import Client
from tests.people import BEN, gift
from tests.walks.tools import deliver, events_of, settled_once, start, work

pytestmark = pytest.mark.django_db(transaction=True)
ROUTE = "/api/stripe/payment-intent/"


def test_a_paid_gift_is_settled_by_its_webhook_with_one_receipt_by_email(
    client: Client, sdk: stripe.StripeClient, pay: Callable[..., Any]
) -> None:
    started = start(client, gift(message="Keep going", covers_fee=True))
    assert (started["amount_minor"], started["fee_cover_minor"], started["total_minor"]) == (
        2500,
        59,
        2559,
    )
    assert started["next_collection_on"] is None
    pay(started)
    for event in events_of(sdk):
        assert deliver(client, event).status_code == 200
    work()
    donation = Donation.objects.get(reference=started["reference"])
    settled_once(donation)
    assert donation.payment.amount_minor == 2559
    assert donation.payment.method == "Visa card ending 4242"
    message = Message.objects.get(donation=donation)
    assert message.state == "kept"
    assert message.to == BEN["email"]
    assert "£25.59" in message.text


def test_a_donor_who_comes_back_is_settled_without_any_webhook(
    client: Client, pay: Callable[..., Any]
) -> None:
    started = start(client, gift())
    pay(started)
    for _ in range(3):
        answer = client.get(f"/api/donations/{started['reference']}/").json()
    assert answer["status"] == "succeeded"
    assert answer["receipt_issued"] is True
    work()
    settled_once(Donation.objects.get(reference=started["reference"]))


def test_a_gift_that_stripe_does_not_know_is_told_as_we_know_it(
    client: Client, simulator: str
) -> None:
    started = start(client, gift())
    Donation.objects.update(stripe_payment_intent_id="pi_3f21d6a8f0052c9e8734e113")
    answer = client.get(f"/api/donations/{started['reference']}/")
    assert (answer.status_code, answer.json()["status"]) == (200, "created")


def test_status_holds_no_personal_data(client: Client) -> None:
    started = start(client, gift(donor={**BEN, "phone": "0121 496 0000"}))
    answer = client.get(f"/api/donations/{started['reference']}/").content.decode()
    assert "Ben" not in answer and "example.org" not in answer and "0121" not in answer


def test_the_same_form_sent_again_is_the_same_gift(client: Client) -> None:
    body = gift()
    first, second = start(client, body), start(client, body)
    assert first == second
    assert Donation.objects.count() == 1


def test_a_double_click_makes_one_gift_and_one_intent(
    client: Client, sdk: stripe.StripeClient
) -> None:
    body = gift()
    with ThreadPoolExecutor(4) as clicks:
        answers = list(clicks.map(lambda _: start(Client(), body), range(4)))
    assert len({(answer["reference"], answer["client_secret"]) for answer in answers}) == 1
    assert Donation.objects.count() == 1
    intents = [
        i
        for i in sdk.v1.payment_intents.list({"limit": 100}).data
        if i.to_dict()["metadata"].get("donation_reference") == answers[0]["reference"]
    ]
    assert len(intents) == 1


def test_a_key_with_other_details_is_refused_and_starts_nothing(client: Client) -> None:
    body = gift()
    start(client, body)
    answer = client.post(
        ROUTE, json.dumps({**body, "amount_minor": 5000}), content_type="application/json"
    )
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "idempotency_key_reused"
    assert Donation.objects.get().amount_minor == 2500


def test_a_paid_gift_sent_again_says_that_it_is_paid(
    client: Client, pay: Callable[..., Any]
) -> None:
    body = gift()
    pay(start(client, body))
    assert start(client, body)["status"] == "succeeded"
    assert LedgerPosting.objects.count() == 1


def test_a_declined_card_charges_nothing_and_another_card_on_the_same_gift_succeeds(
    client: Client, sdk: stripe.StripeClient, pay: Callable[..., Any]
) -> None:
    started = start(client, gift())
    with pytest.raises(stripe.CardError):
        pay(started, "pm_card_chargeDeclined")
    answer = client.get(f"/api/donations/{started['reference']}/").json()
    assert answer["status"] == "failed"
    assert "not been charged" in answer["failure"]["message"]
    assert LedgerPosting.objects.count() == 0
    pay(started)
    for event in reversed(events_of(sdk)):
        deliver(client, event)
    work()
    settled_once(Donation.objects.get(reference=started["reference"]))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_minor": 99}, "amount_minor"),
        ({"amount_minor": 1_000_001}, "amount_minor"),
        ({"amount_minor": "ten"}, "amount_minor"),
        ({"amount_minor": 25.5}, "amount_minor"),
        *(({"amount_minor": like}, "amount_minor") for like in (2500.0, "2500", True, None)),
        ({"donor": {"name": "\u200b\u202e", "email": "ben@example.org"}}, "donor.name"),
        ({"currency": "USD"}, "currency"),
        ({"donor": {"name": "", "email": "ben@example.org"}}, "donor.name"),
        ({"donor": {"name": "Ben", "email": "not an address"}}, "donor.email"),
        ({"donor": {"name": "Ben\x00", "email": "ben@example.org"}}, "donor.name"),
        ({"donor": {"name": "See HTTPS://x.example", "email": "a@example.org"}}, "donor.name"),
        ({"idempotency_key": "short"}, "idempotency_key"),
    ],
)
def test_a_wrong_answer_is_named_and_nothing_is_kept(
    client: Client, change: dict[str, Any], field: str
) -> None:
    answer = client.post(ROUTE, json.dumps(gift(**change)), content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert field in answer.json()["fields"]
    assert Donation.objects.count() == 0


def test_an_unknown_fund_is_refused_by_name(client: Client) -> None:
    answer = client.post(ROUTE, json.dumps(gift(fund="moon-base")), content_type="application/json")
    assert answer.status_code == 404
    assert "fund" in answer.json()["fields"]


def test_an_unknown_reference_tells_nothing(client: Client) -> None:
    assert client.get("/api/donations/NOSUCHGIFT/").status_code == 404


def test_receipt_numbers_have_no_gap_under_concurrent_settling(
    client: Client, pay: Callable[..., Any]
) -> None:
    started = [start(client, gift()) for _ in range(8)]
    for one in started:
        pay(one)

    def look(reference: str) -> int:
        return Client().get(f"/api/donations/{reference}/").status_code

    with ThreadPoolExecutor(8) as donors:
        codes = list(donors.map(look, [one["reference"] for one in started] * 2))
    assert set(codes) == {200}
    assert sorted(Receipt.objects.values_list("sequence", flat=True)) == list(range(1, 9))
    assert Donation.objects.filter(status=DonationStatus.SUCCEEDED).count() == 8
    assert WebhookEvent.objects.count() == 0


def test_the_receipt_is_a_readable_pdf(client: Client, pay: Callable[..., Any]) -> None:
    started = start(client, gift(donor={"name": "Łukasz Żółć", "email": "l@example.org"}))
    pay(started)
    client.get(f"/api/donations/{started['reference']}/")
    work()
    donation = Donation.objects.get(reference=started["reference"])
    pdf = pypdf.PdfReader(BytesIO(receipt_pdf_make(donation.receipt)))
    assert len(pdf.pages) == 1
    text = pdf.pages[0].extract_text()
    assert "£25.00" in text and donation.receipt.number in text and "Łukasz Żółć" in text
