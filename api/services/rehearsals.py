"""Rehearsals: policies side by side, each in a process of its own that touches nothing real."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings

from api.errors import ServerFault
from api.money import money_text
from api.services.dunning_policies import policy_parse
from api.services.rehearsal.outcome import Wanted

type Result = dict[str, Any]
_LONGEST_SECONDS = 3600


def rehearsal_carry_out(
    texts: Sequence[str], wanted: Wanted, *, progress: Callable[[int], None]
) -> list[Result]:
    """Rehearse each policy (its JSON) at the same time. `progress`: percent of the slower one.

    Raises Invalid for a policy that makes no sense, before anything is begun.
    """
    for text in texts:
        policy_parse(text)
    far = [0] * len(texts)

    def one(place: int) -> Result:
        def told(percent: int) -> None:
            far[place] = percent
            progress(min(far))

        return _apart(texts[place], wanted, told)

    with ThreadPoolExecutor(len(texts)) as hands:
        return list(hands.map(one, range(len(texts))))


def rehearsal_words(results: Sequence[Result]) -> str:
    """The comparison as a table of text."""
    rows = [("", *(str(one["policy"]) for one in results))]
    rows += [(label, *(words(one) for one in results)) for label, words in ROWS]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(lines)


def _money(name: str) -> Callable[[Result], str]:
    return lambda one: money_text(one[name], "GBP")


def _count(name: str) -> Callable[[Result], str]:
    return lambda one: f"{one[name]:,}"


def _by(name: str) -> Callable[[Result], str]:
    return lambda one: money_text(one["recovered_by"][name], "GBP")


def _rate(one: Result) -> str:
    return (
        f"{100 * one['recovered_minor'] / one['failed_minor']:.1f} %"
        if one["failed_minor"]
        else "–"
    )


def _is_true(one: Result) -> str:
    return "yes" if one["is_true"] else "NO"


# What is compared, in words and figures; money in GBP.
ROWS: list[tuple[str, Callable[[Result], str]]] = [
    ("Plans", _count("plans")),
    ("Gifts taken", _count("taken")),
    ("Money taken", _money("taken_minor")),
    ("Gifts that failed at first", _count("failed")),
    ("Money at risk", _money("failed_minor")),
    ("Won back", _money("recovered_minor")),
    ("  by our retries", _by("retry")),
    ("  by the donor", _by("donor")),
    ("Share won back", _rate),
    ("Lost", _money("lost_minor")),
    ("Still open", _money("open_minor")),
    ("Plans stopped", _count("stopped")),
    ("E-mails", _count("mails")),
    ("Equals the scenario's truth", _is_true),
    ("Seconds", _count("seconds")),
]


def _apart(text: str, wanted: Wanted, told: Callable[[int], None]) -> Result:
    """One policy in a process of its own: lines of percent, then the result."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "rehearse", "--one"]
    command += [f"--plans={wanted.plans}", f"--months={wanted.months}", f"--seed={wanted.seed}"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=settings.BASE_DIR,
    ) as process:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ServerFault
        process.stdin.write(text)
        process.stdin.close()
        result: Result = {}
        for line in process.stdout:
            if line.strip().isdecimal():
                told(int(line))
            elif line.startswith("{"):
                result = json.loads(line)
        errors = process.stderr.read()
        if process.wait(_LONGEST_SECONDS) or not result:
            raise ServerFault(f"The rehearsal ended early: {errors.strip()[-300:]}")
    return result
