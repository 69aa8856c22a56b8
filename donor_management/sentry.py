"""Errors are told to Sentry, where a DSN is set: what broke and where, never about whom.

Only what is named here leaves: types of errors, places in our code, the request's id and address pattern.
Texts of errors stay here, for a donor's name may be in any of them; the request's id finds them in the log.
"""

from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.types import Event, Hint

KEPT = (
    "event_id",
    "timestamp",
    "level",
    "platform",
    "release",
    "environment",
    "logger",
    "transaction",
)
FRAME = ("filename", "abs_path", "function", "module", "lineno", "in_app")
SENT = "(in our own log)"


def sentry_start(*, dsn: str, environment: str, release: str) -> None:
    """Begin to tell; without a DSN nothing is ever sent."""
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        before_send=told,
        before_breadcrumb=lambda crumb, hint: None,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0.0,
        server_name="domaap",
        auto_session_tracking=False,
    )


def told(event: Event, hint: Hint) -> Event | None:
    """The event made anew of what may leave."""
    said: dict[str, Any] = dict(event)
    kept: dict[str, Any] = {name: said[name] for name in KEPT if name in said}
    if (said.get("transaction_info") or {}).get("source") == "url":
        kept.pop("transaction", None)  # No pattern: an address as it was asked for, perhaps a key.
    kept["exception"] = {"values": [_exception(one) for one in _values(said, "exception")]}
    kept["tags"] = _tags(hint)
    if name := _log_name(hint):
        kept["logentry"] = {"message": name}
    return kept  # type: ignore[return-value]


def _values(said: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = said.get(name) or {}
    return list(found.get("values") or [])


def _exception(one: dict[str, Any]) -> dict[str, Any]:
    frames = (one.get("stacktrace") or {}).get("frames") or []
    return {
        "type": one.get("type"),
        "module": one.get("module"),
        "value": SENT,
        "stacktrace": {"frames": [{name: frame.get(name) for name in FRAME} for frame in frames]},
    }


def _log_name(hint: Hint) -> str:
    """The name of one of our log lines; a library's sentence may hold anything."""
    record = hint.get("log_record")
    message = getattr(record, "msg", None)
    return str(message.get("event", "")) if isinstance(message, dict) else ""


def _tags(hint: Hint) -> dict[str, str]:
    bound = structlog.contextvars.get_contextvars()
    names = ("request_id", "stripe_event", "job")
    return {name: str(bound[name]) for name in names if bound.get(name)}
