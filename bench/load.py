"""A client that asks nothing of the machine but the requests: prepared bytes over kept connections."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass

CONNECTIONS = 16


@dataclass(frozen=True)
class Load:
    """What a run of requests gave: the time it took, and each request's, in seconds."""

    spent: float
    waits: list[float]

    @property
    def per_second(self) -> float:
        """Requests answered a second."""
        return len(self.waits) / self.spent

    @property
    def p99_ms(self) -> float:
        """What all but one in a hundred kept to, in milliseconds."""
        return percentile(self.waits, 0.99) * 1000


def percentile(waits: Sequence[float], part: float) -> float:
    """The wait that this part of all kept to."""
    return sorted(waits)[int(len(waits) * part)]


def signed(path: str, body: bytes, secret: str) -> bytes:
    """One POST as bytes, signed as Stripe signs (docs.stripe.com/webhooks#verify-manually)."""
    moment = int(time.time())
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Stripe-Signature: t={moment},v1={mac}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def load(port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> Load:
    """Send all requests over a few connections; any answer but 200 is an error."""
    waits: list[float] = []
    began = time.perf_counter()
    asyncio.run(_send(port, list(requests), connections, waits))
    return Load(time.perf_counter() - began, waits)


async def _send(port: int, requests: list[bytes], connections: int, waits: list[float]) -> None:
    await asyncio.gather(*(_one(port, requests, waits) for _ in range(connections)))


async def _one(port: int, requests: list[bytes], waits: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while requests:
        request = requests.pop()
        began = time.perf_counter()
        await request_send(reader, writer, request)
        waits.append(time.perf_counter() - began)
    writer.close()


async def request_send(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> None:
    """One request over a kept connection; any answer but 200 is an error."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
