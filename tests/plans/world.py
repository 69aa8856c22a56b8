"""A plan in our books and at Stripe, both on one simulated clock."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import stripe
from django.db import connection, transaction

from api.clock import charity_date, clock_at, from_unix
from api.models import Donor, Message, MessageKind, Subscription
from api.services.donations import GiftRequest
from api.services.donors import DonorDetails, donor_customer_follow
from api.services.gateways import stripe as gateway
from api.services.invoices import failure_describe
from api.services.jobs import CAUSE
from api.services.plan_calendar import PlanDate, plan_charges
from api.services.plan_messages import (
    card_expires_email_send,
    debit_notice_email_send,
    payment_failed_email_send,
    plan_change_email_send,
)
from api.services.plan_methods import plan_method_describe, plan_pay_failed
from api.services.recoveries import recoveries_run, recovery_step
from api.services.stripe_events import HANDLERS, TOGETHER, Event
from api.services.subscriptions import subscription_start
from stripe_sim.near import NearClient
from tests.people import AMINA

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Taken:
    """A bill of a plan: when it was made, and what became of it."""

    billed_at: datetime
    on: date
    amount_minor: int
    currency: str
    status: str


class World:
    """One donor with one plan. `now` is the simulated time; our code is told it."""

    def __init__(self, near: NearClient) -> None:
        self.near = near
        self.sdk: stripe.StripeClient = gateway._client()
        self.now = START
        self.seen = 0

    def start(
        self, at: datetime = START, *, card: str = "pm_card_visa", **wish: Any
    ) -> Subscription:
        """Amina starts a plan and pays its first gift."""
        self.near.reset()
        self.now = at
        clock = self.sdk.v1.test_helpers.test_clocks.create({"frozen_time": int(at.timestamp())})
        self.clock = clock.id
        customer = self.sdk.v1.customers.create({"name": "Amina", "test_clock": clock.id})
        donor = Donor.objects.create(
            name=AMINA["name"],
            email=AMINA["email"],
            name_key=secrets.token_hex(8),
            email_key=AMINA["email"],
            stripe_customer_id=customer.id,
        )
        with clock_at(at):
            self.plan = self._start(donor, wish)
        donation = self.plan.donations.get()
        self.sdk.v1.payment_intents.confirm(
            donation.stripe_payment_intent_id or "", {"payment_method": card}
        )
        self.tell()
        return self.fresh()

    def _start(self, donor: Donor, wish: dict[str, Any]) -> Subscription:
        gift = GiftRequest(
            donor=DonorDetails(name=donor.name, email=donor.email),
            fund_code="general",
            idempotency_key=secrets.token_hex(16),
            **{"amount_minor": 1000, "currency": "GBP", **wish},
        )
        # The donor on the clock stands for the one that the form would make.
        Donor.objects.filter(pk=donor.pk).update(name_key=donor.name.casefold())
        started = subscription_start(gift)
        plan = started.donation.subscription
        assert plan is not None
        return plan

    def live(self, to: datetime, *, step: timedelta = 6 * HOUR) -> None:
        """Time goes on in small steps, and the worker does its jobs: e-mails too."""
        while self.now < to:
            self.advance(min(to, self.now + step))
            self.work()

    def work(self) -> None:
        """The jobs that wait, until none does; receipts and what the clock starts apart."""
        while jobs := self._jobs():
            with clock_at(self.now):
                for name, arguments in jobs:
                    if job := JOBS.get(name.rpartition(".")[2]):
                        job(**arguments)
            self.tell()

    def _jobs(self) -> list[tuple[str, dict[str, Any]]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'todo'"
                " RETURNING id, task_name, args"
            )
            rows = sorted(cursor.fetchall())
        return [
            (name, {key: value for key, value in json.loads(given).items() if key != CAUSE})
            for _, name, given in rows
        ]

    def mails(self) -> list[tuple[str, date, str]]:
        """The e-mails about plans: kind, day, subject."""
        found = Message.objects.exclude(kind=MessageKind.RECEIPT).order_by("id")
        return [(one.kind, charity_date(one.sent_at or self.now), one.subject) for one in found]

    def fresh(self) -> Subscription:
        """The plan as our books have it now."""
        self.plan = Subscription.objects.select_related("donor", "fund").get(pk=self.plan.pk)
        return self.plan

    def advance(self, to: datetime, *, is_told: bool = True) -> None:
        """Time goes on; Stripe does what is due, we are told, and do what the policy says."""
        if to <= self.now:
            return
        params: Any = {"frozen_time": int(to.timestamp())}
        self.sdk.v1.test_helpers.test_clocks.advance(self.clock, params)
        self.now = to
        if is_told:
            self.tell()
            with clock_at(to):
                recoveries_run()
            self.tell()

    def tell(self) -> None:
        """Stripe's events reach us, each at its time."""
        for event in self.near.drain():
            self._tell(event)

    def _tell(self, event: dict[str, Any]) -> None:
        at, kind = from_unix(event["created"]), event["type"]
        # As the inbox does: an event and all that follows from it is one transaction.
        with clock_at(self.now), transaction.atomic():
            if kind in TOGETHER:
                TOGETHER[kind]([Event(event["data"]["object"], at, event["id"], kind)])
            elif kind in HANDLERS:
                HANDLERS[kind](event["data"]["object"], at, event["id"])

    def shown(self, count: int = 12) -> list[PlanDate]:
        """What our books say is charged next."""
        with clock_at(self.now):
            return plan_charges(self.fresh(), after=self.now, count=count)

    def bills(self, since: datetime) -> list[Taken]:
        """What Stripe billed after a moment, oldest first; what was left out is `void`."""
        mine = self.near.state.where(
            "invoice", "_subscription", self.plan.stripe_subscription_id or ""
        )
        return [
            _taken(one, self.near)
            for one in mine
            if one["created"] > since.timestamp() and one["billing_reason"] == "subscription_cycle"
        ]

    def charged(self) -> list[tuple[date, int]]:
        """Every successful charge of the donor, whatever for."""
        mine = self.near.state.where("charge", "customer", self.plan.donor.stripe_customer_id or "")
        return [
            (charity_date(from_unix(one["created"])), one["amount"])
            for one in mine
            if one["status"] == "succeeded"
        ]

    def method(self) -> str:
        """What the plan is paid with, by Stripe's id."""
        plan = self.near.state.get("subscription", self.plan.stripe_subscription_id or "")
        return str(plan["default_payment_method"])

    def refuse(self, code: str, *, days: float = 0, until: datetime | None = None) -> None:
        """The bank refuses the card from now on, for some days."""
        ends = until or self.now + timedelta(days=days)
        span = {"from": int(self.now.timestamp()), "until": int(ends.timestamp()), "code": code}
        self.near.order(f"/_sim/payment_methods/{self.method()}/refuses", spans=[span])

    def accept(self) -> None:
        """The bank takes the card again."""
        self.near.order(f"/_sim/payment_methods/{self.method()}/refuses", spans=[])


def _taken(invoice: dict[str, Any], near: NearClient) -> Taken:
    """The day is that of its first attempt: when the bank was asked for the money."""
    tries = near.state.where("charge", "payment_intent", invoice["_intent"] or "none")
    first = next((one["created"] for one in tries), invoice["created"])
    return Taken(
        from_unix(invoice["created"]),
        charity_date(from_unix(first)),
        invoice["amount_due"],
        invoice["currency"].upper(),
        invoice["status"],
    )


# What the worker does, without its own connections: the test's transaction sees all.
JOBS: dict[str, Callable[..., object]] = {
    "card_expires_email": lambda subscription_id, expires_on: card_expires_email_send(
        subscription_id, expires_on=expires_on
    ),
    "donor_customer_follow": lambda donor_id: donor_customer_follow(donor_id),
    "debit_notice_email": lambda subscription_id, why: debit_notice_email_send(
        subscription_id, why=why
    ),
    "failure_describe": failure_describe,
    "payment_failed_email": payment_failed_email_send,
    "plan_change_email": plan_change_email_send,
    "plan_method_describe": plan_method_describe,
    "plan_pay_failed": plan_pay_failed,
    "recovery_step": recovery_step,
}
