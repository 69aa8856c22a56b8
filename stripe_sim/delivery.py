"""Signed deliveries of events, with retries, and with the faults that were ordered."""

import asyncio
import hashlib
import hmac
import json
import time
from fnmatch import fnmatch

import httpx

from stripe_sim.faults import DELIVERY, Faults
from stripe_sim.state import State, Thing

PAUSES = (0.5, 1, 2, 5, 10, 30, 60, 120, 300)
# A delivery that waits to be overtaken goes anyway after this, when nothing else happens.
OVERTAKEN_SECONDS = 3.0


class Deliveries:
    """Sends each event to each endpoint that wants it, until it answers 2xx."""

    def __init__(self, state: State, faults: Faults) -> None:
        self.state = state
        self.faults = faults
        self.is_enabled = True
        # Sessions of `stripe listen`.
        self.listeners: set[asyncio.Queue[Thing]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._overtaken: list[asyncio.Event] = []
        self._http = httpx.AsyncClient(timeout=30, trust_env=False)
        state.on_event = self.on_event

    def on_event(self, event: Thing) -> None:
        """A new event: a delivery for each endpoint, kept so that a restart goes on with it."""
        for listener in self.listeners:
            listener.put_nowait(event)
        wanting = [
            endpoint["id"]
            for endpoint in self.state.of("webhook_endpoint")
            if endpoint["status"] == "enabled"
            and any(fnmatch(event["type"], wanted) for wanted in endpoint["enabled_events"])
        ]
        if not wanting:
            return
        event["pending_webhooks"] = len(wanting)
        self.state.save("event", event)
        if self.is_enabled:
            for endpoint_id in wanting:
                self._send(event, endpoint_id)

    def _send(self, event: Thing, endpoint_id: str) -> None:
        fault = self.faults.strike(DELIVERY, event["type"])
        if fault and fault.kind == "drop":
            return
        delivery = {
            "id": f"{event['id']}:{endpoint_id}",
            "event": event["id"],
            "endpoint": endpoint_id,
            "attempts": 0,
            "answer": None,
            "is_done": False,
        }
        self.state.save("_delivery", delivery)
        kind = fault.kind if fault else ""
        if kind == "reorder":
            waits = asyncio.Event()
            self._overtaken.append(waits)
            self._start(delivery, until=waits)
            return
        self._start(delivery, pause=fault.seconds if fault and kind == "delay" else 0)
        if kind == "duplicate":
            self._start({**delivery, "id": f"{delivery['id']}:again"})
        self._go_on()

    def _go_on(self) -> None:
        """Something has overtaken what waited for it."""
        for waits in self._overtaken:
            waits.set()
        self._overtaken.clear()

    def resume(self) -> None:
        """After a start: what was not delivered is tried again."""
        for delivery in self.state.of("_delivery"):
            if not delivery["is_done"]:
                self._start(delivery)

    def _start(
        self, delivery: Thing, *, pause: float = 0, until: asyncio.Event | None = None
    ) -> None:
        task = asyncio.create_task(self._deliver(delivery, pause, until))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Thing, pause: float, until: asyncio.Event | None) -> None:
        if until:
            try:
                await asyncio.wait_for(until.wait(), OVERTAKEN_SECONDS)
                await asyncio.sleep(PAUSES[0])  # so that the other one arrives first
            except TimeoutError:
                self._overtaken.remove(until)
        await asyncio.sleep(pause)
        for wait in (*PAUSES, None):
            endpoint = self.state.find("webhook_endpoint", delivery["endpoint"])
            if endpoint is None or await self._attempt(delivery, endpoint) or wait is None:
                break
            await asyncio.sleep(wait)
        delivery["is_done"] = True
        self.state.save("_delivery", delivery)

    async def _attempt(self, delivery: Thing, endpoint: Thing) -> bool:
        delivery["attempts"] += 1
        event = self.state.get("event", delivery["event"])
        body = json.dumps(event).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (simulated)",
            "Stripe-Signature": signature(body, endpoint["_secret"]),
        }
        try:
            answer = await self._http.post(endpoint["url"], content=body, headers=headers)
        except httpx.HTTPError:
            return False  # the pause and the next attempt are the answer to that
        delivery["answer"] = answer.status_code
        if answer.is_success and not delivery["id"].endswith(":again"):
            event["pending_webhooks"] = max(event["pending_webhooks"] - 1, 0)
            self.state.save("event", event)
        return answer.is_success

    async def close(self) -> None:
        """Stop; what is under way stays undelivered in the journal."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()


def signature(body: bytes, secret: str) -> str:
    """Stripe's header: t=...,v1=HMAC-SHA256 of 't.body'."""
    moment = int(time.time())
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={made}"
