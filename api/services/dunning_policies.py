"""The dunning policy: which steps follow a failed payment, by its reason. Data, checked when it is read.

Pure: a schedule follows from the policy, the reason and when the payment failed, and from nothing else.
"""

import calendar
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from api.clock import charity_date
from api.errors import Invalid
from api.models import RecoveryDeed
from api.services.declines import DECLINES, decline_read

# What is done when no group names the reason.
UNKNOWN = "unknown"
LET_GO, STOP = "let_go", "stop"
# Card networks fine more than 15 tries in 30 days; a bill must be settled before the next but one.
_MOST_RETRIES, _LONGEST_DAYS = 8, 60
_scoped: "ContextVar[DunningPolicy | None]" = ContextVar("scoped", default=None)
_NAMES = {"name", "hour_utc", "paydays", "stop_after_missed", "card_notice_days", "groups"}
_GROUP_NAMES = {"reasons", "at_end", "steps"}


@dataclass(frozen=True)
class PolicyStep:
    """A step: on the `day` after the failure (0: at once), or on the nth `payday` after it."""

    deed: RecoveryDeed
    day: int | None = None
    payday: int | None = None


@dataclass(frozen=True)
class PolicyGroup:
    """What is done for some reasons. `at_end`: let this gift go, or stop the plan."""

    name: str
    reasons: frozenset[str]
    at_end: str
    steps: tuple[PolicyStep, ...]


@dataclass(frozen=True)
class DunningPolicy:
    """A whole policy. `stop_after_missed`: so many gifts missed in a row stop a plan."""

    name: str
    hour_utc: int
    paydays: tuple[int, ...]
    stop_after_missed: int
    card_notice_days: int
    groups: Mapping[str, PolicyGroup]


@dataclass(frozen=True)
class Planned:
    """A step and when it is due, UTC."""

    at: datetime
    deed: RecoveryDeed


def policy_group(policy: DunningPolicy, reason: str) -> PolicyGroup:
    """The group of a reason. One that no group names is asked about when no retry can help, else tried again."""
    for group in policy.groups.values():
        if reason in group.reasons:
            return group
    if not decline_read(reason).may_retry and "hard" in policy.groups:
        return policy.groups["hard"]
    return policy.groups[UNKNOWN]


def policy_schedule(
    policy: DunningPolicy, group: PolicyGroup, failed_at: datetime
) -> list[Planned]:
    """All steps in the order of time. Each has a minute of its own; the end is last."""
    planned = []
    for number, step in enumerate(group.steps):
        moment = _moment(policy, step, failed_at)
        planned.append(Planned(moment + timedelta(minutes=number), step.deed))
    ends = next(one.at for one in planned if one.deed == RecoveryDeed.END)
    # A pay day may come after the end: then nobody waits for it.
    return sorted((one for one in planned if one.at <= ends), key=lambda one: one.at)


def policy_next(
    policy: DunningPolicy, group: PolicyGroup, failed_at: datetime, *, after: datetime | None
) -> Planned | None:
    """The first step after the last one that was done; None when the end was."""
    schedule = policy_schedule(policy, group, failed_at)
    return next((one for one in schedule if after is None or one.at > after), None)


def policy_current() -> DunningPolicy:
    """The policy of the settings (DUNNING_POLICY_FILE), read again only when the file changes."""
    if scoped := _scoped.get():
        return scoped
    path = Path(settings.DUNNING_POLICY_FILE)
    return _read(path, path.stat().st_mtime_ns)


@contextmanager
def policy_scope(policy: DunningPolicy) -> Iterator[None]:
    """Within it this is the policy: for rehearsals."""
    token = _scoped.set(policy)
    try:
        yield
    finally:
        _scoped.reset(token)


def policy_read(path: Path) -> DunningPolicy:
    """The policy in a file. Raises Invalid naming what is wrong and what is accepted."""
    try:
        return policy_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"The policy {path} can't be read.") from error


@lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> DunningPolicy:
    return policy_read(path)


def policy_parse(text: str) -> DunningPolicy:
    """A policy from JSON. Raises Invalid naming what is wrong and what is accepted."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise _wrong("policy", f"it is not JSON ({error})") from error
    _known("policy", data, _NAMES)
    groups = {
        name: _group(f"groups.{name}", name, given)
        for name, given in _table("groups", data.get("groups")).items()
    }
    if UNKNOWN not in groups:
        raise _wrong("groups", f"a group `{UNKNOWN}` is needed for reasons that no other names")
    return DunningPolicy(
        name=_text("name", data.get("name")),
        hour_utc=_whole("hour_utc", data.get("hour_utc", 9), 0, 20),
        paydays=_days(data.get("paydays", [1, 15, 25, 28])),
        stop_after_missed=_whole("stop_after_missed", data.get("stop_after_missed", 3), 1, 24),
        card_notice_days=_whole("card_notice_days", data.get("card_notice_days", 30), 1, 90),
        groups=groups,
    )


def _group(where: str, name: str, given: Any) -> PolicyGroup:
    _known(where, given, _GROUP_NAMES)
    reasons = given.get("reasons", [])
    if not isinstance(reasons, list) or not all(isinstance(one, str) for one in reasons):
        raise _wrong(f"{where}.reasons", "it is a list of Stripe's decline codes")
    at_end = given.get("at_end", LET_GO)
    if at_end not in (LET_GO, STOP):
        raise _wrong(f"{where}.at_end", f"it is `{LET_GO}` or `{STOP}`")
    raw = given.get("steps")
    if not isinstance(raw, list) or not raw:
        raise _wrong(f"{where}.steps", "it is a list of steps")
    steps = tuple(_step(f"{where}.steps[{number}]", one) for number, one in enumerate(raw))
    _steps_check(where, steps, reasons)
    return PolicyGroup(name, frozenset(reasons), at_end, steps)


def _steps_check(where: str, steps: Sequence[PolicyStep], reasons: Sequence[str]) -> None:
    deeds = [step.deed for step in steps]
    if deeds.count(RecoveryDeed.END) != 1 or deeds[-1] != RecoveryDeed.END:
        raise _wrong(f"{where}.steps", "the last step, and no other, is `end`")
    if steps[-1].day is None or any((step.day or 0) > steps[-1].day for step in steps):
        raise _wrong(f"{where}.steps", "`end` has a `day`, and no step has a later one")
    if deeds.count(RecoveryDeed.RETRY) > _MOST_RETRIES:
        raise _wrong(f"{where}.steps", f"at most {_MOST_RETRIES} steps are `retry`")
    hopeless = [one for one in reasons if one in DECLINES and not decline_read(one).may_retry]
    if hopeless and RecoveryDeed.RETRY in deeds:
        raise _wrong(
            f"{where}.steps",
            f"`{hopeless[0]}` is not tried again without the donor: leave `retry` out, or the reason",
        )


def _step(where: str, given: Any) -> PolicyStep:
    _known(where, given, {"do", "day", "payday"})
    if given.get("do") not in RecoveryDeed.values:
        raise _wrong(f"{where}.do", f"it is one of {', '.join(RecoveryDeed.values)}")
    if ("day" in given) == ("payday" in given):
        raise _wrong(where, "it has a `day` or a `payday`, and not both")
    deed = RecoveryDeed(given["do"])
    if "day" in given:
        return PolicyStep(deed, day=_whole(f"{where}.day", given["day"], 0, _LONGEST_DAYS))
    return PolicyStep(deed, payday=_whole(f"{where}.payday", given["payday"], 1, 6))


def _moment(policy: DunningPolicy, step: PolicyStep, failed_at: datetime) -> datetime:
    failed_on = charity_date(failed_at)
    if step.day == 0:
        return failed_at
    if step.day is not None:
        return _at(failed_on + timedelta(days=step.day), policy)
    return _at(_payday(policy, failed_on, step.payday or 1), policy)


def _payday(policy: DunningPolicy, failed_on: date, number: int) -> date:
    """The nth pay day from two days after a failure on: money that came the next day was not waited for."""
    on, found = failed_on + timedelta(days=1), 0
    while found < number:
        on += timedelta(days=1)
        last = calendar.monthrange(on.year, on.month)[1]
        found += on.day in policy.paydays or (on.day == last and max(policy.paydays) > last)
    return on


def _at(on: date, policy: DunningPolicy) -> datetime:
    return datetime.combine(on, time(policy.hour_utc), UTC)


def _days(given: Any) -> tuple[int, ...]:
    if not isinstance(given, list) or not given:
        raise _wrong("paydays", "it is a list of days of the month, 1 to 31")
    return tuple(sorted({_whole("paydays", day, 1, 31) for day in given}))


def _whole(where: str, given: Any, least: int, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise _wrong(where, f"it is a whole number from {least} to {most}")
    return given


def _text(where: str, given: Any) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= 80:
        raise _wrong(where, "it is a text of 1 to 80 letters")
    return given


def _table(where: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not given:
        raise _wrong(where, "it is a table of names")
    return given


def _known(where: str, given: Any, names: set[str]) -> None:
    strange = set(_table(where, given)) - names
    if strange:
        raise _wrong(
            f"{where}.{min(strange)}", f"there is no such setting: {', '.join(sorted(names))}"
        )


def _wrong(where: str, sentence: str) -> Invalid:
    return Invalid(f"The dunning policy is not understood at `{where}`: {sentence}.")
