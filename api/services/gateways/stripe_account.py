"""Our account at Stripe as the doctor looks at it: key, clock, newest event, webhook endpoints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import stripe
from django.conf import settings

from api.clock import from_unix, now
from api.errors import StripeRefused, StripeUnavailable

SECONDS = 5


@dataclass(frozen=True)
class AccountFacts:
    """What one question to Stripe tells: its clock against ours, and its newest event."""

    clock_ahead_seconds: float | None
    newest_event_id: str = ""
    newest_event_at: datetime | None = None


@dataclass(frozen=True)
class Endpoint:
    """Where Stripe delivers, and what."""

    id: str
    url: str
    events: tuple[str, ...]
    api_version: str
    is_enabled: bool


def account_look() -> AccountFacts:
    """Ask Stripe for its newest event. Raises StripeUnavailable, or StripeRefused for a bad key."""
    begun = now()
    answer = _ask(lambda: _client().raw_request("get", "/v1/events", limit=1))
    middle = begun + (now() - begun) / 2
    events = answer.data["data"]
    said = answer.headers.get("Date") or answer.headers.get("date")
    # The header has whole seconds: on average its moment is half a second later.
    ahead = (parsedate_to_datetime(said) - middle).total_seconds() + 0.5 if said else None
    if not events:
        return AccountFacts(ahead)
    return AccountFacts(ahead, events[0]["id"], from_unix(events[0]["created"]))


def types_undelivered(*, since: datetime, until: datetime) -> set[str]:
    """The types of the newest events between two moments that Stripe could not deliver everywhere."""
    window = {"gt": int(since.timestamp()), "lte": int(until.timestamp())}
    asked = {"delivery_success": "false", "created": window, "limit": 100}
    events = _ask(lambda: _client().raw_request("get", "/v1/events", **asked)).data["data"]
    return {event["type"] for event in events}


def endpoints_list() -> list[Endpoint]:
    """All webhook endpoints of the account."""
    data = _ask(lambda: _client().raw_request("get", "/v1/webhook_endpoints", limit=100)).data
    return [
        Endpoint(
            id=found["id"],
            url=found["url"],
            events=tuple(found["enabled_events"]),
            api_version=found["api_version"] or "",
            is_enabled=found["status"] == "enabled",
        )
        for found in data["data"]
    ]


def endpoint_create(*, url: str, events: Sequence[str]) -> str:
    """A new endpoint of our API version; returns its signing secret, which Stripe tells only now."""
    params: Any = {
        "url": url,
        "enabled_events": list(events),
        "api_version": settings.STRIPE_API_VERSION,
        "description": "Domaap",
    }
    made = _ask(lambda: _client().raw_request("post", "/v1/webhook_endpoints", **params)).data
    return str(made["secret"])


def endpoint_update(endpoint_id: str, *, events: Sequence[str]) -> None:
    """Listen to these types, and be on. Its secret and version stay."""
    path = f"/v1/webhook_endpoints/{endpoint_id}"
    params: Any = {"enabled_events": list(events), "disabled": "false"}
    _ask(lambda: _client().raw_request("post", path, **params))


def endpoint_delete(endpoint_id: str) -> None:
    """Stripe delivers there no more."""
    _ask(lambda: _client().raw_request("delete", f"/v1/webhook_endpoints/{endpoint_id}"))


def publishable_key_opens(intent_id: str) -> bool:
    """Whether the publishable key sees a payment that the secret key sees: both are of one account."""
    secret_side = _ask(lambda: _client().raw_request("get", f"/v1/payment_intents/{intent_id}"))
    secret = str(secret_side.data["client_secret"])
    browser = _client(settings.STRIPE_PUBLISHABLE_KEY)
    try:
        _ask(
            lambda: browser.raw_request(
                "get", f"/v1/payment_intents/{intent_id}", client_secret=secret
            )
        )
    except StripeRefused:
        return False
    return True


def _client(key: str = "") -> stripe.StripeClient:
    """Made anew each time and patient for a moment only: a person waits for the answer."""
    return stripe.StripeClient(
        key or settings.STRIPE_SECRET_KEY,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": settings.STRIPE_API_URL},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=SECONDS),
    )


def _ask(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except stripe.APIConnectionError as error:
        raise StripeUnavailable from error
    except stripe.StripeError as error:
        if (error.http_status or 0) >= 500:
            raise StripeUnavailable from error
        raise StripeRefused(reason=error.user_message or str(error)) from error
