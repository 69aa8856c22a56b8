"""Numbers for Prometheus: counts of all processes in one table, and gauges asked of the database when read.

Each process adds its counts (api/counters.py) to the table every few seconds, so that any web process
answers for all of them, on all machines, and a restart loses nothing. A counter file on a disk would do
the same on one machine only, and would take the process down when that disk is full.
"""

import atexit
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import structlog
from django.conf import settings
from django.db import Error, connection, connections
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from api.counters import COUNTERS, HISTOGRAMS, INFINITE, counts_return, counts_take
from api.services.metric_gauges import GAUGES, Sample

log = structlog.get_logger()
_ADD = """
INSERT INTO api_metricsum (name, labels, value, last_at)
SELECT came.name, came.labels, came.value, clock_timestamp()
  FROM unnest(%s::text[], %s::text[], %s::float8[]) AS came (name, labels, value)
 ORDER BY came.name, came.labels
ON CONFLICT (name, labels)
    DO UPDATE SET value = api_metricsum.value + EXCLUDED.value, last_at = EXCLUDED.last_at"""
Labels = dict[str, str]


def metrics_flush() -> None:
    """Add this process's counts to everybody's. While the database is away they wait here."""
    taken = counts_take()
    if not taken:
        return
    names, labels = zip(*taken, strict=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [list(names), list(labels), list(taken.values())])
    except Error:
        counts_return(taken)
        raise


def metrics_flush_start() -> None:
    """From now on a thread of this process does it, and of each process that is forked from it. 0 seconds: never."""
    if not settings.METRICS_FLUSH_SECONDS:
        return
    atexit.register(_flush_last)
    threading.Thread(target=_flush_on, name="metrics", daemon=True).start()
    os.register_at_fork(
        after_in_child=lambda: threading.Thread(target=_flush_on, daemon=True).start()
    )


def _flush_last() -> None:
    """What was counted since the last time, when a process ends in order."""
    with suppress(Error, RuntimeError):
        metrics_flush()


def _flush_on() -> None:
    while True:
        time.sleep(settings.METRICS_FLUSH_SECONDS)
        try:
            metrics_flush()
        except Error as error:
            log.warning("metrics_wait_for_database", error=str(error))
        finally:
            connections.close_all()


def metrics_text() -> bytes:
    """All of it, as Prometheus reads it. A gauge whose question fails is left out, and says so in the log."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything())
    return generate_latest(registry)


class _Everything(Collector):
    def collect(self) -> Iterator[Metric]:
        """Counters and histograms from the table, then the gauges."""
        try:
            metrics_flush()
            yield from _sums()
        except Error as error:
            log.warning("metrics_without_database", error=str(error))
        for gauge in GAUGES:
            family = GaugeMetricFamily(gauge.name, gauge.words, labels=gauge.labels)
            try:
                samples: list[Sample] = gauge.ask()
            except (
                Exception
            ) as error:  # one number that can't be had must not take the others along
                log.warning("gauge_failed", gauge=gauge.name, error=str(error))
                continue
            for values, value in samples:
                family.add_metric(values, value)
            yield family


def _sums() -> Iterator[Metric]:
    rows = _rows()
    for name, words in COUNTERS.items():
        labels = sorted({label for told, _ in rows.get(name, []) for label in told})
        counter = CounterMetricFamily(name, words, labels=labels)
        for told, value in rows.get(name, []):
            counter.add_metric([told.get(label, "") for label in labels], value)
        yield counter
    for name, (words, bounds) in HISTOGRAMS.items():
        yield _histogram(name, words, bounds, rows)


def _rows() -> dict[str, list[tuple[Labels, float]]]:
    found: dict[str, list[tuple[Labels, float]]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, labels, value FROM api_metricsum ORDER BY name, labels")
        for name, labels, value in cursor.fetchall():
            found.setdefault(name, []).append((json.loads(labels), value))
    return found


def _histogram(
    name: str,
    words: str,
    bounds: tuple[float, ...],
    rows: dict[str, list[tuple[Labels, float]]],
) -> HistogramMetricFamily:
    """Buckets are kept each for itself and added up here, as Prometheus wants them."""
    sums = rows.get(f"{name}_sum", [])
    labels = sorted({label for told, _ in sums for label in told})
    family = HistogramMetricFamily(name, words, labels=labels)
    for told, total in sums:
        own = {
            bucket["le"]: value
            for bucket, value in rows.get(f"{name}_bucket", [])
            if {k: v for k, v in bucket.items() if k != "le"} == told
        }
        running, buckets = 0.0, []
        for bound in [*(f"{bound}" for bound in bounds), INFINITE]:
            running += own.get(bound, 0.0)
            buckets.append((bound, running))
        family.add_metric([told[label] for label in labels], buckets, total)
    return family
