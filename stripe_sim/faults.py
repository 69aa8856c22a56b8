"""Faults on order, by a seed: the same seed and the same requests bring the same faults."""

import random
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

DELIVERY = ("drop", "duplicate", "delay", "reorder")
ANSWER = ("error", "slow", "pace", "timeout_after_commit")


@dataclass
class Fault:
    """One rule. `match` names event types or `METHOD path`, `rate` is its share, `times` its most."""

    kind: str
    match: str = "*"
    rate: float = 1.0
    times: int | None = None
    seconds: float = 1.0
    status: int = 500


@dataclass
class Faults:
    """The rules in force and the dice that they throw."""

    rules: list[Fault] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: _dice(0))
    happened: list[tuple[str, str]] = field(default_factory=list)
    _turns: dict[str, float] = field(default_factory=dict)

    def order(self, asked: dict[str, Any]) -> None:
        """Replace all rules. Raises ValueError or TypeError for one that is not understood."""
        rules = [Fault(**rule) for rule in asked.get("rules", [])]
        for rule in rules:
            if rule.kind not in (*DELIVERY, *ANSWER):
                raise ValueError(f"No such fault: {rule.kind}.")
        self.rules, self.happened = rules, []
        self.dice = _dice(int(asked.get("seed", 0)))
        self._turns = {}

    def strike(self, kinds: tuple[str, ...], what: str) -> Fault | None:
        """The first rule that hits; every rule that fits throws once, whether others hit or not."""
        hit = None
        for rule in self.rules:
            if rule.kind not in kinds or not fnmatch(what, rule.match):
                continue
            falls = self.dice.random() < rule.rate
            if hit is None and falls and rule.times != 0:
                hit = rule
        if hit:
            if hit.times is not None:
                hit.times -= 1
            self.happened.append((hit.kind, what))
        return hit

    def turn(self, what: str, seconds: float, moment: float) -> float:
        """How long an answer waits so that those of one endpoint are `seconds` apart."""
        due = max(moment, self._turns.get(what, moment))
        self._turns[what] = due + seconds
        return due - moment


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (it is to be repeated, not to be unforeseen)
