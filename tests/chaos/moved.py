"""One half of a chaos run moved to a running product: its promises, and the news of Stripe over HTTP."""

import json
import os
import random
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
from django.db import connection

from tests.chaos.killable import Killable
from tests.conftest import until
from tests.walks.tools import signature
from tools.places import PYTHON, ROOT

# In the order in which they need each other.
PROMISES = ("api_fund", "api_donor", "api_subscription", "api_donation")
SENDERS = 8
SECONDS = 60
TRIES = 10


def promises_move(target: Killable) -> None:
    """Empty the product's books and give them the promises of the test's database."""
    with psycopg.connect(target.database_url) as product:
        tables = product.execute(
            "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE tablename LIKE 'api\\_%'"
        ).fetchone()
        assert tables
        _truncate(product, tables[0])
        for table in PROMISES:
            _table_move(table, product)
    assert target.ask("SELECT count(*) FROM api_donation") != [(0,)]


def _truncate(product: "psycopg.Connection[Any]", tables: str) -> None:
    """The worker's clock may be at some of the tables in another order: then once more."""
    for _ in range(TRIES):
        try:
            with product.transaction():
                product.execute(f"TRUNCATE {tables} CASCADE".encode())
        except psycopg.errors.DeadlockDetected:
            continue
        return
    raise RuntimeError(f"The worker would not let go of the tables in {TRIES} tries.")


def _table_move(table: str, product: "psycopg.Connection[Any]") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
            " WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        columns = cursor.fetchone()[0]
        with (
            cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as source,
            product.cursor().copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as sink,
        ):
            for data in source:
                sink.write(data)
    product.execute(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608
        f" (SELECT greatest(max(id), 1) FROM {table}))".encode()
    )


def deliver_through_kills(
    target: Killable, deliveries: Sequence[dict[str, Any]], kills: Sequence[tuple[int, str]]
) -> None:
    """Send all, each again until it is answered, and strike at these points."""
    with httpx.Client(timeout=15) as client, ThreadPoolExecutor(SENDERS) as senders:
        url = f"{target.web_url}/api/stripe/webhook/"
        sent = [senders.submit(_send, client, url, event) for event in deliveries]
        # At a hundred deliveries a second between two kills at the least.
        seconds = SECONDS + len(sent) / 100
        for point, name in kills:
            assert until(lambda point=point: _done(sent) >= point, seconds)  # type: ignore[misc]
            target.kill(name)
            target.start(name)
        for one in sent:
            one.result()


def kills_drawn(chance: random.Random, count: int, names: Sequence[str]) -> list[tuple[int, str]]:
    """Whom to kill after how many deliveries."""
    points = sorted(chance.sample(range(count // 20, count * 9 // 10), len(names)))
    return list(zip(points, chance.sample(names, len(names)), strict=True))


def books_after(target: Killable) -> Any:
    """The product's books once all is mended."""
    ports = {"STRIPE_SIM_PORT": os.environ["STRIPE_SIM_PORT"]}
    done = subprocess.run(
        [str(PYTHON), "-m", "tests.chaos.aftermath"],
        cwd=ROOT,
        env={**os.environ, **target.product.environment, **ports},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def _done(sent: Sequence["Future[None]"]) -> int:
    return sum(one.done() for one in sent)


def _send(client: httpx.Client, url: str, event: dict[str, Any]) -> None:
    body = json.dumps(event).encode()
    deadline = time.monotonic() + SECONDS
    while True:
        headers = {"Stripe-Signature": signature(body), "Content-Type": "application/json"}
        try:
            if client.post(url, content=body, headers=headers).status_code == 200:
                return
        except httpx.HTTPError:
            pass  # The product is being killed: Stripe would try again, too.
        assert time.monotonic() < deadline, "a delivery was never taken"
        time.sleep(0.2)
