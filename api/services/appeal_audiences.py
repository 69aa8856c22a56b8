"""Whom an appeal by e-mail may reach, who of them is chosen, and why others are left out.

PECR regulation 22: nobody gets one who has not said yes, by consent or by the charity soft opt-in; the two
are counted apart.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from api.clock import day_begin
from api.models import (
    DONATION_PAID,
    SUBSCRIPTION_LIVE,
    AppealGiving,
    AppealRun,
    Consent,
    ConsentBasis,
    ConsentChannel,
    ConsentState,
    Donation,
    Donor,
    Subscription,
)
from api.services.mail_addresses import addresses_suppressed

_SAMPLES = 3


@dataclass(frozen=True)
class AppealAudience:
    """Counts of donors. `chosen` fit what was chosen; all but `receivers` of them are left out for one reason each.

    `consent` and `soft_opt_in` are the grounds of those who said yes, whether or not their address works.
    """

    chosen: int
    erased: int
    without_address: int
    never_asked: int
    said_no: int
    other_basis: int
    same_address: int
    suppressed: int
    receivers: int
    consent: int
    soft_opt_in: int

    @property
    def said_yes(self) -> int:
        """Those on either ground."""
        return self.consent + self.soft_opt_in


def appeal_audience(run: AppealRun) -> AppealAudience:
    """Who would get it now, and why others would not."""
    counts = dict.fromkeys(("erased", "without_address", "never_asked", "said_no"), 0)
    bases = dict.fromkeys(ConsentBasis.values, 0)
    chosen = 0
    for is_erased, has_address, state, basis, count in _groups(run):
        chosen += count
        if is_erased:
            counts["erased"] += count
        elif not has_address:
            counts["without_address"] += count
        elif state is None:
            counts["never_asked"] += count
        elif state != ConsentState.GIVEN:
            counts["said_no"] += count
        else:
            bases[basis] += count
    wanted = sum(count for basis, count in bases.items() if run.basis in ("", basis))
    keys = appeal_receivers(run).order_by().values_list("email_key", flat=True).distinct()
    addresses = keys.count()
    suppressed = addresses_suppressed(keys.iterator(chunk_size=5000))
    return AppealAudience(
        chosen=chosen,
        **counts,
        other_basis=sum(bases.values()) - wanted,
        same_address=wanted - addresses,
        suppressed=suppressed,
        receivers=addresses - suppressed,
        consent=bases[ConsentBasis.CONSENT],
        soft_opt_in=bases[ConsentBasis.SOFT_OPT_IN],
    )


def appeal_receivers(run: AppealRun) -> QuerySet[Donor]:
    """Who said yes and is chosen, with each donor's newest answer as it is when this is asked."""
    found = _answered(_chosen(run)).filter(erased_at=None, answer=ConsentState.GIVEN)
    found = found.exclude(email="")
    return found.filter(answer_basis=run.basis) if run.basis else found


def appeal_samples(run: AppealRun) -> list[Donor]:
    """A few who would get it, to see whether the choice is what was meant."""
    return list(appeal_receivers(run).order_by("-pk")[:_SAMPLES])


def _groups(run: AppealRun) -> QuerySet[Any]:
    """Those who fit the choice, counted by all that decides: one pass over them."""
    rows = _answered(_chosen(run)).annotate(
        is_erased=Q(erased_at__isnull=False), has_address=~Q(email="")
    )
    by = ("is_erased", "has_address", "answer", "answer_basis")
    counted: QuerySet[Any] = rows.order_by().values_list(*by).annotate(Count("pk"))
    return counted


def _answered(donors: QuerySet[Donor]) -> QuerySet[Any]:
    """With what each said last about appeals by e-mail; None: never asked."""
    said = Consent.objects.filter(donor=OuterRef("pk"), channel=ConsentChannel.EMAIL)
    newest = said.order_by("-at", "-id")
    return donors.annotate(
        answer=Subquery(newest.values("state")[:1]),
        answer_basis=Subquery(newest.values("basis")[:1]),
    )


def _chosen(run: AppealRun) -> QuerySet[Donor]:
    found = Donor.objects.all()
    if run.fund_id or run.gave_from or run.gave_to:
        found = found.filter(pk__in=_gifts(run).values("donor"))
    if run.giving:
        plans = Subscription.objects.filter(status__in=SUBSCRIPTION_LIVE).values("donor")
        has_plan = Q(pk__in=plans)
        found = found.filter(has_plan if run.giving == AppealGiving.PLAN else ~has_plan)
    if run.tag_id:
        found = found.filter(donor_tags__tag=run.tag_id)
    return found


def _gifts(run: AppealRun) -> QuerySet[Donation]:
    """Paid gifts to the fund, received in the days that were chosen."""
    gifts = Donation.objects.filter(status__in=DONATION_PAID)
    if run.fund_id:
        gifts = gifts.filter(fund=run.fund_id)
    if run.gave_from:
        gifts = gifts.filter(payment__received_at__gte=day_begin(run.gave_from))
    if run.gave_to:
        gifts = gifts.filter(payment__received_at__lt=day_begin(run.gave_to + timedelta(days=1)))
    return gifts
