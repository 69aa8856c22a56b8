"""Numbers for Prometheus: who gets them, and that they are right."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from api import counters
from api.clock import now
from api.models import MetricSum, WebhookEvent
from api.services.metrics import metrics_flush, metrics_text
from api.services.pulses import pulse_beat
from tests.clients import Client

pytestmark = pytest.mark.django_db
TOKEN = "t" * 20 + "okenofprometheus"


@pytest.fixture(autouse=True)
def nothing_counted(no_jobs: None) -> None:
    """Counts of other tests in this process are none of ours."""
    counters.counts_take()


def values(name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """The samples of one name, by their labels."""
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics_text().decode())
        for sample in family.samples
        if sample.name == name
    }


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "203.0.113.9", 404),
        ({}, "10.0.0.9", 404),
        # Through a proxy on this machine somebody else asks, whatever it says of them.
        ({"X-Forwarded-For": "203.0.113.9"}, "127.0.0.1", 404),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 404),
        ({"X-Real-IP": "127.0.0.1"}, "127.0.0.1", 404),
        ({"Forwarded": "for=127.0.0.1"}, "127.0.0.1", 404),
        ({"X-Forwarded-Proto": "https"}, "127.0.0.1", 404),
        ({"Authorization": "Bearer anything"}, "203.0.113.9", 404),
    ],
)
def test_without_a_token_only_this_machine_reads_the_numbers(
    headers: dict[str, str], address: str, status: int
) -> None:
    answer = Client().get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == status
    assert (b"domaap_" in answer.content) == (status == 200)


@pytest.mark.parametrize(
    ("said", "status"),
    [("Bearer " + TOKEN, 200), ("Bearer " + TOKEN[:-1], 404), (TOKEN, 404), ("", 404)],
)
def test_with_a_token_only_its_bearer_reads_them(
    said: str, status: int, settings: Settings
) -> None:
    settings.METRICS_TOKEN = TOKEN
    headers = {"Authorization": said} if said else {}
    assert Client().get("/metrics", headers=headers, REMOTE_ADDR="10.0.0.9").status_code == status
    if status == 404:
        assert Client().get("/metrics", headers=headers).status_code == 404


def test_counts_of_several_processes_are_added_up() -> None:
    for _ in range(2):  # Each flush is what another process, or machine, adds.
        counters.count("domaap_mails", outcome="sent")
        counters.count("domaap_mails", 2, outcome="permanent")
        metrics_flush()
    assert values("domaap_mails_total") == {
        (("outcome", "sent"),): 2,
        (("outcome", "permanent"),): 4,
    }
    assert MetricSum.objects.filter(name="domaap_mails").count() == 2


def test_a_histogram_has_cumulative_buckets_its_sum_and_its_count() -> None:
    for seconds in (0.4, 0.6, 1.5, 9_999.0):
        counters.observe("domaap_settle_seconds", seconds)
    buckets = {dict(k)["le"]: v for k, v in values("domaap_settle_seconds_bucket").items()}
    assert [buckets[bound] for bound in ("0.1", "0.5", "1.0", "2.0", "3600.0", "+Inf")] == [
        0,
        1,
        2,
        3,
        3,
        4,
    ]
    assert values("domaap_settle_seconds_count") == {(): 4}
    assert values("domaap_settle_seconds_sum") == {(): pytest.approx(10_001.5)}


def test_what_waits_and_since_when() -> None:
    pulse_beat()
    moment = now() - timedelta(seconds=90)
    known = {"type": "invoice.paid", "payload": {}, "route": "/", "stripe_created_at": moment}
    one = WebhookEvent.objects.create(stripe_event_id="evt_1", next_attempt_at=moment, **known)
    WebhookEvent.objects.filter(pk=one.pk).update(received_at=moment)
    assert values("domaap_events_waiting") == {(): 1}
    assert values("domaap_events_oldest_seconds")[()] == pytest.approx(90, abs=20)
    assert values("domaap_last_event_age_seconds")[()] == pytest.approx(90, abs=20)
    assert values("domaap_database_up") == {(): 1}
    assert values("domaap_worker_silence_seconds")[(("half", "events"),)] < 20


def test_requests_are_counted_by_part_and_kind() -> None:
    client = Client()
    client.get("/health/live")
    client.get("/api/staff/donors/")
    found = values("domaap_requests_total")
    assert found[(("kind", "2xx"), ("part", "health"))] == 1
    assert found[(("kind", "4xx"), ("part", "staff"))] == 1


def test_reading_the_numbers_costs_a_fixed_number_of_short_queries(
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(24):
        metrics_text()
