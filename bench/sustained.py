"""`sustained`: gifts at Comic Relief's recorded rate, handled to the end, for minutes.

The client keeps to the clock whatever the answers do, and each answer's wait counts from the moment at
which its delivery was due. SUSTAINED_SECONDS=60 and SUSTAINED_GIFTS=350 (a second) say how long and how many.
"""

import asyncio
import os
import sys
import time
from dataclasses import dataclass, field

from django.db import connections

from api.models import Donation, WebhookEvent, WebhookStatus
from bench.events import bodies, donations_make, gifts_of, inbox_empty
from bench.load import CONNECTIONS, load, percentile, request_send, signed
from bench.processor_time import Stopwatch, per_event
from bench.servers import OUR_PATH, OURS, SECRET, Worker, serving

SECONDS = int(os.environ.get("SUSTAINED_SECONDS", "300"))
GIFTS = int(os.environ.get("SUSTAINED_GIFTS", "350"))
SLICES, LOOK_SECONDS, WARM_GIFTS, LATE_SECONDS = 10, 5, 100, 30


@dataclass
class Flow:
    """Deliveries that are due, with the moment since when, and what was seen of them."""

    due: "asyncio.Queue[tuple[float, bytes] | None]" = field(default_factory=asyncio.Queue)
    waits: list[float] = field(default_factory=list)
    queues: list[int] = field(default_factory=list)


def sustained() -> None:
    """The rate for the time; then how long the queue was, and whether it grew."""
    mark = f"pi_{time.time_ns():x}"
    pairs = gifts_of([f"{mark}x{number}" for number in range(GIFTS * SECONDS)])
    with serving(OURS) as (port,), Worker() as worker:
        load(port, [signed(OUR_PATH, body, SECRET) for body in bodies(donations_make(WARM_GIFTS))])
        _until_handled(worker)
        watch, began = Stopwatch(), time.perf_counter()
        flow = asyncio.run(_flow(port, pairs))
        _until_handled(worker)
        spent, work = time.perf_counter() - began, watch.read()
    paid = Donation.objects.filter(stripe_payment_intent_id__startswith=f"{mark}x")
    if paid.filter(status="succeeded").count() != len(pairs):
        sys.exit("Not all gifts were settled.")
    _say(flow, spent)
    print(per_event(work, len(flow.waits)))
    inbox_empty()


def _say(flow: Flow, spent: float) -> None:
    half = len(flow.queues) // 2
    first, second = max(flow.queues[:half]), max(flow.queues[half:])
    print(
        f"{GIFTS} gifts ({4 * GIFTS} events) a second for {SECONDS} s, all handled after {spent:.1f} s"
    )
    print(f"longest queue: {first} events in the first half, {second} in the second")
    print(
        f"answers p50 {percentile(flow.waits, 0.5) * 1000:.0f} ms, p99 {percentile(flow.waits, 0.99) * 1000:.0f} ms"
    )


async def _flow(port: int, pairs: list[tuple[str, str]]) -> Flow:
    flow = Flow()
    hands = [asyncio.create_task(_deliver(port, flow)) for _ in range(CONNECTIONS)]
    looks = asyncio.create_task(_look(flow))
    began, size = time.perf_counter(), GIFTS // SLICES
    for place, start in enumerate(range(0, len(pairs), size)):
        made = [signed(OUR_PATH, body, SECRET) for body in bodies(pairs[start : start + size])]
        due_at = began + place / SLICES
        await asyncio.sleep(max(0.0, due_at - time.perf_counter()))
        if flow.due.qsize() > 4 * GIFTS * LATE_SECONDS:
            sys.exit(
                f"Not kept: after {place / SLICES:.0f} s deliveries are {LATE_SECONDS} s late."
            )
        for request in made:
            flow.due.put_nowait((due_at, request))
    for _ in hands:
        flow.due.put_nowait(None)
    await asyncio.gather(*hands)
    looks.cancel()
    return flow


async def _deliver(port: int, flow: Flow) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while one := await flow.due.get():
        due_at, request = one
        await request_send(reader, writer, request)
        flow.waits.append(time.perf_counter() - due_at)
    writer.close()


async def _look(flow: Flow) -> None:
    """How many events wait, with the client or in the inbox."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        flow.queues.append(flow.due.qsize() + await asyncio.to_thread(_waiting))


def _waiting() -> int:
    try:
        return WebhookEvent.objects.filter(status=WebhookStatus.WAITING).count()
    finally:
        connections.close_all()


def _until_handled(worker: Worker) -> None:
    while WebhookEvent.objects.filter(status=WebhookStatus.WAITING).exists():
        worker.check()
        time.sleep(0.02)
