"""`intake`: webhooks verified and kept, against a bare view that does the same."""

from dataclasses import dataclass, field
from statistics import median

from django.db import connection

from bench.events import bodies, donations_make
from bench.load import Load, load, percentile, signed
from bench.servers import FLOOR, OUR_PATH, OURS, SECRET, serving

# Short rounds by turns, so that what else the machine does falls on both sides alike.
ROUNDS, GIFTS, WARM_GIFTS = 12, 500, 100


@dataclass
class Side:
    """The rounds of one of those compared."""

    name: str
    port: int
    path: str
    rounds: list[Load] = field(default_factory=list)

    def round(self, made: list[bytes]) -> Load:
        """Send these bodies, freshly signed."""
        return load(self.port, [signed(self.path, body, SECRET) for body in made])

    @property
    def per_second(self) -> float:
        """The middle round's."""
        return median(run.per_second for run in self.rounds)

    @property
    def p99_ms(self) -> float:
        """Of all requests of all rounds."""
        return percentile([wait for run in self.rounds for wait in run.waits], 0.99) * 1000

    def say(self) -> None:
        """One line of what was measured."""
        rates = [run.per_second for run in self.rounds]
        requests = sum(len(run.waits) for run in self.rounds)
        print(
            f"{self.name}: {self.per_second:.0f}/s (rounds from {min(rates):.0f} to {max(rates):.0f}),"
            f" p99 {self.p99_ms:.1f} ms of {requests} requests"
        )


def intake() -> None:
    """Ours and the floor by turns."""
    floor_table_make()
    with serving(FLOOR, OURS) as (floor_port, our_port):
        floor = Side("floor", floor_port, "/floor/")
        ours = Side("intake", our_port, OUR_PATH)
        by_turns(ours, floor)
    floor.say()
    ours.say()
    print(f"ratio to the floor {ratio(ours, floor, 'per_second')} (promise: 0.80)")
    print(f"p99 to the floor's {ratio(ours, floor, 'p99_ms')} (promise: 1.00)")


def by_turns(*sides: Side) -> None:
    """Rounds of each side in turn, the order turned around every time."""
    for side in sides:
        side.round(bodies(donations_make(WARM_GIFTS)))
    for number in range(ROUNDS):
        made = bodies(donations_make(GIFTS))
        for side in sides if number % 2 else reversed(sides):
            side.rounds.append(side.round(made))


def ratio(one: Side, other: Side, name: str) -> str:
    """The middle of the rounds' ratios, how far they go, and that of the whole."""
    pairs = zip(one.rounds, other.rounds, strict=True)
    each = sorted(getattr(mine, name) / getattr(its, name) for mine, its in pairs)
    whole = getattr(one, name) / getattr(other, name)
    quarter = len(each) // 4
    return f"{median(each):.2f}, half of the rounds {each[quarter]:.2f}-{each[-1 - quarter]:.2f}, whole {whole:.2f}"


def floor_table_make() -> None:
    """The floor's table, empty."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_floor")
        cursor.execute(
            "CREATE TABLE bench_floor (event_id text PRIMARY KEY, payload jsonb NOT NULL)"
        )
