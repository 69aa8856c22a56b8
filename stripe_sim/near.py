"""The stand-in within a process of its own: Stripe's SDK is answered without a socket.

For rehearsals and tests that live through years of plans in seconds. Named by
settings.STRIPE_HTTP_CLIENT, and never imported by what runs in production.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe
from starlette.requests import Request

from stripe_sim.controls import TABLE
from stripe_sim.http import answer_checked
from stripe_sim.schemas import Schemas, SchemaViolation
from stripe_sim.state import State, Thing, public


class NearClient(stripe.HTTPClient):
    """What the SDK sends goes straight to a state of this client's own."""

    name = "near"

    def __init__(self, schemas: Schemas | None = None) -> None:
        super().__init__()
        self.schemas = schemas
        self.reset()

    def reset(self) -> None:
        """A new, empty account."""
        self.state = State()
        self.state.on_event = self._keep
        if self.schemas is not None:
            self.state.check_event = self.schemas.event_check
        self._events: list[Thing] = []

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """One request of the SDK."""
        parts = urlsplit(url)
        request = _request(method.upper(), parts.path, parts.query, dict(headers or {}))
        body = post_data if isinstance(post_data, str) else ""
        self.state.base_url = "https://stripe.invalid"
        try:
            status, answer = answer_checked(self.state, self.schemas, request, body)
        except SchemaViolation as violation:
            status, answer = 500, violation.body
        return json.dumps(answer), status, {"Request-Id": "req_near"}

    def close(self) -> None:
        """Nothing is open."""

    def order(self, path: str, **asked: Any) -> Any:
        """Ask /_sim/... for something; an id stands in the path."""
        for known, control in TABLE.items():
            head, has_id, tail = known.partition("{id}")
            if not has_id and path == known:
                return public(control(self.state, asked, ""))
            if has_id and path.startswith(head) and path.endswith(tail):
                key = path[len(head) : len(path) - len(tail)]
                if key and "/" not in key:
                    return public(control(self.state, asked, key))
        raise ValueError(f"there is no order {path}")

    def only(self, *kinds: str) -> None:
        """Tell only of these types, and keep no event.

        Objects are told as they are when they are read, and not as they were: read them before time goes on.
        """
        wanted = frozenset(kinds)

        def take(kind: str, thing: Thing, previous: Thing) -> None:
            if kind in wanted:
                self._events.append(
                    {
                        "id": self.state.new_id("evt"),
                        "type": kind,
                        "created": self.state.now(thing),
                        "data": {"object": thing, "previous_attributes": previous},
                    }
                )

        self.state.takes = take

    def drain(self) -> list[Thing]:
        """The events since the last time, in the order in which they happened."""
        events, self._events = self._events, []
        return events

    def _keep(self, event: Thing) -> None:
        self._events.append(event)


def _request(method: str, path: str, query: str, headers: dict[str, str]) -> Request:
    return Request(
        {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "server": ("stripe.invalid", 443),
            "scheme": "https",
            "path_params": {"path": path.removeprefix("/v1/")},
        }
    )
