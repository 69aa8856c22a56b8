"""Stripe's own types as JSON Schema: what the stand-in answers, tells and is asked is held to them.

tools/stripe_schemas.mjs makes the file. An object within another is checked by its own schema, found by its `object`;
the schema around it only says which objects may stand there.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from stripe_sim.state import Thing

MAX_REASONS = 8
MAX_LENGTH = 200
# The sender was told that its request is wrong: nothing more is to be said of it.
TOLD = (400, 401, 404)
# Beyond Stripe's API: so that a browser can answer the bank's question, and what Stripe's CLI asks of Checkout.
OWN = re.compile(
    r"(payment|setup)_intents/\w+/simulate_authentication|payment_pages/\w+(/confirm)?"
)


class SchemaViolation(Exception):
    """Something that Stripe would not say, or would not take."""

    @property
    def body(self) -> Thing:
        """The answer to whoever met it."""
        words = {"type": "api_error", "code": "schema_violation", "message": str(self)}
        return {"error": words}


class Schemas:
    """The schemas of a file. Each violation is also a line in `violations`: some are met by nobody who asks."""

    def __init__(self, path: Path, violations: Path | None = None) -> None:
        made: Thing = json.loads(path.read_text(encoding="utf-8"))
        self.objects: Thing = made["objects"]
        self.events: Thing = made["events"]
        self._error: Thing = made["error"]
        # The most literal path first: /customers/search is not the customer called "search".
        self._routes: list[Thing] = sorted(made["routes"], key=lambda r: r["path"].count("{id}"))
        self._violations = violations
        self._validators: dict[int, jsonschema_rs.Validator] = {}

    def answer_check(self, method: str, path: str, status: int, answer: Any) -> None:
        """The body of an answer. Raises SchemaViolation."""
        what = f"{method} /v1/{path} answers {status}"
        if status != 200:
            self._hold(what, self._wrong(self._error, answer["error"]))
        elif not OWN.fullmatch(path):
            route = self.route(method, path)
            self._hold(what, self._wrong(route["answer"], answer) if route else _unknown())
        self._hold(what, self._walk(answer, ""))

    def request_check(self, method: str, path: str, params: Thing, status: int) -> None:
        """The parameters of a request that was carried out. Raises SchemaViolation."""
        if status in TOLD or OWN.fullmatch(path):
            return
        route = self.route(method, path)
        self._hold(
            f"{method} /v1/{path} was asked",
            self._wrong(route["params"], params) if route else _unknown(),
        )

    def event_check(self, event: Thing) -> None:
        """An event, before anybody hears of it. Raises SchemaViolation."""
        self._hold(f"event {event['type']}", self._walk(event, ""))

    def route(self, method: str, path: str) -> Thing | None:
        """What Stripe's types say of an address below /v1/."""
        parts = ["", "v1", *path.split("/")]
        return next(
            (r for r in self._routes if r["method"] == method and _is_at(r["path"], parts)), None
        )

    def _walk(self, value: Any, place: str) -> Iterator[str]:
        """What is wrong with each object in an answer; metadata is the sender's, not Stripe's."""
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._walk(item, f"{place}/{index}")
        if not isinstance(value, dict):
            return
        kind = value.get("object")
        if isinstance(kind, str) and kind != "list":
            yield from self._of_object(kind, value, place)
        for name, item in value.items():
            if name not in ("metadata", "previous_attributes"):
                yield from self._walk(item, f"{place}/{name}")

    def _of_object(self, kind: str, thing: Thing, place: str) -> Iterator[str]:
        schema = self.objects.get(f"{kind}:deleted" if thing.get("deleted") else kind)
        if schema is None:
            yield f"{place}: Stripe has no object called {kind}"
            return
        yield from self._wrong(schema, thing, place)
        if kind == "event" and thing["type"] in self.events:
            yield from self._of_event(thing, f"{place}/data")

    def _of_event(self, event: Thing, place: str) -> Iterator[str]:
        """Which object it is about, and that what changed is of that object."""
        about, before = event["data"]["object"], event["data"].get("previous_attributes", {})
        yield from self._wrong(self.events[event["type"]], about, f"{place}/object")
        known = self.objects.get(about.get("object"), {}).get("properties", {})
        for name in before.keys() - known.keys():
            yield f"{place}/previous_attributes: {name} is no field of a {about.get('object')}"

    def _wrong(self, schema: Thing, value: Any, place: str = "") -> Iterator[str]:
        validator = self._validators.get(id(schema))
        if validator is None:
            validator = self._validators[id(schema)] = jsonschema_rs.validator_for(schema)
        if validator.is_valid(value):
            return
        for error in validator.iter_errors(value):
            inner = "".join(f"/{part}" for part in error.instance_path)
            yield f"{place}{inner}: {_short(error.message)}"

    def _hold(self, what: str, reasons: Iterator[str]) -> None:
        found = list(reasons)
        if not found:
            return
        words = f"schema_violation: {what}: " + "; ".join(found[:MAX_REASONS])
        if self._violations is not None:
            with self._violations.open("a", encoding="utf-8") as file:
                file.write(words.replace("\n", " ") + "\n")
        raise SchemaViolation(words)


def _unknown() -> Iterator[str]:
    yield "Stripe has no such address"


def _short(message: str) -> str:
    """Both ends of a message: what it is about, and what is wrong with it."""
    if len(message) <= 2 * MAX_LENGTH:
        return message
    return f"{message[:MAX_LENGTH]} ... {message[-MAX_LENGTH:]}"


def _is_at(path: str, parts: list[str]) -> bool:
    """Whether `/v1/refunds/{id}/cancel` is the path with these parts."""
    wanted = path.split("/")
    return len(wanted) == len(parts) and all(
        name in ("{id}", part) for name, part in zip(wanted, parts, strict=True)
    )
