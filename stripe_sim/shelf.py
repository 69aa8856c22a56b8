"""The objects of one kind in order of creation, so that a page of 100,000 costs what a page of 10 does."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any

Thing = dict[str, Any]
# When it was made, as which one, and its id: Stripe's lists are in this order, newest first.
Place = tuple[int, int, str]

INDEXED = (
    "charge",
    "customer",
    "invoice",
    "payment_intent",
    "source",
    "status",
    "type",
    "_clock",
    "_payout",
    "_subscription",
)


class Shelf:
    """Objects by id, by age, and by the fields that lists ask for."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.order: list[Place] = []
        self._places: dict[str, Place] = {}
        self._by: dict[tuple[str, str], list[Place]] = {}
        self._known: dict[str, tuple[str | None, ...]] = {}
        self._count = 0

    def put(self, thing: Thing) -> None:
        """Keep an object as it is now."""
        key = thing["id"]
        self.things[key] = thing
        place = self._places.get(key)
        if place is None:
            self._count += 1
            place = (int(thing.get("created") or thing.get("date") or 0), self._count, key)
            self._places[key] = place
            insort(self.order, place)
        values = [thing.get(name) for name in INDEXED]
        self._catalogue(
            key, place, tuple([one if isinstance(one, str) else None for one in values])
        )

    def drop(self, key: str) -> None:
        """Forget an object."""
        if self.things.pop(key, None) is None:
            return
        place = self._places[key]
        self._catalogue(key, place, (None,) * len(INDEXED))
        _take_out(self.order, place)
        del self._places[key]
        self._known.pop(key, None)

    def place(self, key: str) -> Place | None:
        """Where an object stands in the order."""
        return self._places.get(key)

    def places(self, name: str, value: str) -> list[Place]:
        """Where the objects stand whose field has this value."""
        return self._by.get((name, value), [])

    def where(self, name: str, value: str) -> Iterator[Thing]:
        """The objects whose field has this value, oldest first; safe to change them on the way."""
        return (self.things[key] for _, _, key in list(self.places(name, value)))

    def _catalogue(self, key: str, place: Place, values: tuple[str | None, ...]) -> None:
        known = self._known.get(key, (None,) * len(INDEXED))
        if known == values:
            return
        self._known[key] = values
        for name, old, new in zip(INDEXED, known, values, strict=True):
            if old == new:
                continue
            if old is not None:
                _take_out(self._by[name, old], place)
            if new is not None:
                insort(self._by.setdefault((name, new), []), place)


def _take_out(places: list[Place], place: Place) -> None:
    del places[bisect_left(places, place)]
