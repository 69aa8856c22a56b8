"""What one pass over a Stripe account's history knows while it goes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from api.models import Donation, Subscription
from api.services.backfill_donors import DonorBook
from api.services.backfill_funds import FundChoice


@dataclass(frozen=True)
class MonthOf:
    """Which invoice a payment paid, the plan that it belongs to (if any), and what that was for."""

    invoice_id: str
    plan_id: str
    plan_reference: str
    fund_name: str


@dataclass
class Sweep:
    """A dry run keeps in memory what a real one finds again in the database."""

    is_commit: bool
    funds: FundChoice
    begins_at: datetime | None = None
    months: dict[str, MonthOf] = field(default_factory=dict)
    _donors: DonorBook = field(default_factory=DonorBook)
    _plans: dict[str, Subscription] = field(default_factory=dict)
    _gifts: set[str] = field(default_factory=set)

    def donors(self) -> DonorBook:
        """The book for one page."""
        return DonorBook() if self.is_commit else self._donors

    def plans(self, ids: Iterable[str]) -> dict[str, Subscription]:
        """Plans by Stripe's ids."""
        known = Subscription.objects.select_related("fund", "donor").filter(
            stripe_subscription_id__in=set(ids)
        )
        return {**self._plans, **{plan.stripe_subscription_id or "": plan for plan in known}}

    def gifts(self, payment_ids: Iterable[str]) -> set[str]:
        """Which of these payments are gifts here."""
        asked = set(payment_ids) - {""}
        known = Donation.objects.filter(stripe_payment_intent_id__in=asked)
        kept = set(known.values_list("stripe_payment_intent_id", flat=True))
        return (asked & self._gifts) | {one for one in kept if one}

    def plans_remember(self, plans: Iterable[Subscription]) -> None:
        """Plans that a real run would have saved."""
        self._plans |= {plan.stripe_subscription_id or "": plan for plan in plans}

    def gifts_remember(self, gifts: Iterable[Donation]) -> None:
        """Gifts that a real run would have saved."""
        self._gifts |= {gift.stripe_payment_intent_id or "" for gift in gifts}
