"""No order, loss, repetition or killed worker changes the books: they end as in the undisturbed run.

`CHAOS_FACTS=5000 CHAOS_SEED=7 pytest tests/chaos/test_shuffled_facts.py` repeats a run at any size.
"""

import hashlib
import json
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import stripe
from django.db import connection

from api.clock import now
from api.models import WebhookEvent, WebhookStatus
from api.services.funds import funds_seed
from api.services.gaps import gaps_mend
from api.services.inbox import events_process
from tests.books import books, books_hold
from tests.chaos.facts import facts_happen
from tests.clients import Client
from tests.conftest import until
from tests.walks.conftest import ask, pay, sdk
from tests.walks.stories import Ask, promises_only
from tests.walks.tools import deliver, events_of
from tools.places import PYTHON, ROOT

__all__ = ["ask", "pay", "sdk"]
pytestmark = pytest.mark.django_db(transaction=True)
FACTS = int(os.environ.get("CHAOS_FACTS", "90"))
LOST, REPEATS = 0.3, [1, 1, 1, 2, 5]
KILLS = 4


@pytest.fixture(autouse=True)
def funds(no_jobs: None) -> None:
    """The starting funds are there."""
    funds_seed()


def test_shuffled_lost_and_repeated_news_and_killed_workers_end_in_the_same_books(
    client: Client, sdk: stripe.StripeClient, ask: Ask, pay: Callable[..., Any]
) -> None:
    seed = int(os.environ.get("CHAOS_SEED", random.randrange(2**32)))
    print(f"CHAOS_SEED={seed} CHAOS_FACTS={FACTS}")
    chance = random.Random(seed)
    promised = facts_happen(FACTS, chance, sdk, ask, pay)
    events = events_of(sdk)
    promises_only(promised)
    for event in events:
        deliver(client, event)
    settle_down()
    undisturbed = books()
    books_hold()

    promises_only(promised)
    deliveries = _disturbed(events, chance)
    kills = sorted(chance.sample(range(len(deliveries)), KILLS))
    for begin, end in zip([0, *kills], [*kills, len(deliveries)], strict=True):
        with worker():
            for event in deliveries[begin:end]:
                assert deliver(client, event).status_code == 200
    settle_down()
    assert books() == undisturbed
    assert digest(books()) == digest(undisturbed)
    books_hold()


def _disturbed(events: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    told = [event for event in events if chance.random() > LOST]
    deliveries = [event for event in told for _ in range(chance.choice(REPEATS))]
    chance.shuffle(deliveries)
    return deliveries


def settle_down() -> None:
    """Handle what waits and mend what is missing, until nothing is left to do."""

    def is_quiet() -> bool:
        # What a killed worker left for later is due now; its locks go with its connection.
        WebhookEvent.objects.filter(status=WebhookStatus.WAITING).update(next_attempt_at=now())
        while events_process():
            pass
        gaps_mend()
        return not WebhookEvent.objects.filter(status=WebhookStatus.WAITING).exists()

    assert until(is_quiet, 300)
    assert until(is_quiet, 300)
    assert not WebhookEvent.objects.filter(status=WebhookStatus.FAILED).exists()


def digest(dump: dict[str, Any]) -> str:
    """One line that is the same when the books are."""
    return hashlib.sha256(json.dumps(dump, default=str, sort_keys=True).encode()).hexdigest()


@contextmanager
def worker() -> Iterator[None]:
    """A worker on the test's database, killed at the end without a word."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    process = subprocess.Popen(
        [str(PYTHON), "manage.py", "worker"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()
