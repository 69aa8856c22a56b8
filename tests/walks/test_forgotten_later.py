"""What comes at the moment of an erasure, or after it, does not bring the person back."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.db import connections, transaction

from api.clock import clock_at, now
from api.errors import IdempotencyKeyReused, Invalid, MoveRefused
from api.models import (
    Donation,
    DonationStatus,
    Donor,
    Erasure,
    ErasureState,
    Message,
    MessageKind,
    MessageState,
    Receipt,
    RetainedRecord,
    Role,
    SubscriptionStatus,
    WebhookEvent,
)
from api.services.donors import (
    DonorDetails,
    donor_customer,
    donor_edit,
    donor_record,
    donor_version,
)
from api.services.erasures import erasure_ask, erasure_carry_out, erasures_finish
from api.services.message_log import message_may_go_again
from api.services.messages import message_write
from api.services.receipts import charity_words, receipt_document
from tests.clients import Client
from tests.people import gift, monthly, staff
from tests.walks.canaries import BILLING, CANARY, forget, traces
from tests.walks.history import commit, once
from tests.walks.stories import Ask
from tests.walks.tools import deliver, start, work
from tests.walks.tools import events_of as told_by

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = {"api_retainedrecord"}


def personal(event: dict[str, Any], number: int) -> dict[str, Any]:
    """The same news once more under another id, with all that Stripe may say of the person in it."""
    thing = {
        **event["data"]["object"],
        "billing_details": BILLING,
        "receipt_email": BILLING["email"],
    }
    data = {**event["data"], "object": thing}
    return {**event, "id": f"evt_late_{number}", "data": data}


def test_events_that_come_again_or_late_say_nothing_of_who_was_forgotten(
    canary: Donor, client: Client, sdk: stripe.StripeClient
) -> None:
    forget(canary)
    events = told_by(sdk)
    for event in events:
        assert deliver(client, event).status_code == 200
    before = WebhookEvent.objects.count()
    gifts = list(Donation.objects.order_by("pk").values_list("pk", "status"))
    mine = [event for event in events if "ben@example.org" not in json.dumps(event)]
    names = set(canary.donations.values_list("stripe_payment_intent_id", flat=True))
    late = [event for event in mine if any(str(name) in json.dumps(event) for name in names)]
    assert {"charge.succeeded", "payment_intent.succeeded"} <= {event["type"] for event in late}
    for number, event in enumerate(late):
        assert deliver(client, personal(event, number)).status_code == 200
    with clock_at(now() + timedelta(days=400)):
        work()
    assert WebhookEvent.objects.count() >= before + len(late)
    assert traces() == KEPT
    assert list(Donation.objects.order_by("pk").values_list("pk", "status")) == gifts


def test_a_refund_a_dispute_and_news_of_the_customer_long_after_say_nothing_either(
    canary: Donor, client: Client, sdk: stripe.StripeClient, ask: Ask, news: Callable[[], None]
) -> None:
    customer = str(canary.stripe_customer_id)
    given = canary.donations.get(subscription=None)
    forget(canary)
    with clock_at(now() + timedelta(days=200)):
        erasures_finish()
        assert Erasure.objects.get().stripe_customer_id == ""
        refund = sdk.v1.refunds.create({"payment_intent": given.stripe_payment_intent_id or ""})
        disputed = canary.donations.exclude(pk=given.pk).get().payment.stripe_charge_id
        ask(f"charges/{disputed}/dispute")
        events = told_by(sdk)
        for number, event in enumerate(events[-8:]):
            assert deliver(client, personal(event, number)).status_code == 200
        customer_news = {
            **events[-1],
            "id": "evt_customer",
            "type": "customer.updated",
            "data": {
                "object": {"id": customer, "object": "customer", **BILLING},
                "previous_attributes": {"email": BILLING["email"]},
            },
        }
        assert deliver(client, customer_news).status_code == 200
        news()
    assert refund.status == "succeeded"
    given.refresh_from_db()
    assert given.status == DonationStatus.REFUNDED
    assert traces() == KEPT


def test_a_history_that_is_brought_in_again_brings_nobody_back(
    canary: Donor, sdk: stripe.StripeClient, news: Callable[[], None]
) -> None:
    # Of the same person: by another form of the charity, which we never heard of.
    guest = sdk.v1.payment_methods.create(
        {"type": "card", "card": {"token": "tok_visa"}, "billing_details": BILLING}  # type: ignore[typeddict-item]
    )
    charge = once(sdk, 700, payment_method=guest.id, receipt_email=CANARY["email"])
    customer = canary.stripe_customer_id
    older = once(sdk, 800, customer=customer)
    forget(canary)
    donors = Donor.objects.count()
    commit()
    news()
    erasures_finish()
    assert Donor.objects.count() == donors
    assert traces() == KEPT
    canary.refresh_from_db()
    assert canary.stripe_customer_id is None
    for name in (charge, older):
        assert Donation.objects.get(payment__stripe_charge_id=name).donor == canary
    commit()
    assert Donor.objects.count() == donors and traces() == KEPT


def test_who_gives_again_of_their_own_will_is_a_new_donor(canary: Donor, client: Client) -> None:
    forget(canary)
    start(client, gift(donor=CANARY))
    donor = Donor.objects.get(email=CANARY["email"])
    assert donor.pk != canary.pk and donor.stripe_customer_id
    canary.refresh_from_db()
    assert (canary.name, canary.stripe_customer_id) == ("Erased donor", None)


def debit(sdk: stripe.StripeClient, started: dict[str, Any]) -> str:
    """Pay by Bacs: its money takes days. Returns the intent's id."""
    intent = str(started["client_secret"]).split("_secret_")[0]
    method = sdk.v1.payment_methods.create(
        {
            "type": "bacs_debit",
            "bacs_debit": {"account_number": "00012345", "sort_code": "108800"},
            "billing_details": {"name": CANARY["name"], "email": CANARY["email"]},
        }
    )
    mandate: Any = {"customer_acceptance": {"type": "offline"}}
    asked: Any = {
        "payment_method": method.id,
        "mandate_data": mandate,
        "return_url": "http://x.test",
    }
    sdk.v1.payment_intents.confirm(intent, asked)
    return intent


@pytest.fixture
def on_its_way(
    client: Client, sdk: stripe.StripeClient, ask: Ask, news: Callable[[], None]
) -> tuple[Donor, str]:
    """The canary's only gift, by a debit that takes days; and its intent."""
    intent = debit(sdk, start(client, gift(donor=CANARY)))
    news()
    assert Donation.objects.get().status == DonationStatus.PROCESSING
    return Donor.objects.get(), intent


def test_a_debit_that_is_paid_after_the_erasure_has_its_name_in_the_accounts_and_no_e_mail(
    on_its_way: tuple[Donor, str], ask: Ask, news: Callable[[], None]
) -> None:
    donor, intent = on_its_way
    erasure = forget(donor)
    assert erasure.state == ErasureState.ERASED
    ask(f"payment_intents/{intent}/settle")
    news()
    given = Donation.objects.get()
    assert given.status == DonationStatus.SUCCEEDED
    message = Message.objects.get()
    assert (message.to, message.state) == ("", MessageState.HELD)
    assert not message_may_go_again(message)
    assert receipt_document(given.receipt).donor_name == "Erased donor"
    erasures_finish()
    assert traces() == KEPT
    farid = Client()
    farid.force_login(staff(Role.FINANCE))
    page = f"/admin/privacy/{erasure.reference}/retained/"
    assert given.receipt.number in farid.get(page).content.decode()
    assert farid.get(f"{page}{given.receipt.number}.pdf").content.startswith(b"%PDF")


def test_nothing_is_kept_for_a_debit_that_failed_after_the_erasure(
    on_its_way: tuple[Donor, str], ask: Ask, news: Callable[[], None]
) -> None:
    donor, intent = on_its_way
    forget(donor)
    ask(f"payment_intents/{intent}/settle", failure="debit_not_authorized")
    news()
    assert erasures_finish() == 1
    assert traces() == set()
    assert Erasure.objects.get().state == ErasureState.FINISHED


def test_what_is_kept_stays_as_long_as_the_last_gift_asks_for_also_one_that_came_later(
    on_its_way: tuple[Donor, str], ask: Ask, news: Callable[[], None]
) -> None:
    donor, intent = on_its_way
    forget(donor)
    first = RetainedRecord.objects.get().keep_until
    ask(f"payment_intents/{intent}/settle")
    with clock_at(now() + timedelta(days=366)):
        news()
        payment = Donation.objects.get().payment
        payment.received_at = now()
        payment.save()
        erasures_finish()
    assert RetainedRecord.objects.get().keep_until == first.replace(year=first.year + 1)


def test_a_gift_that_was_begun_and_not_paid_can_not_be_paid_any_more(
    client: Client, sdk: stripe.StripeClient, ask: Ask
) -> None:
    body = gift(donor=CANARY)
    started = start(client, body)
    intent = started["client_secret"].split("_secret_")[0]
    forget(Donor.objects.get())
    assert sdk.v1.payment_intents.retrieve(intent).status == "canceled"
    assert Donation.objects.get().status == DonationStatus.CANCELLED
    answer = client.post(
        "/api/stripe/payment-intent/", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 409
    assert answer.json()["code"] == IdempotencyKeyReused.code
    assert traces() == set()


def test_a_plan_of_which_nothing_was_paid_ends_with_the_erasure(
    client: Client, sdk: stripe.StripeClient, ask: Ask, news: Callable[[], None]
) -> None:
    start(client, monthly(donor=CANARY), "/api/stripe/subscription-intent/")
    donor = Donor.objects.get()
    forget(donor)
    news()
    assert donor.subscriptions.get().status == SubscriptionStatus.CANCELLED
    assert traces() == set()


def test_a_form_that_is_sent_while_its_donor_is_forgotten_begins_a_new_donor(canary: Donor) -> None:
    details = DonorDetails(CANARY["name"], CANARY["email"], address={"city": "Zyxcanarynew"})
    found: list[Donor] = []

    def give() -> None:
        try:
            with transaction.atomic():
                found.append(donor_record(details))
        finally:
            connections.close_all()

    giving = threading.Thread(target=give)
    erasure = erasure_ask(donor=canary, actor=None)
    with transaction.atomic():
        Donor.objects.select_for_update().get(pk=canary.pk)
        giving.start()
        giving.join(0.5)
        assert giving.is_alive() and not found
        erasure_carry_out(erasure.pk)
    giving.join(20)
    canary.refresh_from_db()
    assert (canary.city, canary.name) == ("", "Erased donor")
    assert found[0].pk != canary.pk


def test_what_was_read_before_the_erasure_is_not_written_after_it(
    canary: Donor, sdk: stripe.StripeClient
) -> None:
    gift_ = canary.donations.select_related("donor", "fund", "payment", "receipt").earliest("pk")
    Receipt.objects.filter(pk=gift_.receipt.pk).update(document=None)
    receipt = Receipt.objects.select_related("donation__donor", "donation__payment").get(
        donation=gift_
    )
    before = Donor.objects.get(pk=canary.pk)
    version = donor_version(before)
    before.stripe_customer_id = None
    forget(canary)
    assert receipt_document(receipt).donor_name == "Erased donor"
    message = message_write(
        kind=MessageKind.DONOR_LINK,
        key="donor_link:late",
        to=before.email,
        words={**charity_words(), "donor_name": before.name, "link": "", "minutes": 20},
        donor=before,
    )
    assert (message.to, message.text, message.state) == ("", "", MessageState.HELD)
    with pytest.raises(MoveRefused):
        donor_customer(before)
    assert [one for one in sdk.v1.customers.list().data if one.email == before.email] == []
    with pytest.raises(Invalid):
        donor_edit(
            reference=canary.reference, changes={"name": before.name}, version=version, actor=None
        )
    assert traces() == KEPT


def test_a_donor_who_becomes_a_customer_during_the_erasure_is_not_left_at_stripe(
    client: Client, sdk: stripe.StripeClient, ask: Ask
) -> None:
    start(client, gift(donor=CANARY))
    donor = Donor.objects.get()
    known = str(donor.stripe_customer_id)
    Donor.objects.update(stripe_customer_id=None)
    erasure = erasure_ask(donor=donor, actor=None)
    Donor.objects.update(stripe_customer_id=known)
    erasure_carry_out(erasure.pk)
    assert known not in {one.id for one in sdk.v1.customers.list().data}
    assert traces() == set()
