"""Donors who give steadily while parts fail, and what each of them met."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.donors import Plan, plans
from tests.people import gift

AT_ONCE = 12
PATIENCE_SECONDS = 240.0


@dataclass
class Met:
    """One answer: when, in which part of the drill, which status (0: none came), after how long."""

    at: float
    phase: str
    status: int
    seconds: float


@dataclass
class Load:
    """Begins `rate` gifts a second until told to stop; each goes on until it is paid."""

    web_url: str
    simulator_url: str
    rate: float
    phase: str = "calm"
    met: list[Met] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    paid: list["Future[str]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._http = httpx.Client(
            timeout=70, trust_env=False, limits=httpx.Limits(max_connections=60)
        )
        self._over = threading.Event()
        self._chance = random.Random(11)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> list[str]:
        """No more gifts; returns the references of all that were begun, once each is paid."""
        self._over.set()
        self._thread.join()
        return [one.result(timeout=PATIENCE_SECONDS) for one in self.paid]

    def close(self) -> None:
        """Give up."""
        self._over.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._http.close()

    def _run(self) -> None:
        while not self._over.wait(1 / self.rate):
            [plan] = plans(1, self._chance)
            self.paid.append(self._pool.submit(self._give, plan))

    def _give(self, plan: Plan) -> str:
        begun = self._ask("POST", plan.route, plan.body)
        self.acknowledged.add(begun["reference"])
        for card in plan.cards:
            self._confirm(begun["client_secret"], card)
        reference = str(begun["reference"])
        if plan.comes_back:
            self._ask("GET", f"/api/donations/{reference}/")
        return reference

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            begun = time.monotonic()
            phase, status, answer = self.phase, 0, None
            try:
                answer = self._http.request(method, self.web_url + path, json=body)
                status = answer.status_code
            except httpx.TransportError:
                pass
            self.met.append(Met(time.time(), phase, status, time.monotonic() - begun))
            if answer is not None and status < 500:
                assert answer.is_success, answer.text
                return answer.json()
            assert time.monotonic() < deadline, f"{path} was never answered: {status}"
            time.sleep(0.5)

    def _confirm(self, client_secret: str, card: str) -> None:
        intent = client_secret.split("_secret_")[0]
        form = {"key": "pk_test_simulator", "client_secret": client_secret, "payment_method": card}
        address = f"{self.simulator_url}/v1/payment_intents/{intent}/confirm"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._http.post(address, data=form, timeout=10)
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.5)
                continue
            # A repeat of a lost answer finds the intent paid.
            assert answer.status_code in (200, 402) or "succeeded" in answer.text, answer.text
            return

    def told(self) -> list[str]:
        """Per part of the drill: answers, errors, over how many seconds these were spread, waits."""
        lines = []
        for phase in dict.fromkeys(one.phase for one in self.met):
            mine = [one for one in self.met if one.phase == phase]
            bad = [one for one in mine if one.status == 0 or one.status >= 500]
            spread = max((one.at for one in bad), default=0) - min(
                (one.at - one.seconds for one in bad), default=0
            )
            waits = sorted(one.seconds for one in mine if one not in bad)
            p50 = waits[len(waits) // 2] if waits else 0.0
            statuses = dict(Counter(one.status for one in bad))
            lines.append(
                f"{phase}: {len(mine)} answers, errors {statuses or 0} within {spread:.1f} s,"
                f" good answers after {p50 * 1000:.0f} ms (half), {max(waits, default=0):.1f} s (longest)"
            )
        return lines


def one_gift(web_url: str) -> httpx.Response:
    """A single gift begun, whatever comes of it."""
    return httpx.post(f"{web_url}/api/stripe/payment-intent/", json=gift(), timeout=70)
