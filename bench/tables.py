"""`tables`: the tables of staff as whole pages, against Django's stock changelist on the same data.

BENCH_SIZE gifts (a million when nothing is said). Ours go through every middleware; stock's only through its view.
"""

import json
import logging
import os
import re
import subprocess
import time
from html import unescape
from statistics import median, quantiles
from typing import Any

from bench.servers import PRODUCT
from tools.places import PYTHON, ROOT

SIZE = int(os.environ.get("BENCH_SIZE", "1000000"))
TRIES = 40
NOUNS = ("donations", "donors", "payments", "plans", "refunds", "disputes", "payouts", "receipts")
SEARCHED = {
    "common name": "smith",
    "rare name": "featherstonehaugh",
    "mistyped": "featherstonhaugh",
    "e-mail": "smith.david",
}
FILTERED = {"donations": "status=failed", "donors": "country=GB"}
PROMISED = {"first": 20, "last": 250, "common name": 150, "e-mail": 150}
_CURSOR = re.compile(r'href="(\?[^"]*cursor=[^"]*)"')


def tables() -> None:
    """Each table's pages: the middle and the slow end, in milliseconds; then the ratios."""
    from api.models import Donation
    from bench.history import history_make

    if console := logging.getHandlerByName("console"):
        console.setLevel(
            logging.WARNING
        )  # Requests are still written to the file, as the product does.
    missing = SIZE - Donation.objects.count()
    if missing > 0:
        history_make(missing)
    ours = _ours()
    done = subprocess.run(
        [str(PYTHON), "-m", "bench.stock_tables"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        env={**os.environ, **PRODUCT.environment},
    )
    stock: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    for name, spent in stock.items():
        page, _, peer = name.partition(", ")
        promised = PROMISED[page.split(" ", 1)[1]]
        told = f"; {peer}" if peer else f" (promise: {promised})"
        print(f"{page}: stock {spent:,.0f} ms, ratio {spent / ours[page]:.0f}{told}")


def _ours() -> dict[str, float]:
    from django.test import Client

    client, found = Client(), {}
    _sign_in(client)
    for noun in NOUNS:
        page = f"/admin/{noun}/"
        last = _links(_get(client, page))
        deep = last[-1] if last else ""
        for _ in range(5 if deep else 0):
            deep = (_links(_get(client, page + deep)) or [deep])[0]
        asked = {"first": "", "last": last[-1] if last else "", "deep": deep}
        if noun in FILTERED:
            asked["filtered"] = f"?{FILTERED[noun]}"
        if noun in ("donations", "donors"):
            asked |= {name: f"?q={text}" for name, text in SEARCHED.items()}
        for name, query in asked.items():
            found[f"{noun} {name}"] = _measure(client, f"{noun} {name}", page + query)
    return found


def _measure(client: Any, name: str, address: str) -> float:
    spent = []
    _get(client, address)
    for _ in range(TRIES):
        began = time.perf_counter()
        _get(client, address)
        spent.append((time.perf_counter() - began) * 1000)
    middle, slow = median(spent), quantiles(spent, n=20)[-1]
    promise = 100 if "?q=" in address else 50
    print(f"{name}: p50 {middle:.0f} ms (promise: {promise}), p95 {slow:.0f} ms", flush=True)
    return middle


def _get(client: Any, address: str) -> str:
    answer = client.get(address, headers={"host": "localhost"}, follow=True)
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status_code}")
    return str(answer.content.decode())


def _links(page: str) -> list[str]:
    return [unescape(link) for link in _CURSOR.findall(page)]


def _sign_in(client: Any) -> None:
    """A session as a sign-in gives it."""
    from django.conf import settings

    from api.models import User
    from api.services.sessions import session_start

    user = User.objects.filter(is_superuser=True).first()
    user = user or User.objects.create_superuser("bench@example.org", "bench " * 4)
    tokens = session_start(user=user, device="Bench", address="127.0.0.1")
    client.cookies[settings.JWT_COOKIE_NAME] = tokens.access
