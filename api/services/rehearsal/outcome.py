"""What a rehearsed year came to, as plain data: for a terminal, a page and a file."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

from api.models import RecoveryState
from api.services.dunning_policies import DunningPolicy, policy_scope
from api.services.gateways.stripe_rehearsal import RehearsedStripe
from api.services.rehearsal.scenario import (
    BEGINS_AT,
    ScenarioPlan,
    Truth,
    scenario_make,
    scenario_truth,
)
from api.services.rehearsal.scratch import scratch_open
from api.services.rehearsal.year import (
    Progress,
    Year,
    plans_stopped,
    recoveries_of_year,
    year_run,
)

MONTH_DAYS = 30.4375


@dataclass(frozen=True)
class Wanted:
    """What is rehearsed: so many plans for so many months; the same seed is the same year."""

    plans: int
    months: int
    seed: int


def rehearse_policy(policy: DunningPolicy, wanted: Wanted, *, progress: Progress) -> dict[str, Any]:
    """Rehearse one policy in this process, which must do nothing else afterwards."""
    begun = monotonic()
    days = round(wanted.months * MONTH_DAYS) - 1  # the last day of the last month
    scenario = scenario_make(plans=wanted.plans, months=wanted.months, seed=wanted.seed)
    scratch_open()
    with policy_scope(policy):
        stripe = RehearsedStripe(BEGINS_AT)
        year = year_run(scenario, stripe=stripe, days=days, progress=progress)
    ends_at = BEGINS_AT + timedelta(days=days)
    truth = scenario_truth(scenario, policy, ends_at=ends_at)
    return {**_told(policy, scenario, year, truth), "seconds": round(monotonic() - begun)}


def _told(
    policy: DunningPolicy, scenario: Sequence[ScenarioPlan], year: Year, truth: Truth
) -> dict[str, Any]:
    cases = recoveries_of_year()
    by_state = {state: [one for one in cases if one["state"] == state] for state in RecoveryState}
    won, lost = by_state[RecoveryState.RECOVERED], by_state[RecoveryState.LOST]
    found = Truth(
        len(cases), _sum(cases), len(won), _sum(won), len(lost), _sum(lost), plans_stopped()
    )
    months = year.months
    return {
        "policy": policy.name,
        "plans": len(scenario),
        "taken": sum(one.taken for one in months.values()),
        "taken_minor": sum(one.taken_minor for one in months.values()),
        "mails": sum(one.mails for one in months.values()),
        "failed": found.failed,
        "failed_minor": found.failed_minor,
        "recovered": found.recovered,
        "recovered_minor": found.recovered_minor,
        "recovered_by": {
            name: _sum(one for one in won if one["recovered_by"] == name)
            for name in ("retry", "donor", "other")
        },
        "lost": found.lost,
        "lost_minor": found.lost_minor,
        "stopped": found.stopped,
        "open": len(by_state[RecoveryState.OPEN]),
        "open_minor": _sum(by_state[RecoveryState.OPEN]),
        "groups": _groups(cases),
        "months": [{"month": name, **asdict(months[name])} for name in sorted(months)],
        "won_by_month": _won_by_month(won, sorted(months)),
        "truth": asdict(truth),
        "is_true": found == truth,
    }


def _groups(cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """By what went wrong: how much was at risk, and how much of it was won back."""
    names = sorted({one["group"] for one in cases})
    found = []
    for name in names:
        mine = [one for one in cases if one["group"] == name]
        won = [one for one in mine if one["state"] == RecoveryState.RECOVERED]
        found.append(
            {
                "group": name,
                "failed": len(mine),
                "failed_minor": _sum(mine),
                "recovered": len(won),
                "recovered_minor": _sum(won),
            }
        )
    return found


def _won_by_month(won: Sequence[dict[str, Any]], months: Sequence[str]) -> list[int]:
    return [_sum(one for one in won if f"{one['closed_at']:%Y-%m}" == month) for month in months]


def _sum(cases: Iterable[dict[str, Any]]) -> int:
    return sum(one["amount_minor"] for one in cases)
