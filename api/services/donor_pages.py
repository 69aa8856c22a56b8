"""What a donor sees of their own giving. All of it is found by the address that is signed in, or not at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from api.clock import charity_date, now
from api.errors import Invalid, NotFound
from api.models import (
    DONATION_PAID,
    SUBSCRIPTION_ENDED,
    Donation,
    DonationStatus,
    Donor,
    Receipt,
    Recovery,
    RecoveryState,
    Subscription,
)
from api.services.donor_sign_ins import donors_of
from api.services.erasures import erasure_ask
from api.services.keysets import Cursor, Keyset, keyset_page
from api.services.plan_calendar import DRAFT, PlanDate, plan_charges

GIFTS_SHOWN = 12
_ALL = (
    "amount", "day", "fund", "tribute", "skip", "pause", "resume", "cancel", "method", "retry", "again",
)  # fmt: skip
# What can be done about a failed gift, by the policy's name for what went wrong.
_NEEDS = {"authentication": "confirm", "funds": "pay", "unknown": "pay"}


@dataclass(frozen=True)
class FailedGift:
    """A gift that is still to be paid. `needs`: pay (try again), confirm (the bank asks), card (another one)."""

    reference: str
    amount_minor: int
    currency: str
    failed_on: date
    reason: str
    needs: str


@dataclass(frozen=True)
class DonorPlan:
    """A plan with what comes of it, and what whoever looks may do (`may`)."""

    plan: Subscription
    coming: Sequence[PlanDate]
    failed: FailedGift | None
    may: Sequence[str]

    @property
    def is_over(self) -> bool:
        """Whether nothing more is taken, ever."""
        return self.plan.status in SUBSCRIPTION_ENDED

    @property
    def resumes_on(self) -> date | None:
        """Until when it is paused."""
        at = self.plan.resumes_at
        return charity_date(at + DRAFT) if at and self.plan.is_paused else None


def donor_gifts(email_key: str, cursor: Cursor | None) -> Keyset[Donation]:
    """Gifts that came, are on their way or failed, newest first."""
    shown = DONATION_PAID | {DonationStatus.PROCESSING, DonationStatus.FAILED}
    gifts = Donation.objects.filter(donor__in=donors_of(email_key), status__in=shown)
    return keyset_page(gifts.select_related("fund", "receipt", "tribute"), cursor, size=GIFTS_SHOWN)


def donor_receipt(email_key: str, reference: str) -> Receipt:
    """The receipt of one gift of the donor's. Raises NotFound."""
    receipts = Receipt.objects.select_related(
        "donation__donor", "donation__fund", "donation__payment"
    )
    mine = receipts.filter(donation__donor__in=donors_of(email_key))
    found = mine.filter(donation__reference=reference).first()
    if found is None:
        raise NotFound("There is no receipt at this address.")
    return found


def donor_plans(email_key: str) -> list[DonorPlan]:
    """Plans that began, those that still give first."""
    plans = _plans().filter(donor__in=donors_of(email_key)).exclude(status="incomplete")
    told = _told(plans.exclude(status="expired"))
    return sorted(told, key=lambda one: (one.is_over, -one.plan.pk))


def donor_plan_find(email_key: str, reference: str) -> Subscription:
    """One plan of the donor's. Raises NotFound, the same for another donor's."""
    plan = _plans().filter(donor__in=donors_of(email_key), reference=reference).first()
    if plan is None:
        raise NotFound("There is no plan at this address.")
    return plan


def donor_plan_tell(plan: Subscription, allowed: Iterable[str] = _ALL) -> DonorPlan:
    """One plan as it is now."""
    return _told(_plans().filter(pk=plan.pk), tuple(allowed))[0]


def donor_person(email_key: str, reference: str) -> Donor:
    """One of the donors of an address. Raises NotFound."""
    donor = donors_of(email_key).filter(reference=reference).first()
    if donor is None:
        raise NotFound("There is nobody at this address.")
    return donor


def donor_account_close(*, email_key: str, typed: str) -> int:
    """Have all donors of the address forgotten, once it was typed. It can't be undone. Returns how many."""
    if typed.strip().casefold() != email_key:
        raise Invalid(email="Type your e-mail address to show that you mean it.")
    donors = list(donors_of(email_key))
    for donor in donors:
        erasure_ask(donor=donor, actor=None)
    return len(donors)


def _plans() -> QuerySet[Subscription]:
    return Subscription.objects.select_related("fund", "donor", "tribute")


def _told(plans: QuerySet[Subscription], allowed: Sequence[str] = _ALL) -> list[DonorPlan]:
    """Two queries, however many plans there are."""
    found = list(plans)
    open_ones = Recovery.objects.filter(subscription__in=found, state=RecoveryState.OPEN)
    # A debit that the bank was asked for is on its way for days.
    open_ones = open_ones.exclude(donation__status=DonationStatus.PROCESSING)
    failed: dict[int, Recovery] = {}
    for one in open_ones.select_related("donation").order_by("donation_id"):
        failed.setdefault(one.subscription_id, one)
    return [_tell(plan, failed.get(plan.pk), allowed) for plan in found]


def _tell(plan: Subscription, recovery: Recovery | None, allowed: Sequence[str]) -> DonorPlan:
    failed = _failed(recovery) if recovery and plan.status not in SUBSCRIPTION_ENDED else None
    possible = _possible(plan, is_failed=failed is not None)
    may = [name for name in allowed if name in possible]
    if "method" not in allowed:
        plan.method = ""  # Whoever holds a link for something else need not see the card.
    if "tribute" not in allowed:
        plan.tribute = None
    return DonorPlan(plan, plan_charges(plan, after=now()), failed, may)


def _failed(recovery: Recovery) -> FailedGift:
    return FailedGift(
        recovery.donation.reference,
        recovery.amount_minor,
        recovery.currency,
        charity_date(recovery.opened_at),
        recovery.reason,
        _NEEDS.get(recovery.group, "card") if recovery.group else "pay",
    )


def _possible(plan: Subscription, *, is_failed: bool) -> set[str]:
    """What makes sense now: the page shows no button that would be refused."""
    if plan.status in SUBSCRIPTION_ENDED:
        return set()
    found = {"amount", "less", "fund", "tribute", "pause", "cancel"}
    found |= {"resume"} if plan.is_paused else {"skip"}
    found |= {"retry"} if is_failed else {"day"}
    has_card = bool(plan.stripe_payment_method_id) and not plan.is_debit
    return found | {"method"} | ({"again"} if has_card else set())
