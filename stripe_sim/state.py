"""Everything that the stand-in knows, and its journal on disk."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stripe_sim.agenda import Agenda
from stripe_sim.errors import missing
from stripe_sim.shelf import Shelf, Thing

__all__ = ["API_VERSION", "State", "Thing", "metadata_merge", "public"]

API_VERSION = "2026-10-28.endive"
JOURNAL = "journal.jsonl"


class State:
    """Objects by kind and id. Each change is one line of the journal, so that a kill loses nothing.

    The line is handed to the kernel, not forced to disk: a power cut may lose the last ones.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.kinds: dict[str, Shelf] = {}
        self.agenda = Agenda()
        self.on_event: Callable[[Thing], None] = lambda event: None
        # A rehearsal takes a few kinds of events at once and keeps none: no copies are made for it.
        self.takes: Callable[[str, Thing, Thing], None] | None = None
        self.check_event: Callable[[Thing], None] = lambda event: None
        self.base_url = ""  # where the hosted pages are: known from the request
        self.request: Thing = {"id": None, "idempotency_key": None}
        self._file = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._load(folder / JOURNAL)
            self._file = (folder / JOURNAL).open("a", encoding="utf-8")

    def _load(self, path: Path) -> None:
        if not path.exists():
            return
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    kind, thing = json.loads(line)
                except ValueError:
                    continue  # the last line of a killed process may be cut: it was never acknowledged
                if thing.get("_is_gone"):
                    self.shelf(kind).drop(thing["id"])
                    self.agenda.drop(thing["id"])
                else:
                    self.shelf(kind).put(thing)
                    self.agenda.put(kind, thing)
        fresh = path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as out:
            out.writelines(
                json.dumps([kind, thing]) + "\n" for kind in self.kinds for thing in self.of(kind)
            )
        fresh.replace(path)

    def shelf(self, kind: str) -> Shelf:
        """All that is known of a kind."""
        found = self.kinds.get(kind)
        if found is None:
            found = self.kinds[kind] = Shelf()
        return found

    def of(self, kind: str) -> Iterator[Thing]:
        """All of a kind, in the order they came."""
        return iter(list(self.shelf(kind).things.values()))

    def where(self, kind: str, name: str, value: str) -> Iterator[Thing]:
        """Those of a kind whose field has this value, oldest first."""
        return self.shelf(kind).where(name, value)

    def new_id(self, prefix: str) -> str:
        """A fresh id."""
        return f"{prefix}_{secrets.token_hex(12)}"

    def find(self, kind: str, object_id: str) -> Thing | None:
        """The object, or None."""
        return self.shelf(kind).things.get(object_id)

    def get(self, kind: str, object_id: str) -> Thing:
        """The object, or Stripe's 404."""
        found = self.find(kind, object_id)
        if found is None:
            raise missing(kind, object_id)
        return found

    def save(self, kind: str, thing: Thing) -> Thing:
        """Keep an object as it is now."""
        self.shelf(kind).put(thing)
        self.agenda.put(kind, thing)
        self._write(kind, thing)
        return thing

    def forget(self, kind: str, object_id: str) -> None:
        """Delete an object, also for the next start."""
        self.shelf(kind).drop(object_id)
        self.agenda.drop(object_id)
        self._write(kind, {"id": object_id, "_is_gone": True})

    def _write(self, kind: str, thing: Thing) -> None:
        if self._file is not None:
            self._file.write(json.dumps([kind, thing]) + "\n")
            self._file.flush()

    def setting(self, name: str) -> Thing:
        """What a control has set, empty when nothing was."""
        return self.find("_setting", name) or {"id": name}

    def now(self, thing: Thing | None = None) -> int:
        """The time, or that of the test clock that an object lives on."""
        clock_id = (thing or {}).get("test_clock") or (thing or {}).get("_clock")
        clock = self.find("test_clock", clock_id) if clock_id else None
        # The stand-in's own time can be moved on: /_sim/time.
        return (
            int(clock["_now"]) if clock else int(time.time()) + self.setting("time").get("ahead", 0)
        )

    def plan(self, seconds: int, deed: str, thing: Thing) -> None:
        """Let something happen to an object later, by its clock: DUES in clocks.py says what."""
        self.save(
            "_due",
            {
                "id": f"{deed}:{thing['id']}",
                "created": self.now(thing) + seconds,
                "deed": deed,
                "thing": thing["id"],
                "_clock": thing.get("test_clock") or thing.get("_clock") or "",
            },
        )

    def unplan(self, deed: str, thing: Thing) -> None:
        """Let it not happen any more; nothing when it was not planned."""
        if self.find("_due", f"{deed}:{thing['id']}"):
            self.forget("_due", f"{deed}:{thing['id']}")

    def emit(self, kind: str, thing: Thing, previous: Thing | None = None) -> Thing:
        """Write an event with the object as it is now, and hand it to the deliveries."""
        if self.takes is not None:
            self.takes(kind, thing, previous or {})
            return {}
        data: Thing = {"object": public(thing)}
        if previous is not None:
            data["previous_attributes"] = public(previous)
        event = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(thing),
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": dict(self.request),
            "type": kind,
        }
        self.check_event(event)
        self.save("event", event)
        self.on_event(event)
        return event


def public(thing: Any) -> Any:
    """A copy without what only the stand-in knows (names with a leading underscore)."""
    if isinstance(thing, dict):
        return {name: public(value) for name, value in thing.items() if not name.startswith("_")}
    if isinstance(thing, list):
        return [public(item) for item in thing]
    return thing


def metadata_merge(thing: Thing, params: Thing) -> None:
    """Stripe's metadata: merged by key, an empty value unsets."""
    given = params.get("metadata")
    if given == "":
        thing["metadata"] = {}
    elif isinstance(given, dict):
        merged = {**thing.get("metadata", {}), **given}
        thing["metadata"] = {name: value for name, value in merged.items() if value != ""}
