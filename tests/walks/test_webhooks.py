"""What Stripe delivers, and what others try to."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from api.models import User, WebhookEvent, WebhookStatus
from api.services.inbox import RETRY_PAUSES, events_retry
from tests.clients import Client
from tests.walks.tools import deliver, signature, work

pytestmark = pytest.mark.django_db(transaction=True)
ROUTES = [
    "/api/webhook/",
    "/api/stripe/webhook/",
    "/api/stripe/subscription-webhook/",
    "/api/stripe/one-off-webhook/",
]
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "stripe" / "events"


def event(**changes: Any) -> dict[str, Any]:
    """A small event about nothing of ours."""
    return {
        "id": "evt_1",
        "object": "event",
        "type": "charge.updated",
        "created": 1_790_000_000,
        "api_version": "2026-10-28.endive",
        "data": {"object": {"id": "ch_1", "object": "charge"}},
        **changes,
    }


@pytest.mark.parametrize("route", ROUTES)
def test_each_route_of_the_brief_keeps_a_signed_event_once(client: Client, route: str) -> None:
    assert [deliver(client, event(), route=route).status_code for _ in range(3)] == [200, 200, 200]
    kept = WebhookEvent.objects.get()
    assert (kept.stripe_event_id, kept.route, kept.status) == (
        "evt_1",
        route,
        WebhookStatus.WAITING,
    )
    work()
    kept.refresh_from_db()
    assert kept.status == WebhookStatus.UNPLACED


def test_a_delivery_signed_with_the_older_secret_is_kept_while_secrets_are_rolled(
    client: Client,
) -> None:
    assert deliver(client, event(), secret=settings.STRIPE_WEBHOOK_SECRETS[1]).status_code == 200


@pytest.mark.parametrize("header", ["", "t=1,v1=00", "v1=00", "nonsense"])
def test_a_delivery_with_a_wrong_signature_leaves_no_row(client: Client, header: str) -> None:
    answer = client.post(
        ROUTES[0],
        json.dumps(event()),
        content_type="application/json",
        headers={"Stripe-Signature": header},
    )
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert WebhookEvent.objects.count() == 0


def test_an_old_delivery_a_foreign_secret_and_a_changed_body_leave_no_row(client: Client) -> None:
    assert deliver(client, event(), at=time.time() - 301).status_code == 400
    assert deliver(client, event(), secret="whsec_" + "9" * 32).status_code == 400
    body = json.dumps(event()).encode()
    answer = client.post(
        ROUTES[0],
        body + b" ",
        content_type="application/json",
        headers={"Stripe-Signature": signature(body)},
    )
    assert answer.status_code == 400
    assert WebhookEvent.objects.count() == 0


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"not json", b'"text"', b'{"id": 5, "type": "x"}', b"\xff\xfe"]
)
def test_a_signed_body_that_is_no_event_is_refused(client: Client, body: bytes) -> None:
    answer = client.post(
        ROUTES[0],
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body)},
    )
    assert answer.status_code == 400
    assert WebhookEvent.objects.count() == 0


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: Client) -> None:
    answer = deliver(client, event(pad="x" * settings.WEBHOOK_BODY_LIMIT_BYTES))
    assert answer.status_code == 413
    assert WebhookEvent.objects.count() == 0


def test_text_that_postgresql_refuses_is_kept_all_the_same(client: Client) -> None:
    thing = b'{"id": "a\\u0000b\\ud800"}'
    body = b'{"id": "evt_2", "type": "x.y", "created": "soon", "data": {"object": ' + thing + b"}}"
    answer = client.post(
        ROUTES[0],
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body)},
    )
    assert answer.status_code == 200
    assert WebhookEvent.objects.count() == 1


def test_a_failing_event_waits_longer_each_time_then_asks_for_a_person_and_can_be_retried(
    client: Client, dora: User
) -> None:
    # A subscription whose id is missing its data breaks the handler honestly.
    broken = event(
        id="evt_3", type="invoice.paid", data={"object": {"id": "in_1", "status_transitions": 5}}
    )
    deliver(client, broken)
    for attempt in range(1, len(RETRY_PAUSES) + 2):
        WebhookEvent.objects.update(next_attempt_at=WebhookEvent.objects.get().received_at)
        work()
        kept = WebhookEvent.objects.get()
        assert kept.attempts == attempt
        assert kept.error.startswith("AttributeError")
    assert kept.status == WebhookStatus.FAILED
    events_retry(WebhookEvent.objects.all(), actor=dora)
    kept.refresh_from_db()
    assert (kept.status, kept.attempts) == (WebhookStatus.WAITING, 0)


@pytest.mark.skipif(
    not RECORDED.exists(), reason="the recorded Stripe payloads (../shared) are not here"
)
def test_recorded_payloads_of_old_versions_are_kept_and_none_fails(client: Client) -> None:
    files = sorted(RECORDED.rglob("*.json"))
    assert len(files) > 40
    wanted = set()
    for number, file in enumerate(files):
        payload = json.loads(file.read_text())
        payload["id"] = f"{payload.get('id', 'evt')}_{number}"
        wanted.add(payload["id"])
        assert deliver(client, payload, route=ROUTES[number % 4]).status_code == 200, file.name
    work()
    assert set(WebhookEvent.objects.values_list("stripe_event_id", flat=True)) == wanted
    assert set(WebhookEvent.objects.values_list("error", flat=True)) == {""}
    done = {WebhookStatus.HANDLED, WebhookStatus.IGNORED, WebhookStatus.UNPLACED}
    assert set(WebhookEvent.objects.values_list("status", flat=True)) <= done


@pytest.mark.skipif(
    not RECORDED.exists(), reason="the recorded Stripe payloads (../shared) are not here"
)
def test_recorded_payloads_with_a_wrong_signature_leave_no_row(client: Client) -> None:
    for file in sorted(RECORDED.rglob("*.json")):
        assert (
            deliver(client, json.loads(file.read_text()), secret="whsec_wrong").status_code == 400
        )
    assert WebhookEvent.objects.count() == 0
