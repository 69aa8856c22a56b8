"""How many requests a minute somebody may make, counted for all processes in one small table.

Each process takes a hundredth of the quota at a time and hands it out itself, so that a giver costs
no query in most cases: an appeal's night must not wait for a counter. Who is spread over several
processes may get up to a hundredth less than the quota for each.
"""

import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from api.models import RateWindow

WINDOW_SECONDS = 60
KEPT_SECONDS = 3600
_SHARE = 100
_MOST_LEASES = 10_000
_TAKE = """
    INSERT INTO api_ratewindow (key, "window", taken) VALUES (%s, %s, %s)
    ON CONFLICT (key, "window") DO UPDATE SET taken = api_ratewindow.taken + excluded.taken
    RETURNING taken
"""


@dataclass(frozen=True)
class Taken:
    """One request, counted."""

    policy: str
    quota: int
    is_allowed: bool
    left: int
    seconds_left: int


@dataclass
class _Lease:
    """What this process may still hand out in this minute, and what was left beside it."""

    window: int
    here: int
    elsewhere: int


_leases: dict[str, _Lease] = {}
_lock = threading.Lock()


def request_take(policy: str, who: str) -> Taken:
    """Count one request of somebody under a policy of `settings.RATE_LIMITS`."""
    quota = settings.RATE_LIMITS[policy]
    moment = int(time.time())
    window = moment - moment % WINDOW_SECONDS
    key = f"{policy}:{who}"[:80]
    lease = _from_lease(key, window) or _from_table(key, window, quota)
    return Taken(
        policy=policy,
        quota=quota,
        is_allowed=lease.here >= 0,
        left=max(lease.here, 0) + lease.elsewhere,
        seconds_left=window + WINDOW_SECONDS - moment,
    )


def rate_limits_clean() -> int:
    """Forget past minutes; how many rows."""
    before = int(time.time()) - KEPT_SECONDS
    return RateWindow.objects.filter(window__lt=before).delete()[0]


def _from_lease(key: str, window: int) -> _Lease | None:
    """One of what this process holds; None when it holds nothing."""
    with _lock:
        lease = _leases.get(key)
        if lease is None or lease.window != window or lease.here <= 0:
            return None
        lease.here -= 1
        return _Lease(window, lease.here, lease.elsewhere)


def _from_table(key: str, window: int, quota: int) -> _Lease:
    """Take a share for this process and one of it for this request; `here` is -1 when none is left."""
    share = max(1, quota // _SHARE)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [key, window, share])
        row = cursor.fetchone()
    before = int(row[0]) - share if row else 0
    got = min(share, quota - before)
    if got <= 0:
        return _Lease(window, -1, 0)
    lease = _Lease(window, got - 1, max(quota - before - share, 0))
    with _lock:
        if len(_leases) >= _MOST_LEASES:
            _leases.clear()
        _leases[key] = lease
        return _Lease(window, lease.here, lease.elsewhere)
