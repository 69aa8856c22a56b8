"""Deliveries and events as nobody meant them: nothing signed is lost, nothing breaks what lies beside it."""

import json
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings

from api.models import (
    Donation,
    DonationStatus,
    LedgerPosting,
    Payment,
    Payout,
    Refund,
    Subscription,
    WebhookEvent,
    WebhookStatus,
)
from api.services.inbox import events_process
from tests.clients import Client
from tests.services.conftest import make_donation
from tests.walks.test_webhooks import ROUTES, event
from tests.walks.tools import deliver, signature

__all__ = ["make_donation"]
pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Donation]
SIGNED_AT = 1_790_000_000
DEEP = b"[" * 9000 + b"]" * 9000
NUMBERS = (
    b"NaN",
    b"-Infinity",
    b"1e5000",
    b"-1E+400",
    b"1e-20000",
    b"9" * 5000,
    b"0." + b"1" * 20_000,
)


def post(client: Client, body: bytes, header: str | None = None, route: str = ROUTES[0]) -> Any:
    """One delivery, byte for byte; rightly signed unless a header is given."""
    signed = signature(body) if header is None else header
    headers = {"Stripe-Signature": signed}
    return client.post(route, body, content_type="application/json", headers=headers)


def told(name: str, type: str, thing: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An event about a thing."""
    return event(id=f"evt_{name}", type=type, data={"object": thing}, **more)


def kept() -> dict[str, str]:
    """Where each event is, after the worker."""
    events_process()
    return dict(WebhookEvent.objects.order_by("pk").values_list("stripe_event_id", "status"))


def intent(gift: Donation, name: str, **more: Any) -> dict[str, Any]:
    """A PaymentIntent of £25 that succeeded and names this gift."""
    return {
        "id": name,
        "object": "payment_intent",
        "status": "succeeded",
        "amount": 2500,
        "amount_received": 2500,
        "currency": "gbp",
        "metadata": {"donation_reference": gift.reference},
        **more,
    }


def test_no_header_whatever_is_in_it_opens_or_breaks_the_door(client: Client) -> None:
    body, moment = json.dumps(event()).encode(), int(time.time())
    good = signature(body).partition("v1=")[2]
    for header in (
        f"t={moment},v1=\u00e9{good}",
        f"t={moment},v0={good}",
        f"t={moment}",
        f"t=,v1={good}",
        f"t={'9' * 6000},v1={good}",
        f"t={moment},v1=" + "a" * 60_000,
        f"t={moment}," + "v1=0," * 3000,
        f"v1={good},t={moment},t={moment - 9}"[::-1],
        ",=,=,",
    ):
        assert post(client, body, header).status_code == 400, header[:80]
    assert WebhookEvent.objects.count() == 0
    several = f"t={moment},v0={good},v1={'0' * 64},v1={good}"
    assert post(client, body, several).status_code == 200


def test_an_address_without_its_last_slash_is_the_same_address(client: Client) -> None:
    for number, route in enumerate(ROUTES):
        bare = route.rstrip("/")
        assert deliver(client, event(id=f"evt_{number}"), route=bare).status_code == 200
        for method in ("GET", "HEAD", "OPTIONS", "PUT"):
            assert client.generic(method, bare).status_code == 405
    assert WebhookEvent.objects.count() == len(ROUTES)


def test_a_delivery_in_pieces_of_unknown_length_is_read_to_its_end(client: Client) -> None:
    for pad, status in ((5000, 200), (settings.WEBHOOK_BODY_LIMIT_BYTES, 413)):
        body = json.dumps(event(pad="x" * pad)).encode()
        answer = client.request(
            PATH_INFO=ROUTES[0],
            REQUEST_METHOD="POST",
            CONTENT_TYPE="application/json",
            HTTP_TRANSFER_ENCODING="chunked",
            HTTP_STRIPE_SIGNATURE=signature(body),
            **{"wsgi.input": BytesIO(body), "wsgi.input_terminated": True},
        )
        assert answer.status_code == status
    assert WebhookEvent.objects.count() == 1


def test_what_postgresql_can_not_keep_as_it_came_is_kept_all_the_same(client: Client) -> None:
    odd = [*NUMBERS, DEEP, b'{"a":' * 3000 + b"1" + b"}" * 3000]
    for number, value in enumerate(odd):
        body = b'{"id":"evt_%d","type":"charge.updated","data":{"object":{"id":"x","odd":%s}}}'
        assert post(client, body % (number, value)).status_code == 200, value[:20]
    marked = "\ufeff" + json.dumps(event(id="evt_marked", name="Zo\u00eb \U0001f600"))
    assert post(client, marked.encode()).status_code == 200
    status = kept()
    assert len(status) == len(odd) + 1
    assert set(status.values()) == {WebhookStatus.UNPLACED}


def test_a_body_that_no_program_reads_is_refused(client: Client) -> None:
    for body in (
        b"[" * 400_000,
        b'{"id":"evt_1","type":"x","a":\x00}',
        b'{"id":"evt_1","type":"x"',
    ):
        assert post(client, body).status_code == 400
    assert WebhookEvent.objects.count() == 0


def test_money_of_a_connected_account_is_not_ours(client: Client) -> None:
    payout = {
        "id": "po_1",
        "object": "payout",
        "amount": 5000,
        "currency": "gbp",
        "status": "paid",
        "arrival_date": SIGNED_AT,
        "created": SIGNED_AT,
    }
    deliver(client, told("theirs", "payout.paid", payout, account="acct_other"))
    assert kept() == {"evt_theirs": WebhookStatus.IGNORED}
    assert (Payout.objects.count(), LedgerPosting.objects.count()) == (0, 0)
    deliver(client, told("ours", "payout.paid", payout))
    kept()
    assert Payout.objects.count() == 1


def test_play_money_never_reaches_live_books(
    client: Client, make_donation: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STRIPE_SECRET_KEY", "sk_live_1")
    gift = make_donation(stripe_payment_intent_id="pi_1")
    thing = intent(gift, "pi_1")
    deliver(client, told("play", "payment_intent.succeeded", thing, livemode=False))
    assert kept() == {"evt_play": WebhookStatus.IGNORED}
    gift.refresh_from_db()
    assert gift.status == DonationStatus.CREATED
    deliver(client, told("real", "payment_intent.succeeded", thing, livemode=True))
    assert kept()["evt_real"] == WebhookStatus.HANDLED


def test_another_payment_that_names_a_gift_does_not_pay_fail_or_cancel_it(
    client: Client, make_donation: Make
) -> None:
    gift = make_donation(stripe_payment_intent_id="pi_own")
    strange = intent(gift, "pi_strange", amount_received=1)
    deliver(client, told("1", "payment_intent.succeeded", strange))
    deliver(client, told("2", "payment_intent.canceled", {**strange, "status": "canceled"}))
    assert set(kept().values()) == {WebhookStatus.UNPLACED}
    gift.refresh_from_db()
    assert (gift.status, LedgerPosting.objects.count()) == (DonationStatus.CREATED, 0)
    deliver(client, told("3", "payment_intent.succeeded", intent(gift, "pi_own")))
    assert kept()["evt_3"] == WebhookStatus.HANDLED
    assert Payment.objects.get().amount_minor == 2500


def test_a_reference_that_is_none_of_ours_is_kept_and_moves_nothing(
    client: Client, make_donation: Make
) -> None:
    references = ["", "x" * 500, "\U0001f600", "a\x00b", "\ud800", "' OR 1=1 --", None]
    for number, reference in enumerate(references):
        thing = intent(make_donation(), f"pi_{number}", metadata={"donation_reference": reference})
        for kind in ("payment_intent.succeeded", "payment_intent.processing"):
            assert deliver(client, told(f"{kind}{number}", kind, thing)).status_code == 200
    assert set(kept().values()) == {WebhookStatus.UNPLACED}
    assert LedgerPosting.objects.count() == 0


def test_a_refund_told_inside_its_charge_is_the_charge_s_own(
    client: Client, make_donation: Make
) -> None:
    gift = make_donation(stripe_payment_intent_id="pi_1")
    deliver(client, told("paid", "payment_intent.succeeded", intent(gift, "pi_1")))
    inside = {
        "id": "re_1",
        "object": "refund",
        "amount": 700,
        "currency": "GBP",
        "charge": "ch_1",
        "payment_intent": None,
    }
    charge = {
        "id": "ch_1",
        "object": "charge",
        "payment_intent": {"id": "pi_1", "object": "payment_intent"},
        "refunds": {"data": [inside]},
    }
    deliver(client, told("back", "charge.refunded", charge, api_version="2017-12-14"))
    assert set(kept().values()) == {WebhookStatus.HANDLED}
    assert Refund.objects.get().amount_minor == 700


def test_a_second_refund_with_the_reference_of_the_first_is_money_that_left_again(
    client: Client, make_donation: Make
) -> None:
    gift = make_donation(stripe_payment_intent_id="pi_1")
    deliver(client, told("paid", "payment_intent.succeeded", intent(gift, "pi_1")))
    for number in (1, 2):
        refund = {
            "id": f"re_{number}",
            "object": "refund",
            "amount": 700,
            "currency": "gbp",
            "payment_intent": "pi_1",
            "metadata": {"refund_reference": "SAME"},
        }
        for kind in ("refund.created", "refund.updated"):
            deliver(client, told(f"{kind}{number}", kind, {**refund, "status": "succeeded"}))
        kept()
        Refund.objects.filter(stripe_refund_id="re_1").update(reference="SAME")
    assert set(kept().values()) == {WebhookStatus.HANDLED}
    refunds = Refund.objects.order_by("stripe_refund_id")
    assert list(refunds.values_list("stripe_refund_id", "amount_minor")) == [
        ("re_1", 700),
        ("re_2", 700),
    ]
    assert LedgerPosting.objects.filter(name__startswith="refund-re_").count() == 2


def test_another_subscription_that_names_a_plan_neither_ends_it_nor_pays_its_months(
    client: Client, make_donation: Make
) -> None:
    gift = make_donation()
    plan = Subscription.objects.create(
        donor=gift.donor,
        fund=gift.fund,
        amount_minor=1000,
        currency="GBP",
        collection_day=5,
        status="active",
        stripe_subscription_id="sub_own",
    )
    named = {"subscription_reference": plan.reference}
    other = {"id": "sub_other", "object": "subscription", "status": "canceled", "metadata": named}
    invoice = {
        "id": "in_1",
        "object": "invoice",
        "amount_paid": 1000,
        "currency": "gbp",
        "parent": {"subscription_details": {"subscription": "sub_other", "metadata": named}},
    }
    deliver(client, told("over", "customer.subscription.deleted", other))
    deliver(client, told("paid", "invoice.paid", invoice))
    assert set(kept().values()) == {WebhookStatus.UNPLACED}
    plan.refresh_from_db()
    assert (plan.status, plan.stripe_subscription_id) == ("active", "sub_own")
    assert (plan.donations.count(), LedgerPosting.objects.count()) == (0, 0)


def test_an_object_without_a_name_is_none(client: Client, make_donation: Make) -> None:
    gift = make_donation(stripe_payment_intent_id="pi_1")
    deliver(client, told("paid", "payment_intent.succeeded", intent(gift, "pi_1")))
    refund = {"object": "refund", "amount": 5, "currency": "gbp", "payment_intent": "pi_1"}
    for number, name in enumerate((None, "", 7, True, [], {"id": "re_1"})):
        deliver(client, told(str(number), "refund.created", {**refund, "id": name}))
    assert [*kept().values()] == [WebhookStatus.HANDLED, *[WebhookStatus.IGNORED] * 6]
    assert (Refund.objects.count(), LedgerPosting.objects.count()) == (0, 1)


def test_words_of_stripe_that_are_too_long_for_us_stop_no_money(
    client: Client, make_donation: Make
) -> None:
    gift, other = (make_donation(stripe_payment_intent_id=name) for name in ("pi_1", "pi_2"))
    word = "new_way_to_pay_" * 20
    charge = {
        **intent(gift, "ch_1"),
        "object": "charge",
        "payment_intent": "pi_1",
        "payment_method_details": {"type": word},
    }
    deliver(client, told("paid", "charge.succeeded", charge))
    error = {"code": word, "decline_code": None}
    failed = intent(other, "pi_2", status="requires_payment_method", last_payment_error=error)
    deliver(client, told("failed", "payment_intent.payment_failed", failed))
    assert set(kept().values()) == {WebhookStatus.HANDLED}
    gift.refresh_from_db()
    other.refresh_from_db()
    assert (gift.status, other.status) == (DonationStatus.SUCCEEDED, DonationStatus.FAILED)
