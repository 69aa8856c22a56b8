"""Growing pauses after wrong tries to sign in, counted so that nobody can shut out somebody else.

A try is counted before the password is looked at, so that a thousand at once are no way around.
What is counted: an account from one network, an account on a device that it signed in from before
(so an attacker beside the owner, behind the same address, shuts out nobody), and an address whatever
the account. A pause is the same whether the account exists or not.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from api.clock import now
from api.errors import SignInPaused
from api.models import SignInPause
from api.services.client_addresses import client_network

FORGOTTEN_AFTER = timedelta(days=1)
FIRST_PAUSE = 10
LONGEST_PAUSE = 15 * 60
FREE_FOR_ACCOUNT = 5
FREE_FOR_ADDRESS = 30
# The second factor is asked only of who knows the password: then the whole account is guarded.
FREE_FOR_FACTOR = 10
# Wishes of donors for a link: of one address from one network.
FREE_FOR_LINK = 8
FREE_FOR_RESET = 3


@dataclass(frozen=True)
class Counter:
    """What is counted, and how many tries go by without a pause."""

    key: str
    free: int


def password_counters(*, email: str, address: str | None, device: str) -> list[Counter]:
    """What a try at a password counts for. `device` is a known device's mark, or empty."""
    if device:
        return [_counter("device", FREE_FOR_ACCOUNT, email, device)]
    return [
        _counter("address", FREE_FOR_ADDRESS, address or "none"),
        _counter("account", FREE_FOR_ACCOUNT, email, client_network(address)),
    ]


def factor_counters(*, user_id: int, device: str) -> list[Counter]:
    """What a try at a second factor counts for: who is here knows the password."""
    return [_counter("factor", FREE_FOR_FACTOR, str(user_id), device)]


def link_counters(*, email: str, address: str | None) -> list[Counter]:
    """What a donor's wish for a link counts for: nobody elsewhere is held up by it."""
    return [
        _counter("link-address", FREE_FOR_ADDRESS, address or "none"),
        _counter("link", FREE_FOR_LINK, email, client_network(address)),
    ]


def reset_counters(*, email: str, address: str | None) -> list[Counter]:
    """What asking for a new password counts for: an account from one network, and an address."""
    return [
        _counter("reset address", FREE_FOR_ADDRESS, address or "none"),
        _counter("reset account", FREE_FOR_RESET, email, client_network(address)),
    ]


def try_begin(counters: Sequence[Counter]) -> None:
    """Count a try, or raise SignInPaused with the seconds to wait. Nothing is counted then."""
    with transaction.atomic():
        # Made and held in one step: another's success may delete a row between two.
        SignInPause.objects.bulk_create(
            [SignInPause(key=counter.key) for counter in counters],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["key"],
        )
        found = SignInPause.objects.in_bulk([one.key for one in counters], field_name="key")
        rows = [found[counter.key] for counter in counters]
        wait = max((row.until - now()).total_seconds() for row in rows)
        if wait <= 0:
            for row, counter in zip(rows, counters, strict=True):
                _count(row, counter.free)
    if wait > 0:
        raise SignInPaused(wait=int(wait) + 1)


def try_succeeded(counters: Sequence[Counter]) -> None:
    """The try was right: forget it. Of an address only this one, since others may share it."""
    for counter in counters:
        rows = SignInPause.objects.filter(key=counter.key)
        if counter.free == FREE_FOR_ADDRESS:
            with transaction.atomic():
                row = rows.select_for_update().first()
                if row and row.tries:
                    row.tries, row.until = row.tries - 1, now()
                    row.save(update_fields=["tries", "until"])
        else:
            rows.delete()


def pauses_clean() -> int:
    """Forget old counters; how many."""
    return SignInPause.objects.filter(last_at__lt=now() - FORGOTTEN_AFTER).delete()[0]


def pause_seconds(tries: int, free: int) -> int:
    """The pause after so many tries: none at first, then 10, 20, 40 ... up to a quarter of an hour."""
    return 0 if tries < free else min(FIRST_PAUSE * 2 ** min(tries - free, 20), LONGEST_PAUSE)


def _count(row: SignInPause, free: int) -> None:
    if row.last_at < now() - FORGOTTEN_AFTER:
        row.tries = 0
    row.tries += 1
    row.last_at = now()
    row.until = now() + timedelta(seconds=pause_seconds(row.tries, free))
    row.save()


def _counter(kind: str, free: int, *parts: str) -> Counter:
    text = "\0".join((kind, *parts))
    return Counter(hashlib.sha256(text.encode()).hexdigest(), free)
