"""Monthly gifts on a test clock."""

from datetime import UTC, datetime

import pytest
import stripe

from tests.stripe_sim.conftest import Sim

START = int(datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp())
DAY = 86400
EXPAND = ["latest_invoice.confirmation_secret", "latest_invoice.payments"]


class Plan:
    """Amina's £10 a month on a clock of her own."""

    def __init__(self, client: stripe.StripeClient, **more: object) -> None:
        self.client = client
        self.clock = client.v1.test_helpers.test_clocks.create({"frozen_time": START})
        customer = client.v1.customers.create({"name": "Amina", "test_clock": self.clock.id})
        product = client.v1.products.create({"name": "General fund"})
        price = {"currency": "gbp", "product": product.id, "unit_amount": 1000}
        self.made = client.v1.subscriptions.create(
            {
                "customer": customer.id,
                "items": [{"price_data": {**price, "recurring": {"interval": "month"}}}],  # type: ignore[typeddict-item]
                "payment_behavior": "default_incomplete",
                "payment_settings": {"save_default_payment_method": "on_subscription"},
                "expand": EXPAND,
                **({"add_invoice_items": [{"price_data": price}]} if more else {}),
                **more,  # type: ignore[typeddict-item]
            }
        )

    def pay(self, card: str) -> None:
        """Confirm the first invoice, as the browser does."""
        secret = self.made.latest_invoice.confirmation_secret.client_secret  # type: ignore[union-attr]
        intent = secret.split("_secret_")[0]
        self.client.v1.payment_intents.confirm(intent, {"payment_method": card})

    def advance(self, moment: int) -> None:
        """Let time pass."""
        self.client.v1.test_helpers.test_clocks.advance(self.clock.id, {"frozen_time": moment})

    def now(self) -> stripe.Subscription:
        """As it is now."""
        return self.client.v1.subscriptions.retrieve(self.made.id)

    def invoices(self) -> list[stripe.Invoice]:
        """Newest first."""
        return self.client.v1.invoices.list({"subscription": self.made.id, "limit": 100}).data


def test_a_plan_waits_for_the_card_and_then_renews_each_month(
    client: stripe.StripeClient,
) -> None:
    plan = Plan(client)
    assert (plan.made.status, len(plan.invoices())) == ("incomplete", 1)
    plan.pay("pm_card_visa")
    assert plan.now().status == "active"
    plan.advance(START + 364 * DAY)
    assert [invoice.status for invoice in plan.invoices()] == ["paid"] * 12
    assert sum(invoice.amount_paid for invoice in plan.invoices()) == 12_000


def test_an_anchor_takes_todays_gift_once_and_the_next_on_its_day(
    client: stripe.StripeClient,
) -> None:
    anchor = int(datetime(2026, 2, 14, 12, tzinfo=UTC).timestamp())
    plan = Plan(client, billing_cycle_anchor=anchor, proration_behavior="none")
    plan.pay("pm_card_visa")
    assert [invoice.amount_paid for invoice in plan.invoices()] == [1000]
    plan.advance(anchor - 1)
    assert len(plan.invoices()) == 1
    plan.advance(anchor)
    assert [invoice.status for invoice in plan.invoices()] == ["draft", "paid"]
    plan.advance(anchor + 3600)
    assert [invoice.amount_paid for invoice in plan.invoices()] == [1000, 1000]


def test_invoices_follow_the_shapes_of_basil(client: stripe.StripeClient) -> None:
    plan = Plan(client)
    plan.pay("pm_card_visa")
    invoice = plan.invoices()[0]
    assert "payment_intent" not in invoice and "subscription" not in invoice
    assert invoice.parent.subscription_details.subscription == plan.made.id  # type: ignore[union-attr]
    intent = client.v1.payment_intents.list().data[0]
    assert "invoice" not in intent
    paid = client.v1.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": intent.id}}
    ).data
    assert [(row.invoice, row.status) for row in paid] == [(invoice.id, "paid")]


def test_a_failing_renewal_is_past_due_and_retried_until_given_up(
    client: stripe.StripeClient,
) -> None:
    plan = Plan(client)
    plan.pay("pm_card_visa")
    bad = client.v1.payment_methods.attach(
        "pm_card_chargeCustomerFail",
        {"customer": str(plan.made.customer)},
    )
    client.v1.subscriptions.update(plan.made.id, {"default_payment_method": bad.id})
    plan.advance(START + 30 * DAY)
    assert plan.now().status == "past_due"
    plan.advance(START + 45 * DAY)
    assert (plan.now().status, plan.invoices()[0].attempt_count) == ("canceled", 4)


def test_a_cancelled_late_plan_is_never_charged_again(client: stripe.StripeClient) -> None:
    plan = Plan(client)
    plan.pay("pm_card_visa")
    bad = client.v1.payment_methods.attach(
        "pm_card_chargeCustomerFail", {"customer": str(plan.made.customer)}
    )
    client.v1.subscriptions.update(plan.made.id, {"default_payment_method": bad.id})
    plan.advance(START + 30 * DAY)
    client.v1.subscriptions.cancel(plan.made.id)
    charges = len(client.v1.charges.list().data)
    plan.advance(START + 60 * DAY)
    assert len(client.v1.charges.list().data) == charges
    assert plan.invoices()[0].next_payment_attempt is None


def test_a_plan_not_paid_in_23_hours_expires_and_its_intent_takes_no_card(
    client: stripe.StripeClient,
) -> None:
    plan = Plan(client)
    plan.advance(START + DAY)
    assert (plan.now().status, plan.invoices()[0].status) == ("incomplete_expired", "void")
    with pytest.raises(stripe.InvalidRequestError):
        plan.pay("pm_card_visa")
    assert client.v1.charges.list().data == []


def test_a_paused_collection_takes_nothing_until_it_is_resumed(client: stripe.StripeClient) -> None:
    plan = Plan(client)
    plan.pay("pm_card_visa")
    client.v1.subscriptions.update(plan.made.id, {"pause_collection": {"behavior": "void"}})
    plan.advance(START + 40 * DAY)
    assert (plan.now().status, plan.invoices()[0].status) == ("active", "void")
    client.v1.subscriptions.update(plan.made.id, {"pause_collection": ""})
    plan.advance(START + 70 * DAY)
    assert [invoice.status for invoice in plan.invoices()] == ["paid", "void", "paid"]


def test_a_changed_amount_is_previewed_and_then_taken(client: stripe.StripeClient) -> None:
    plan = Plan(client)
    plan.pay("pm_card_visa")
    item = plan.now()["items"].data[0]
    price = {
        "currency": "gbp",
        "product": item.price.product,
        "unit_amount": 1500,
        "recurring": {"interval": "month"},
    }
    client.v1.subscriptions.update(
        plan.made.id,
        {"items": [{"id": item.id, "price_data": price}], "proration_behavior": "none"},  # type: ignore[typeddict-item]
    )
    preview = client.v1.invoices.create_preview({"subscription": plan.made.id})
    assert (preview.amount_due, preview.period_start > START) == (1500, False)
    plan.advance(START + 31 * DAY)
    assert [invoice.amount_paid for invoice in plan.invoices()] == [1500, 1000]


def test_a_renewal_that_asks_the_donor_is_late_and_says_so(client: stripe.StripeClient) -> None:
    plan = Plan(client)
    plan.pay("pm_card_visa")
    asks = client.v1.payment_methods.attach(
        "pm_card_threeDSecure2Required", {"customer": str(plan.made.customer)}
    )
    client.v1.subscriptions.update(plan.made.id, {"default_payment_method": asks.id})
    plan.advance(START + 30 * DAY)
    assert plan.now().status == "past_due"
    told = [event.type for event in client.v1.events.list({"limit": 40}).data]
    assert "invoice.payment_action_required" in told


@pytest.mark.parametrize("end", ["unpaid", "past_due"])
def test_the_account_says_what_becomes_of_a_plan_that_nobody_pays(
    sim: Sim, client: stripe.StripeClient, end: str
) -> None:
    sim.control("settings", dunning_end=end, dunning_attempts=2)
    plan = Plan(client)
    plan.pay("pm_card_visa")
    bad = client.v1.payment_methods.attach(
        "pm_card_chargeCustomerFail", {"customer": str(plan.made.customer)}
    )
    client.v1.subscriptions.update(plan.made.id, {"default_payment_method": bad.id})
    plan.advance(START + 35 * DAY)
    assert (plan.now().status, plan.invoices()[0].attempt_count) == (end, 2)


def test_a_debit_keeps_a_plan_active_until_it_is_refused(client: stripe.StripeClient) -> None:
    plan = Plan(client)
    plan.pay("pm_bacsDebit_insufficientFunds")
    assert (plan.now().status, plan.invoices()[0].status) == ("active", "open")
    plan.advance(START + 7 * DAY)
    assert plan.now().status == "past_due"
