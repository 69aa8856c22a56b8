"""A steady load of gifts over HTTPS, in which nothing is asked twice: every answer counts.

    python -m tools.gift_load https://127.0.0.1:8443 --name give.example.org --simulator http://127.0.0.1:12111

Each donor opens the page, begins a gift, pays at the simulator and waits for the thanks, every
request on a connection of its own, as if each were somebody new.
"""

import argparse
import json
import secrets
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

AT_ONCE = 24
# On a busy machine a start takes long: a request that waits is answered late, not refused.
ANSWER_SECONDS = 90.0
THANKS_SECONDS = 120.0
LOCAL = ("127.0.0.1", "localhost")


@dataclass
class Seen:
    """What all requests were answered, and what came of the gifts."""

    answers: Counter[str] = field(default_factory=Counter)
    gifts: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """No request refused or failed, every gift thanked for."""
        return not self.faults and set(self.gifts) <= {"succeeded"} and bool(self.gifts)

    def told(self) -> dict[str, object]:
        """The numbers."""
        waits = sorted(self.waits) or [0.0]
        return {
            "answers": dict(self.answers),
            "gifts": dict(self.gifts),
            "p50_ms": round(waits[len(waits) // 2] * 1000),
            "p99_ms": round(waits[len(waits) * 99 // 100] * 1000),
            "longest_ms": round(waits[-1] * 1000),
            "faults": self.faults[:10],
        }


class GiftLoad:
    """Gifts at a steady pace until `stop`."""

    def __init__(self, url: str, simulator: str, *, name: str = "", per_second: float = 3) -> None:
        self.seen = Seen()
        self._url, self._simulator = url.rstrip("/"), simulator.rstrip("/")
        self._host = f"{name}:{httpx.URL(url).port}" if name else httpx.URL(url).netloc.decode()
        self._extensions = {"sni_hostname": name} if name else {}
        self._pause = 1 / per_second
        self._is_over = threading.Event()
        fresh = httpx.Limits(max_keepalive_connections=0)
        # A certificate of the test's own making: who it names is not what is tested here.
        self._http = httpx.Client(
            timeout=ANSWER_SECONDS,
            verify=False,  # noqa: S501
            trust_env=False,
            limits=fresh,
        )
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._starter = threading.Thread(target=self._start_all, daemon=True)
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin."""
        self._starter.start()

    def stop(self) -> Seen:
        """No new gifts; those begun are finished."""
        self._is_over.set()
        self._starter.join()
        self._pool.shutdown()
        self._http.close()
        return self.seen

    def _start_all(self) -> None:
        while not self._is_over.wait(self._pause):
            self._pool.submit(self._give)

    def _give(self) -> None:
        outcome = "lost"
        try:
            outcome = self._gift()
        except (httpx.HTTPError, KeyError, ValueError) as error:
            self._fault(f"{type(error).__name__}: {error}")
        with self._lock:
            self.seen.gifts[outcome] += 1

    def _gift(self) -> str:
        self._ask("GET", "/donate")
        person = secrets.token_hex(6)
        body = {
            "amount_minor": 100 + secrets.randbelow(5000),
            "currency": "GBP",
            "fund": "general",
            "donor": {"name": "Ben Okafor", "email": f"{person}@example.org"},
            "idempotency_key": secrets.token_hex(16),
        }
        started = self._ask("POST", "/api/stripe/payment-intent/", body).json()
        self._pay(started["client_secret"])
        reference = str(started["reference"])
        with self._lock:
            self.seen.references.append(reference)
        deadline = time.monotonic() + THANKS_SECONDS
        status = "created"
        while status not in {"succeeded", "failed"} and time.monotonic() < deadline:
            status = str(self._ask("GET", f"/api/donations/{reference}/").json()["status"])
            time.sleep(0.2)
        return status

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """One request, once. Whatever is no success is kept as a fault."""
        began = time.monotonic()
        try:
            answer = self._http.request(
                method,
                self._url + path,
                json=body,
                headers={"Host": self._host, "Connection": "close"},
                extensions=self._extensions,
            )
        except httpx.HTTPError as error:
            with self._lock:
                self.seen.answers[type(error).__name__] += 1
            raise
        with self._lock:
            self.seen.answers[str(answer.status_code)] += 1
            self.seen.waits.append(time.monotonic() - began)
        if not answer.is_success:
            self._fault(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer

    def _pay(self, client_secret: str) -> None:
        """What the card form does in the browser, straight at Stripe."""
        intent = client_secret.split("_secret_")[0]
        form = {
            "key": "pk_test_simulator",
            "client_secret": client_secret,
            "payment_method": "pm_card_visa",
        }
        url = f"{self._simulator}/v1/payment_intents/{intent}/confirm"
        self._http.post(url, data=form).raise_for_status()

    def _fault(self, text: str) -> None:
        with self._lock:
            self.seen.faults.append(text)


def main() -> int:
    """Load for some seconds and print what was seen as JSON; 1 when anything was refused or lost."""
    parser = argparse.ArgumentParser(description="A steady load of gifts on this machine.")
    parser.add_argument("url")
    parser.add_argument("--name", default="", help="the site's name, when the URL is an address")
    parser.add_argument("--simulator", default="http://127.0.0.1:12111")
    parser.add_argument("--per-second", type=float, default=3)
    parser.add_argument("--seconds", type=float, default=30)
    asked = parser.parse_args()
    if httpx.URL(asked.url).host not in LOCAL:
        parser.error("only a site on this machine is loaded")
    load = GiftLoad(asked.url, asked.simulator, name=asked.name, per_second=asked.per_second)
    load.start()
    time.sleep(asked.seconds)
    seen = load.stop()
    print(json.dumps(seen.told(), indent=1))
    return 0 if seen.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
