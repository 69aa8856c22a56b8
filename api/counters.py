"""Counts of this process, until api/services/metrics.py adds them to everybody's. Knows no database.

A count costs a microsecond, so that it may stand on the hottest paths.
"""

import json
import threading
from bisect import bisect_left

# What is counted, in words for whoever reads the numbers. Prometheus adds `_total` to their names.
COUNTERS = {
    "domaap_requests": "Answered requests, by part of the product and kind of answer.",
    "domaap_webhooks": "Deliveries from Stripe, by what became of them: new, known or refused.",
    "domaap_events": "Events that were handled, by what came of them.",
    "domaap_stripe_errors": "Calls to Stripe that failed, by kind: unavailable or refused.",
    "domaap_mails": "E-mails given to the SMTP server, by outcome: sent, temporary or permanent.",
}
_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SLOW = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
HISTOGRAMS: dict[str, tuple[str, tuple[float, ...]]] = {
    "domaap_request_seconds": ("How long answers took, by part of the product.", _QUICK),
    "domaap_event_seconds": ("From an event's arrival here to the end of its work.", _SLOW),
    "domaap_settle_seconds": ("From Stripe's word that a gift is paid to its settling.", _SLOW),
}
INFINITE = "+Inf"
# A series is a name and its labels as JSON.
Series = tuple[str, str]
_lock = threading.Lock()
_counts: dict[Series, float] = {}


def count(name: str, amount: float = 1.0, **labels: str) -> None:
    """Add to a counter. A name that is not in COUNTERS is our mistake."""
    if name not in COUNTERS:
        raise KeyError(name)
    _add({(name, _text(labels)): amount})


def observe(name: str, seconds: float, **labels: str) -> None:
    """One more duration for a histogram; each falls into one bucket, added up when shown."""
    _, bounds = HISTOGRAMS[name]
    place = bisect_left(bounds, seconds)
    bound = f"{bounds[place]}" if place < len(bounds) else INFINITE
    _add(
        {
            (f"{name}_bucket", _text(labels | {"le": bound})): 1.0,
            (f"{name}_sum", _text(labels)): max(seconds, 0.0),
        }
    )


def counts_take() -> dict[Series, float]:
    """All counts since the last time; they begin again."""
    global _counts
    with _lock:
        taken, _counts = _counts, {}
    return taken


def counts_return(counts: dict[Series, float]) -> None:
    """Counts that could not be kept: they go with the next ones."""
    _add(counts)


def _add(counts: dict[Series, float]) -> None:
    with _lock:
        for series, amount in counts.items():
            _counts[series] = _counts.get(series, 0.0) + amount


def _text(labels: dict[str, str]) -> str:
    return json.dumps(labels, sort_keys=True) if labels else "{}"
