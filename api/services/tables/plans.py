"""Monthly plans as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, Q

from api.models import (
    Fund,
    PlanInterval,
    Right,
    Subscription,
    SubscriptionMove,
    SubscriptionStatus,
)
from api.services.plan_figures import PLAN_MOVES
from api.services.tables import methods
from api.services.tables.filters import Chosen, Days, Filter, Given, Money, Options, Related
from api.services.tables.searches import (
    Amounts,
    Emails,
    Names,
    NamesAlike,
    Postcodes,
    References,
    StripeIds,
)
from api.services.tables.spec import Column, Kind, Order, Table, Tone
from api.services.tables.tributes import TRIBUTE_COLUMNS

_S = SubscriptionStatus
_TONES = {
    _S.INCOMPLETE: Tone.PLAIN,
    _S.ACTIVE: Tone.GOOD,
    _S.PAST_DUE: Tone.BAD,
    _S.UNPAID: Tone.BAD,
    _S.PAUSED: Tone.CARE,
    _S.TRIALING: Tone.WAITING,
    _S.EXPIRED: Tone.PLAIN,
    _S.CANCELLED: Tone.PLAIN,
}
_MOVED = {
    "new": "Began to give",
    "lost": "Stopped for good",
    "failing": "A payment failed",
    "recovered": "Goes on after a failed payment",
}


@dataclass(frozen=True)
class Moved(Filter):
    """Plans that moved in one way in some days: what a figure of monthly giving is made of."""

    @property
    def names(self) -> Sequence[str]:
        """How, and both ends of the days."""
        return (self.name, f"{self.name}_from", f"{self.name}_to")

    def read(self, given: Given) -> Chosen | None:
        """By the history of their moves."""
        how = Options(self.name, self.label, path="to_status", choices=_MOVED).read(given)
        if how is None:
            return None
        moves, chips = Q(), list(how.chips)
        for chip in how.chips:
            left, entered = PLAN_MOVES[chip.value]
            moves |= Q(from_status__in=left, to_status__in=entered)
        if days := Days(self.name, "Moved", path="at").read({**given, self.name: ()}):
            moves &= days.where
            chips += days.chips
        found = SubscriptionMove.objects.filter(moves).values("subscription_id")
        return Chosen(Q(pk__in=found), chips)

    def accepts(self) -> Mapping[str, str]:
        """The ways, and days."""
        how, first, last = self.names
        return {
            how: f"One or more of: {', '.join(_MOVED)}.",
            first: "With `moved`: a day such as `2026-11-22`, from then on.",
            last: "With `moved`: a day such as `2026-11-22`, up to then, that day included.",
        }


_TOTAL = F("amount_minor") + F("fee_cover_minor")

PLANS = Table(
    noun="plans",
    label="Monthly plans",
    one="plan",
    model=Subscription,
    right=Right.GIVING_VIEW,
    aliases={"total_minor": _TOTAL},
    keys={"currency": "currency", "donor_reference": "donor__reference"},
    lookup="reference",
    columns=[
        Column(
            "donor",
            "Donor",
            source="donor__name",
            right=Right.DONORS_VIEW,
            link="/admin/donors/{donor_reference}/",
        ),
        Column(
            "email", "E-mail", source="donor__email", right=Right.DONORS_CONTACT, is_default=False
        ),
        Column("total_minor", "Each time", Kind.MONEY, source=_TOTAL),
        Column("interval", "How often", Kind.STATUS, choices=dict(PlanInterval.choices)),
        Column("fee_cover_minor", "Of it for fees", Kind.MONEY, is_default=False),
        Column("currency", "Currency", Kind.CODE, is_default=False),
        Column("status", "Status", Kind.STATUS, choices=dict(_S.choices), tones=_TONES),
        Column("fund", "Fund", source="fund__name"),
        Column("collection_day", "Day", Kind.INTEGER),
        Column("next_collection_on", "Next", Kind.DATE, is_nullable=True),
        Column("created_at", "Begun", Kind.MOMENT),
        Column("ends_on", "Ends on", Kind.DATE, is_default=False, is_nullable=True),
        Column("gifts_limit", "Gifts in all", Kind.INTEGER, is_default=False, is_nullable=True),
        *TRIBUTE_COLUMNS,
        Column("cancelled_at", "Stopped", Kind.MOMENT, is_default=False, is_nullable=True),
        Column("reference", "Reference", Kind.CODE, link="/admin/api/subscription/{pk}/change/"),
        Column(
            "stripe_subscription_id",
            "Stripe's id",
            Kind.CODE,
            right=Right.BANK_VIEW,
            is_default=False,
            is_nullable=True,
        ),
    ],
    row_links={"Gifts": "/admin/donations/?plan={reference}"},
    orders=[
        Order("created_at", "Begun", ["created_at"], is_descending=True),
        Order("total_minor", "Each time", [_TOTAL], is_descending=True),
    ],
    filters=[
        Options("status", "Status", choices=dict(_S.choices)),
        Options("interval", "How often", choices=dict(PlanInterval.choices)),
        Related("fund", "Fund", model=Fund),
        Days("created", "Begun", path="created_at"),
        Days("next_collection", "Next", path="next_collection_on", is_date=True, is_ahead=True),
        Days("cancelled", "Stopped", path="cancelled_at"),
        Moved("moved", "Moved", is_hidden=True),
        Money("amount", "Each time", path="total_minor"),
        methods.currency(),
        methods.reference("donor", "Donor", "donor__reference", right=Right.DONORS_VIEW),
    ],
    searches=[
        References(
            model=Subscription, paths=("reference", "donor__reference", "donations__reference")
        ),
        StripeIds(paths={"sub": "stripe_subscription_id", "cus": "donor__stripe_customer_id"}),
        Amounts(path="total_minor"),
        Emails(donor="donor"),
        Postcodes(donor="donor"),
        Names(donor="donor"),
        Emails(donor="donor", is_last=True),
        NamesAlike(donor="donor"),
    ],
    search_hint="Name, e-mail, postcode, reference or amount",
    empty="Nobody gives monthly yet. A plan is here as soon as a donor begins one.",
)
