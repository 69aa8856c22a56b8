"""Donors who give while the product is killed under them: each asks again until it is answered."""

import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from tests.conftest import until
from tests.people import gift, monthly
from tools.supervise import answers

AT_ONCE = 8
WAIT_SECONDS = 50.0
PEOPLE = 40
DECLINED, PAYS = "pm_card_chargeDeclined", "pm_card_visa"


@dataclass(frozen=True)
class Plan:
    """What one donor is going to do."""

    route: str
    body: dict[str, Any]
    cards: tuple[str, ...]
    comes_back: bool  # Asks for the status on the page of thanks, as the worker settles the gift.


def plans(count: int, chance: random.Random) -> list[Plan]:
    """Gifts of all sorts: one-off and monthly, paid at once and after a declined card."""
    return [_plan(chance, chance.random() < 0.15) for _ in range(count)]


def _plan(chance: random.Random, is_monthly: bool) -> Plan:
    person = chance.randrange(PEOPLE)
    donor = {"name": f"Ben Okafor {person}", "email": f"ben{person}@example.org"}
    body = (monthly if is_monthly else gift)(
        amount_minor=chance.randrange(100, 20_000),
        donor=donor,
        idempotency_key=f"{chance.getrandbits(128):032x}",
    )
    return Plan(
        route="/api/stripe/subscription-intent/" if is_monthly else "/api/stripe/payment-intent/",
        body=body,
        cards=(DECLINED, PAYS) if chance.random() < 0.2 else (PAYS,),
        comes_back=chance.random() < 0.3,
    )


class Donors:
    """A pool of donors at work. `begun` counts the gifts whose request is on its way.

    It never runs far ahead of whom the test is about to kill: a kill falls among requests.
    """

    def __init__(self, web_url: str, simulator_url: str) -> None:
        self._web = web_url
        self._simulator = simulator_url
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._http = httpx.Client(timeout=WAIT_SECONDS, trust_env=False)
        self._begun = threading.Condition()
        self.begun = 0
        self.repeats = 0
        self._limit = 0

    def give(self, wanted: list[Plan]) -> list["Future[str]"]:
        """Let them all give; each future is the reference of a paid gift."""
        return [self._pool.submit(self._give, plan) for plan in wanted]

    def wait_begun(self, count: int) -> None:
        """Until the request of this gift is on its way; a few more may follow it."""
        with self._begun:
            self._limit = count + AT_ONCE
            self._begun.notify_all()
            assert self._begun.wait_for(lambda: self.begun >= count, WAIT_SECONDS)

    def close(self) -> None:
        """Nobody gives any more."""
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    def _give(self, plan: Plan) -> str:
        with self._begun:
            assert self._begun.wait_for(lambda: self.begun < self._limit, WAIT_SECONDS)
            self.begun += 1
            self._begun.notify_all()
        started = self._ask("POST", plan.route, plan.body)
        for card in plan.cards:
            self._confirm(started["client_secret"], card)
        reference = str(started["reference"])
        if plan.comes_back:
            assert self._ask("GET", f"/api/donations/{reference}/")["status"] == "succeeded"
        return reference

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer to one request, sent again, unchanged, until the product is there to give it."""
        while True:
            try:
                answer = self._http.request(method, self._web + path, json=body)
            except httpx.TransportError:
                pass  # killed while it worked: whether it did anything is what we test
            else:
                if answer.status_code < 500:
                    assert answer.is_success, answer.text
                    return answer.json()
            self.repeats += 1
            assert until(lambda: answers(f"{self._web}/health/ready")), "web did not come back"

    def _confirm(self, client_secret: str, card: str) -> None:
        """What the card form does in the browser, straight at Stripe."""
        intent = client_secret.split("_secret_")[0]
        form = {"key": "pk_test_simulator", "client_secret": client_secret, "payment_method": card}
        answer = self._http.post(
            f"{self._simulator}/v1/payment_intents/{intent}/confirm", data=form
        )
        assert answer.status_code == (402 if card == DECLINED else 200), answer.text
