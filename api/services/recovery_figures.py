"""Failed payments of plans as money: at risk, won back, lost. Minor units; currencies are never added up."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth

from api.clock import charity_date, day_begin, now
from api.models import Recovery, RecoveryDeed, RecoveryState
from api.services.declines import decline_read
from api.services.dunning_policies import DunningPolicy, PolicyStep, policy_current

OPEN_SHOWN = 50
_DEEDS = {
    RecoveryDeed.RETRY: "try again",
    RecoveryDeed.WRITE: "write to the donor",
    RecoveryDeed.FINAL: "write for the last time",
    RecoveryDeed.END: "give up",
}


@dataclass(frozen=True)
class Share:
    """How many, and how much in minor units."""

    count: int = 0
    amount_minor: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.count + other.count, self.amount_minor + other.amount_minor)


@dataclass(frozen=True)
class Funnel:
    """Payments that failed in a span, in one currency. `failed` = `open` + `won` + `lost`."""

    label: str
    currency: str
    failed: Share
    open: Share
    won: Share
    lost: Share
    won_by: dict[str, Share]

    @property
    def rate(self) -> str:
        """The share of the money that was won back, of what is decided."""
        decided = self.won.amount_minor + self.lost.amount_minor
        return f"{100 * self.won.amount_minor / decided:.1f} %" if decided else "–"


@dataclass(frozen=True)
class OpenCase:
    """One that is not decided: what is done next, and when."""

    plan: str
    donation: str
    amount_minor: int
    currency: str
    failed_on: date
    why: str
    next_deed: str
    next_on: date | None


def recoveries_funnel(*, since: date | None) -> list[Funnel]:
    """All that failed since a day, one row per currency."""
    return _funnels(_since(since), "currency")


def recoveries_by_reason(*, since: date | None) -> list[Funnel]:
    """The same by what was wrong."""
    return _funnels(_since(since), "group")


def recoveries_by_month(*, since: date | None) -> list[Funnel]:
    """The same by the charity's month in which they failed, oldest first."""
    zone = ZoneInfo(settings.CHARITY_TIME_ZONE)
    rows = _since(since).annotate(month=TruncMonth("opened_at", tzinfo=zone))
    return _funnels(rows, "month")


def recoveries_open() -> list[OpenCase]:
    """What is not decided, what is due first on top; at most OPEN_SHOWN."""
    rows = Recovery.objects.filter(state=RecoveryState.OPEN).select_related(
        "subscription", "donation"
    )
    return [_case(one) for one in rows.order_by("next_step_at", "id")[:OPEN_SHOWN]]


def policy_words(policy: DunningPolicy | None = None) -> list[tuple[str, list[str]]]:
    """A policy in words: for each group what is done when."""
    policy = policy or policy_current()
    return [
        (name, [_step_words(step, group.at_end) for step in group.steps])
        for name, group in policy.groups.items()
    ]


def _since(since: date | None) -> QuerySet[Recovery]:
    found = Recovery.objects.order_by()
    return found.filter(opened_at__gte=day_begin(since)) if since else found


def _funnels(rows: "QuerySet[Recovery]", by: str) -> list[Funnel]:
    counted = rows.values(by, "currency", "state", "recovered_by").annotate(
        count=Count("id"), amount=Sum("amount_minor")
    )
    table: dict[tuple[str, str], dict[str, Share]] = {}
    for row in counted.order_by(by, "currency"):
        cells = table.setdefault((_label(row[by]), row["currency"]), {})
        share = Share(row["count"], int(row["amount"]))
        for name in (row["state"], f"by {row['recovered_by']}"):
            cells[name] = cells.get(name, Share()) + share
    return [_funnel(label, currency, cells) for (label, currency), cells in table.items()]


def _funnel(label: str, currency: str, cells: dict[str, Share]) -> Funnel:
    open_, won, lost = (cells.get(state, Share()) for state in RecoveryState.values)
    names = ("retry", "donor", "other")
    return Funnel(
        label=label,
        currency=currency,
        failed=open_ + won + lost,
        open=open_,
        won=won,
        lost=lost,
        won_by={name: cells.get(f"by {name}", Share()) for name in names},
    )


def _label(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%b %Y}"
    return str(value) or "not looked at"


def _case(one: Recovery) -> OpenCase:
    deed = RecoveryDeed(one.next_deed) if one.next_deed else None
    return OpenCase(
        plan=one.subscription.reference,
        donation=one.donation.reference,
        amount_minor=one.amount_minor,
        currency=one.currency,
        failed_on=charity_date(one.opened_at),
        why=decline_read(one.reason).why if one.reason else "Stripe is asked",
        next_deed=_DEEDS[deed].capitalize() if deed else "Look why it failed",
        next_on=charity_date(one.next_step_at) if one.next_step_at else None,
    )


def _step_words(step: PolicyStep, at_end: str) -> str:
    if step.day == 0:
        when = "At once"
    elif step.day is not None:
        when = f"After {step.day} day{'s' if step.day > 1 else ''}"
    else:
        when = ("On the next pay day", "On the second pay day", "On the third pay day")[
            min(step.payday or 1, 3) - 1
        ]
    deed = _DEEDS[step.deed]
    if step.deed == RecoveryDeed.END:
        deed = "stop the plan" if at_end == "stop" else "let this gift go"
    return f"{when}: {deed}"


def days_ago(days: int | None) -> date | None:
    """The first day of a span that ends today; None is all time."""
    return charity_date(now()) - timedelta(days=days) if days else None
