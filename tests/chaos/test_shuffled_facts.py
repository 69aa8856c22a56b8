"""No order, loss, repetition or kill changes the books: they end as in the undisturbed run.

`CHAOS_FACTS=5000 CHAOS_KILLS=web,worker,postgres,worker,web CHAOS_SEED=7 pytest tests/chaos/test_shuffled_facts.py`
repeats a run at any size.
"""

import hashlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from api.clock import now
from api.models import WebhookEvent, WebhookStatus
from api.services.funds import funds_seed
from api.services.gaps import gaps_mend
from api.services.inbox import events_process
from tests.books import books, books_hold
from tests.chaos.aftermath import plain
from tests.chaos.facts import facts_happen
from tests.chaos.killable import killable
from tests.chaos.moved import books_after, deliver_through_kills, kills_drawn, promises_move
from tests.clients import Client
from tests.conftest import until
from tests.walks.conftest import ask, pay, sdk
from tests.walks.stories import Ask, promises_only
from tests.walks.tools import deliver, events_of

__all__ = ["ask", "pay", "sdk"]
pytestmark = pytest.mark.django_db(transaction=True)
FACTS = int(os.environ.get("CHAOS_FACTS", "60"))
LOST, REPEATS = 0.3, [1, 1, 1, 2, 5]
# Who is killed on the way, at moments of chance and in an order of chance.
KILLS = os.environ.get("CHAOS_KILLS", "web,worker,postgres").split(",")
CLUSTER = "postgres-shuffled"


@pytest.fixture(autouse=True)
def funds(no_jobs: None) -> None:
    """The starting funds are there."""
    funds_seed()


def test_shuffled_lost_and_repeated_news_to_a_product_that_is_killed_end_in_the_same_books(
    client: Client,
    sdk: stripe.StripeClient,
    ask: Ask,
    pay: Callable[..., Any],
    tmp_path: Path,
) -> None:
    seed = int(os.environ.get("CHAOS_SEED", random.randrange(2**32)))
    print(f"CHAOS_SEED={seed} CHAOS_FACTS={FACTS} CHAOS_KILLS={','.join(KILLS)}")
    chance = random.Random(seed)
    promised = facts_happen(FACTS, chance, sdk, ask, pay)
    events = events_of(sdk)
    promises_only(promised)
    for event in events:
        deliver(client, event)
    settle_down()
    undisturbed = books()
    books_hold()

    deliveries = _disturbed(events, chance)
    with killable(tmp_path / "product", cluster=CLUSTER, parts=("web", "worker")) as product:
        promises_only(promised)
        promises_move(product)
        deliver_through_kills(product, deliveries, kills_drawn(chance, len(deliveries), KILLS))
        afterwards = books_after(product)
    wanted = json.loads(plain(undisturbed))
    sizes = {part: len(rows) for part, rows in wanted.items()}
    print(
        f"{len(events)} events, {len(deliveries)} deliveries; books {digest(wanted)[:16]}: {sizes}"
    )
    assert _apart(wanted, afterwards) == {}
    assert digest(afterwards) == digest(wanted)


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

    assert until(is_quiet, 1200)
    assert until(is_quiet, 1200)
    assert not WebhookEvent.objects.filter(status=WebhookStatus.FAILED).exists()


def _apart(wanted: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """By part of the books, the first rows that only one of the two has."""
    apart = {}
    for part in wanted:
        ours, theirs = ({json.dumps(row) for row in dump[part]} for dump in (wanted, found))
        if ours != theirs or len(wanted[part]) != len(found[part]):
            apart[part] = [sorted(ours - theirs)[:5], sorted(theirs - ours)[:5]]
    return apart


def digest(dump: dict[str, Any]) -> str:
    """One line that is the same when the books are."""
    return hashlib.sha256(plain(dump).encode()).hexdigest()
