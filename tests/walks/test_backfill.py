"""A charity that took gifts by Stripe before: its history comes in, to the penny, and nobody is thanked twice."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.models import (
    Account,
    Donation,
    DonationKind,
    DonationStatus,
    Donor,
    Message,
    Receipt,
    RefundReason,
    Subscription,
    SubscriptionStatus,
    User,
    WebhookEvent,
)
from api.services.backfills import BackfillRequest, backfill
from api.services.gaps import gaps_mend
from api.services.refunds import RefundRequest, refund_start
from tests.books import books, books_hold, sums
from tests.clients import Client
from tests.people import monthly
from tests.walks.history import DAY, commit, customer, history, once, plan, ran, refused, rows
from tests.walks.stories import Ask, promises_only
from tests.walks.test_reconciliation import compared
from tests.walks.tools import deliver, events_of, start, work

pytestmark = pytest.mark.django_db(transaction=True)


def plain(sdk: stripe.StripeClient, ask: Ask) -> None:
    """Amina gives monthly for two months, Ben once, someone with nothing but a card; one payout."""
    plan(sdk, customer(sdk, "Amina Yusuf"))
    once(sdk, customer=customer(sdk, "Ben Okafor"))
    once(sdk, 700)
    ask("time", advance=35 * DAY)
    for payout in ask("payouts")["data"]:
        ask(f"payouts/{payout['id']}/pay")


def test_history_comes_in_and_agrees_with_stripe_to_the_penny(
    sdk: stripe.StripeClient, ask: Ask
) -> None:
    plain(sdk, ask)
    commit()
    gifts = Donation.objects.order_by("amount_minor", "settled_at")
    assert [(gift.kind, gift.amount_minor, gift.status) for gift in gifts] == [
        (DonationKind.ONE_OFF, 700, DonationStatus.SUCCEEDED),
        (DonationKind.MONTHLY, 1000, DonationStatus.SUCCEEDED),
        (DonationKind.MONTHLY, 1000, DonationStatus.SUCCEEDED),
        (DonationKind.ONE_OFF, 2500, DonationStatus.SUCCEEDED),
    ]
    monthly = Subscription.objects.get()
    assert (monthly.donor.name, monthly.donor.email) == ("Amina Yusuf", "amina@example.org")
    assert (monthly.status, monthly.amount_minor) == (SubscriptionStatus.ACTIVE, 1000)
    assert [gift.subscription for gift in gifts] == [None, monthly, monthly, None]
    assert sums()[Account.DONATION_INCOME] == -5200
    assert Account.STRIPE_CLEARING not in sums()
    assert compared() == []
    books_hold()


def test_history_has_its_own_dates_and_no_receipt_or_email(
    sdk: stripe.StripeClient, ask: Ask
) -> None:
    plain(sdk, ask)
    commit()
    work()
    assert Receipt.objects.count() == Message.objects.count() == 0
    for gift in Donation.objects.select_related("payment"):
        told = sdk.v1.charges.retrieve(gift.payment.stripe_charge_id or "")
        came = datetime.fromtimestamp(told.created, UTC)
        assert gift.payment.received_at == gift.settled_at == gift.created_at == came
        assert gift.payment.method == "Visa card ending 4242"
        assert gift.payment.fee_minor
    told_plan = sdk.v1.subscriptions.retrieve(
        Subscription.objects.get().stripe_subscription_id or ""
    )
    assert Subscription.objects.get().created_at.timestamp() == told_plan.created


def test_the_next_month_of_a_plan_that_was_brought_in_gets_its_receipt(
    sdk: stripe.StripeClient, ask: Ask, news: Callable[[], None]
) -> None:
    plain(sdk, ask)
    commit()
    before = Donation.objects.count()
    ask("time", advance=31 * DAY)
    news()
    assert Donation.objects.count() == before + 1
    settled_gift = Donation.objects.order_by("-id")[0]
    assert settled_gift.kind == DonationKind.MONTHLY
    assert Receipt.objects.get().donation == settled_gift
    assert Message.objects.get().to == "amina@example.org"
    assert compared() == []


def test_a_dry_run_writes_nothing_and_says_what_the_real_one_makes(
    sdk: stripe.StripeClient, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    history(sdk, ask)
    before = rows()
    said = ran(capsys)
    assert rows() == before
    assert said[0] == "Would be brought in:"
    assert said[-1] == "This was a dry run: nothing was written. Run it again with --commit."
    done = ran(capsys, "--commit")
    assert done[0] == "Brought in:"
    assert done[1:] == said[1:-1]
    assert any(line.startswith("  one-off gifts: ") for line in done)
    assert "  charges that are failed: 1" in done
    assert "  charges that were not captured: 1" in done


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_any_history_comes_in_whole(sdk: stripe.StripeClient, ask: Ask, seed: int) -> None:
    ask("reset")
    promises_only([])
    call_command("seed_demo")
    history(sdk, ask, seed=seed)
    before = rows()
    dry = backfill(BackfillRequest(), tell=lambda *_: None)
    assert rows() == before
    made = commit()
    assert (made.donors, made.made, made.passed, made.unplaced) == (
        dry.donors,
        dry.made,
        dry.passed,
        dry.unplaced,
    )
    charges = sdk.v1.charges.list({"limit": 100}).data
    taken = [one for one in charges if one.status == "succeeded" and one.captured]
    assert Donation.objects.count() == len(taken)
    for currency in {one.currency for one in taken}:
        whole = sum(one.amount_captured for one in taken if one.currency == currency)
        assert sums(currency.upper())[Account.DONATION_INCOME] == -whole
        assert Account.STRIPE_CLEARING not in sums(currency.upper())
    assert compared() == []
    books_hold()


def test_donors_are_known_by_customer_then_by_payment_then_by_stripes_id(
    sdk: stripe.StripeClient, ask: Ask
) -> None:
    # The same person as another customer; what was said last counts.
    once(sdk, 300, customer=customer(sdk, "BEN  OKAFOR", "Ben@example.org"))
    ben = customer(sdk, "Ben Okafor")
    once(sdk, 100, customer=ben)
    ask("time", advance=1)
    once(sdk, 200, customer=ben)
    dora: Any = {
        "type": "card",
        "card": {"token": "tok_visa"},
        "billing_details": {
            "name": "Dora",
            "email": "dora@example.org",
            "address": {"city": "Hull"},
        },
    }
    once(sdk, 400, payment_method=sdk.v1.payment_methods.create(dora).id)
    named_only: Any = {**dora, "billing_details": {"name": "Dora"}}
    for amount in (500, 600):
        once(sdk, amount, payment_method=sdk.v1.payment_methods.create(named_only).id)
    nobody = once(sdk, 700)
    once(sdk, 800, receipt_email="only@example.org")
    commit()
    found = {gift.amount_minor: gift.donor for gift in Donation.objects.select_related("donor")}
    assert found[100] == found[200] == found[300]
    assert (found[100].name, found[100].stripe_customer_id) == ("Ben Okafor", ben)
    assert (found[400].email, found[400].city) == ("dora@example.org", "Hull")
    # A name alone is no identity.
    assert found[500] != found[600]
    assert {found[500].name, found[600].name} == {"Dora"}
    assert (found[700].name, found[700].email) == (f"Unknown (Stripe {nobody})", "")
    assert (found[800].name, found[800].email) == ("only@example.org", "only@example.org")
    assert Donor.objects.count() == 6


def test_the_fund_is_named_by_metadata_or_product_else_given_else_general(
    sdk: stripe.StripeClient, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    once(sdk, 100)
    once(sdk, 200, metadata={"fund": "winter-warmth"})
    strange = once(sdk, 300, metadata={"fund": "Roof"})
    amina = customer(sdk, "Amina Yusuf")
    plan(sdk, amina, 400, product={"name": "Mill Lane youth club"})
    plan(sdk, amina, 500, product={"metadata": {"fund": "youth-club"}})
    plan(sdk, amina, 600, metadata={"fund": "winter-warmth"})
    said = ran(capsys, "--commit")
    found = dict(Donation.objects.values_list("amount_minor", "fund__code"))
    assert found == {
        100: "general",
        200: "winter-warmth",
        400: "youth-club",
        500: "youth-club",
        600: "winter-warmth",
    }
    place = said.index("Could not be placed:")
    assert said[place + 1 : place + 3] == [
        "  for a fund that is not here: Roof: 1, £3.00",
        f"    {strange}",
    ]
    ran(capsys, "--commit", "--fund", "youth-club")
    assert Donation.objects.get(amount_minor=300).fund.code == "youth-club"
    with pytest.raises(CommandError, match="no fund with the code 'roof'"):
        ran(capsys, "--fund", "roof")


def test_what_has_no_place_here_is_said_with_its_sum(
    sdk: stripe.StripeClient, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    yearly = plan(sdk, customer(sdk, "Chen Li"), 12000, "year")
    once(sdk, capture_method="manual")
    refused(sdk)
    said = ran(capsys, "--commit")
    place = said.index("Could not be placed:")
    assert said[place + 1 :] == [
        "  plans that are not monthly (their gifts come as one-off gifts): 1, £120.00",
        f"    {yearly}",
    ]
    gift = Donation.objects.get()
    assert (gift.kind, gift.amount_minor, gift.donor.name) == ("one_off", 12000, "Chen Li")
    assert gift.stripe_invoice_id
    assert not Subscription.objects.exists()


def test_gifts_of_this_site_are_left_alone(
    sdk: stripe.StripeClient,
    ask: Ask,
    paid: Callable[..., Donation],
    news: Callable[[], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours = paid()
    waiting = paid(amount_minor=1900)
    news()
    before = books()
    assert "  charges of gifts that are here already: 2" in ran(capsys, "--commit")
    assert books() == before
    for gift in (ours, waiting):
        gift.refresh_from_db()
        assert gift.status == DonationStatus.SUCCEEDED


def test_a_month_of_our_own_plan_whose_news_was_lost_comes_in_with_its_receipt(
    sdk: stripe.StripeClient, ask: Ask, client: Client, pay: Callable[..., Any]
) -> None:
    pay(start(client, monthly(), "/api/stripe/subscription-intent/"))
    for event in events_of(sdk):
        deliver(client, event)
    work()
    ask("time", advance=35 * DAY)
    commit()
    work()
    first, second = Donation.objects.order_by("id")
    assert second.subscription == first.subscription
    assert Receipt.objects.filter(donation=second).exists()
    assert second.messages.get().to == "amina@example.org"
    assert compared() == []


def test_a_site_that_knew_of_strange_money_has_no_difference_after_it_was_brought_in(
    sdk: stripe.StripeClient, ask: Ask
) -> None:
    history(sdk, ask, seed=5)
    gaps_mend()
    work()
    assert {kind for kind, _ in compared()} >= {"unknown_money"}
    commit()
    assert compared() == []
    # The events of that history are handled again now, and change nothing.
    held = books()
    gaps_mend()
    work()
    assert books() == held
    assert Receipt.objects.count() == 0
    assert not WebhookEvent.objects.exclude(error="").exists()


def test_charges_from_before_payment_intents_come_in_with_what_happened_to_them(
    sdk: stripe.StripeClient, ask: Ask, dora: User
) -> None:
    old: Any = {"amount": 4000, "currency": "gbp", "source": "tok_visa"}
    charges = [sdk.v1.charges.create(old).id for _ in range(3)]
    with pytest.raises(stripe.CardError):
        sdk.v1.charges.create({**old, "source": "tok_chargeDeclined"})
    sdk.v1.refunds.create({"charge": charges[0]})
    lost = ask(f"charges/{charges[1]}/dispute")
    ask(f"disputes/{lost['id']}/decide", won=False)
    commit()
    found = dict(Donation.objects.values_list("payment__stripe_charge_id", "status"))
    assert found == {
        charges[0]: DonationStatus.REFUNDED,
        charges[1]: DonationStatus.CHARGED_BACK,
        charges[2]: DonationStatus.SUCCEEDED,
    }
    assert compared() == []
    kept = Donation.objects.get(payment__stripe_charge_id=charges[2])
    wish = RefundRequest(1500, RefundReason.ASKED_BY_DONOR, "", dora, dora)
    refund_start(donation_id=kept.pk, request=wish)
    gaps_mend()
    work()
    kept.refresh_from_db()
    assert kept.status == DonationStatus.PART_REFUNDED
    assert compared() == []


def test_only_the_period_that_is_asked_for_comes_in(
    sdk: stripe.StripeClient, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    once(sdk, 100)
    ask("time", advance=40 * DAY)
    once(sdk, 200)
    ask("time", advance=40 * DAY)
    once(sdk, 300)
    moment = sdk.v1.charges.list({"limit": 1}).data[0].created - 40 * DAY
    day = datetime.fromtimestamp(moment, UTC)
    first, last = (datetime.fromtimestamp(moment + n * DAY, UTC) for n in (-2, 2))
    ran(capsys, "--commit", "--from", f"{first:%Y-%m-%d}", "--to", f"{last:%Y-%m-%d}")
    gift = Donation.objects.get()
    assert (gift.amount_minor, f"{gift.created_at:%Y-%m}") == (200, f"{day:%Y-%m}")
    with pytest.raises(CommandError, match="--from must be before --to"):
        ran(capsys, "--from", "2026-02-01", "--to", "2026-01-01")
