"""A small charity to which anything may happen, in any order."""

import secrets
from datetime import UTC, datetime, timedelta

from django.db import transaction

from api.clock import now
from api.models import (
    BalanceTransaction,
    Campaign,
    DisputeStatus,
    Donation,
    DonationKind,
    Donor,
    Fund,
    Payment,
    RefundStatus,
    Subscription,
)
from api.services.balance_transactions import balance_post
from api.services.disputes import DisputeFacts, DisputeLine, dispute_follow
from api.services.donations import donation_settle
from api.services.funds import funds_seed
from api.services.payments import Settlement, payments_follow
from api.services.refunds import RefundFacts, refund_follow
from api.services.subscriptions import SubscriptionFacts, subscription_follow
from api.services.summaries import summaries_fold

# Both sides of midnight in London in summer, of a year's end, and of the tax year's beginning.
MOMENTS = [
    datetime(2019, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2020, 1, 1, 0, 1, tzinfo=UTC),
    datetime(2024, 4, 5, 22, 59, tzinfo=UTC),
    datetime(2024, 4, 5, 23, 1, tzinfo=UTC),
    datetime(2026, 6, 30, 23, 30, tzinfo=UTC),
]


class World:
    """A small charity: three donors, two funds, two appeals, and what happens to them."""

    def __init__(self) -> None:
        funds_seed()
        self.funds = list(Fund.objects.all()[:2])
        self.campaigns = [None, *(Campaign.objects.create(code=c, name=c) for c in ("a", "b"))]
        self.donors = [
            Donor.objects.create(name=n, email=f"{n}@example.org", email_key=n, name_key=n)
            for n in ("amina", "ben", "chen")
        ]
        self.gifts: list[Donation] = []
        self.plans: list[Subscription] = []
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def give(self, who: int, when: int, method: str, currency: str = "GBP") -> None:
        """A gift is settled, its method told or not; old ones come late, as a backfill brings them."""
        gift = Donation.objects.create(
            kind=DonationKind.ONE_OFF,
            donor=self.donors[who % 3],
            fund=self.funds[when % 2],
            campaign=self.campaigns[who % 3],
            amount_minor=1000 + when,
            fee_cover_minor=when,
            currency=currency,
            stripe_payment_intent_id=f"pi_{secrets.token_hex(6)}",
        )
        self.gifts.append(gift)
        self.settle(gift, when, method)

    def promise(self, who: int, when: int) -> None:
        """A gift that is not money yet."""
        self.give_later = Donation.objects.create(
            kind=DonationKind.ONE_OFF,
            donor=self.donors[who % 3],
            fund=self.funds[when % 2],
            amount_minor=700,
            currency="GBP",
            stripe_payment_intent_id=f"pi_{secrets.token_hex(6)}",
        )
        self.gifts.append(self.give_later)

    def settle(self, gift: Donation, when: int, method: str) -> None:
        donation_settle(self._money(gift, when, method))

    def method_known(self, which: int, method: str) -> None:
        """The event of a charge: settles its gift if it still has to be, then tells how it was paid."""
        for gift in self._gift(which):
            with transaction.atomic():
                donation_settle(self._money(gift, 0, method))
                payments_follow([self._money(gift, 0, method)])

    def refund(self, which: int, status: RefundStatus, part: int) -> None:
        """A refund comes, fails, or comes before the money of its gift."""
        for gift in self._gift(which):
            refund_follow(
                RefundFacts(
                    id=f"re_{gift.pk}_{part}",
                    status=status,
                    amount_minor=100 + part,
                    currency=gift.currency,
                    reason="",
                    failure_reason="",
                    payment_intent_id=gift.stripe_payment_intent_id or "",
                    reference="",
                ),
                why="test",
            )

    def dispute(self, which: int, status: DisputeStatus, part: int) -> None:
        for gift in self._gift(which):
            lines = [DisputeLine(f"txn_d{gift.pk}", -gift.amount_minor, gift.currency)]
            if status == DisputeStatus.WON:
                lines.append(DisputeLine(f"txn_w{gift.pk}", gift.amount_minor, gift.currency))
            dispute_follow(
                DisputeFacts(
                    id=f"dp_{gift.pk}",
                    status=status,
                    amount_minor=gift.amount_minor,
                    currency=gift.currency,
                    reason="",
                    evidence_due_at=None,
                    opened_at=now(),
                    payment_intent_id=gift.stripe_payment_intent_id or "",
                    lines=lines,
                ),
                why="test",
            )

    def fee(self, which: int, when: int, kind: str) -> None:
        """A line of Stripe's statement, of a gift or of Stripe's own costs, is kept and posted."""
        for gift in self._gift(which):
            BalanceTransaction.objects.create(
                stripe_balance_transaction_id=f"txn_{secrets.token_hex(6)}",
                type=kind,
                source_id=f"ch_{secrets.token_hex(6)}",
                stripe_payment_intent_id=gift.stripe_payment_intent_id if kind == "charge" else "",
                amount_minor=gift.amount_minor if kind == "charge" else -50,
                fee_minor=35 if kind == "charge" else 0,
                net_minor=gift.amount_minor - 35 if kind == "charge" else -50,
                currency="GBP",
                source_amount_minor=gift.amount_minor,
                source_currency=gift.currency,
                available_at=MOMENTS[when],
                made_at=MOMENTS[when],
            )
            balance_post()

    def moved(self, which: int, who: int) -> None:
        """Staff tie a gift to another donor and appeal."""
        for gift in self._gift(which):
            Donation.objects.filter(pk=gift.pk).update(
                donor=self.donors[who % 3], campaign=self.campaigns[(who + 1) % 3]
            )

    def removed(self, which: int) -> None:
        """A payment is taken out by hand, which nothing of ours does."""
        for gift in self._gift(which):
            Payment.objects.filter(donation=gift).delete()
            self.gifts.remove(gift)

    def plan(self, which: int, status: str) -> None:
        """A plan is started, or Stripe moves it."""
        if which >= len(self.plans):
            self.plans.append(
                Subscription.objects.create(
                    donor=self.donors[0],
                    fund=self.funds[0],
                    amount_minor=1000,
                    fee_cover_minor=30,
                    currency="GBP",
                    collection_day=1,
                )
            )
        self.at += timedelta(days=9)
        plan = self.plans[min(which, len(self.plans) - 1)]
        plan.refresh_from_db()
        facts = SubscriptionFacts(f"sub_{plan.pk}", status, plan.reference, None)
        subscription_follow(facts, at=self.at, why="test")

    def fold(self) -> None:
        summaries_fold()

    def _gift(self, which: int) -> list[Donation]:
        return [self.gifts[which % len(self.gifts)]] if self.gifts else []

    def _money(self, gift: Donation, when: int, method: str) -> Settlement:
        return Settlement(
            donation_id=gift.pk,
            amount_minor=gift.amount_minor + gift.fee_cover_minor,
            currency=gift.currency,
            received_at=MOMENTS[when],
            why="test",
            payment_intent_id=gift.stripe_payment_intent_id or "",
            method="Visa" if method else "",
            method_kind=method,
        )
