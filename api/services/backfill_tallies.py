"""What a backfill makes, leaves alone and cannot place: counted the same way by a dry run and a real one."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from api.clock import charity_date

EXAMPLES = 10


@dataclass
class Total:
    """How many, and their sum in minor units of one currency."""

    count: int = 0
    amount_minor: int = 0

    def add(self, count: int, amount_minor: int) -> None:
        """Count more."""
        self.count += count
        self.amount_minor += amount_minor


@dataclass
class Unplaced:
    """What has no place here for one reason: sums in minor units by currency, and the first ids."""

    count: int = 0
    sums: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, other: "Unplaced") -> None:
        """Count more."""
        self.count += other.count
        for currency, amount in other.sums.items():
            self.sums[currency] += amount
        self.examples = [*self.examples, *other.examples][:EXAMPLES]


@dataclass
class Tally:
    """`made` by what it is, currency and the charity's month (2026-11); `passed` by why it was left alone."""

    donors: int = 0
    made: dict[tuple[str, str, str], Total] = field(default_factory=dict)
    passed: Counter[str] = field(default_factory=Counter)
    unplaced: dict[str, Unplaced] = field(default_factory=dict)

    def make(self, what: str, amount_minor: int, currency: str, at: datetime) -> None:
        """Something new."""
        key = (what, currency, f"{charity_date(at):%Y-%m}")
        self.made.setdefault(key, Total()).add(1, amount_minor)

    def leave(self, why: str, thing: str, amount_minor: int, currency: str) -> None:
        """Something that could not be placed. Amount in minor units."""
        sums: Counter[str] = Counter({currency: amount_minor})
        self.unplaced.setdefault(why, Unplaced()).add(Unplaced(1, sums, [thing]))

    def join(self, other: "Tally") -> None:
        """Count what another tally has, too."""
        self.donors += other.donors
        self.passed.update(other.passed)
        for key, total in other.made.items():
            self.made.setdefault(key, Total()).add(total.count, total.amount_minor)
        for why, left in other.unplaced.items():
            self.unplaced.setdefault(why, Unplaced()).add(left)

    def totals(self) -> dict[tuple[str, str], Total]:
        """What was made, by what it is and currency."""
        sums: dict[tuple[str, str], Total] = {}
        for (what, currency, _), total in sorted(self.made.items()):
            sums.setdefault((what, currency), Total()).add(total.count, total.amount_minor)
        return sums
