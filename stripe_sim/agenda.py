"""What comes next in the life of plans and of their unpaid invoices, by clock: asked at every step of time."""

from bisect import bisect_left, insort

from stripe_sim.shelf import Thing

KINDS = ("subscription", "invoice")
ENDED = ("canceled", "incomplete_expired")
INCOMPLETE_SECONDS = 23 * 3600
# When, as which one in the order of their coming, the deed, and the object's id.
Due = tuple[int, int, str, str]


class Agenda:
    """One due per object and clock, in the order of time: a step costs the same for 10 plans and 10,000."""

    def __init__(self) -> None:
        self._by_clock: dict[str | None, list[Due]] = {}
        self._known: dict[str, tuple[str | None, Due]] = {}
        self._ranks: dict[str, int] = {}

    def put(self, kind: str, thing: Thing) -> None:
        """Take down what comes next for an object as it is now."""
        if kind not in KINDS:
            return
        self.drop(thing["id"])
        found = of_subscription(thing) if kind == "subscription" else of_invoice(thing)
        if found is None:
            return
        rank = self._ranks.setdefault(thing["id"], len(self._ranks))
        due = (found[0], rank, found[1], thing["id"])
        clock = thing["test_clock"]
        insort(self._by_clock.setdefault(clock, []), due)
        self._known[thing["id"]] = clock, due

    def drop(self, key: str) -> None:
        """Nothing comes any more for an object."""
        if key not in self._known:
            return
        clock, due = self._known.pop(key)
        dues = self._by_clock[clock]
        del dues[bisect_left(dues, due)]

    def first(self, clock: str | None) -> Due | None:
        """What comes first on a clock."""
        dues = self._by_clock.get(clock)
        return dues[0] if dues else None


def of_invoice(invoice: Thing) -> tuple[int, str] | None:
    """The next try of an unpaid invoice."""
    if invoice["status"] != "open" or not invoice["next_payment_attempt"]:
        return None
    return invoice["next_payment_attempt"], "collect"


def of_subscription(subscription: Thing) -> tuple[int, str] | None:
    """The next turn of a plan: it expires, its trial or period is over, it ends, or its pause does."""
    status = subscription["status"]
    if status in ENDED:
        return None
    if status == "incomplete":
        return subscription["created"] + INCOMPLETE_SECONDS, "expire"
    turns = []
    if subscription["cancel_at"]:
        turns.append((subscription["cancel_at"], "cancel"))
    if pause := (subscription["pause_collection"] or {}).get("resumes_at"):
        turns.append((pause, "collect_again"))
    if status == "trialing":
        turns.append((subscription["trial_end"], "trial_end"))
    elif status != "paused":
        turns.append((subscription["items"]["data"][0]["current_period_end"], "renew"))
    # At the same moment a plan ends, or its pause does, before it renews ("cancel" < "collect_again" < "renew").
    return min(turns, default=None)
