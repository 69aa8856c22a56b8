"""Stripe's webhook endpoint: there, on, of our version, with the events that we act on, and its secret ours."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from api.clock import now
from api.services.doctor.env_file import env_file_check, env_file_set
from api.services.doctor.findings import (
    Check,
    MendError,
    Seen,
    fine,
    is_production,
    manage,
    problem,
    warning,
)
from api.services.doctor.rounds import Round
from api.services.gaps import EVENTS_KEPT
from api.services.gaps import ROUTE as GAPS_ROUTE
from api.services.gateways.stripe_account import (
    endpoint_create,
    endpoint_delete,
    endpoint_update,
    types_undelivered,
)
from api.services.stripe_events import HANDLERS, TOGETHER

WANTED = tuple(sorted({*HANDLERS, *TOGETHER}))
PATH = "/api/stripe/webhook/"
# An event so young may still be delivered.
ON_THE_WAY = timedelta(seconds=10)
_FIX = manage("doctor --fix")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def has_public_address() -> bool:
    """Whether Stripe, or the simulator, can find us."""
    is_near = urlsplit(settings.SITE_URL).hostname in _LOOPBACK
    return settings.STRIPE_IS_SIMULATED or is_production() or not is_near


def endpoint(round_: Round) -> Seen:
    """Somewhere Stripe is told to deliver to us."""
    if round_.endpoints and any(found.is_enabled for found in round_.endpoints):
        return fine(f"Stripe delivers to {round_.endpoints[0].url}.")
    if round_.endpoints:
        return problem(f"The endpoint {round_.endpoints[0].url} is switched off at Stripe.", _FIX)
    if not has_public_address():
        listen = f"stripe listen --forward-to localhost:{settings.WEB_PORT}{PATH}"
        return fine(f"This machine has no public address: `{listen}` brings its events.")
    return problem(f"Stripe has no webhook endpoint for {settings.SITE_URL}.", _FIX)


def types(round_: Round) -> Seen:
    """All that we act on is delivered."""
    told = {kind for found in round_.endpoints if found.is_enabled for kind in found.events}
    missing = [] if "*" in told or not told else [kind for kind in WANTED if kind not in told]
    if not missing:
        return fine(f"Stripe tells of all {len(WANTED)} types that we act on.")
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    return problem(f"Stripe does not tell of {', '.join(missing[:3])}{more}.", _FIX)


def version(round_: Round) -> Seen:
    """Events come in the form that this code was written for."""
    wanted = settings.STRIPE_API_VERSION
    others = {found.api_version for found in round_.endpoints} - {wanted}
    if not others:
        return fine(f"Events are of the version {wanted}.")
    said = sorted(others)[0] or "the account's default version"
    return warning(f"Events come as of {said}; this code expects {wanted}.", _FIX)


def secret(round_: Round) -> Seen:
    """Stripe never shows a secret again: it is told by which deliveries we could verify."""
    refused_at, kept_at = _last_refused_and_kept()
    is_older = refused_at is None or (kept_at is not None and kept_at >= refused_at)
    if refused_at is None or is_older or not _is_of_stripe(round_, refused_at, kept_at):
        return fine("Nothing says that the signing secret is wrong.")
    return problem(
        f"The last delivery ({refused_at:%d %b %Y %H:%M} UTC) was refused: none of the secrets in "
        "STRIPE_WEBHOOK_SECRET had signed it.",
        f"{_FIX} (makes the endpoint anew), or put its secret from https://dashboard.stripe.com/webhooks "
        "into .env and restart",
    )


def _last_refused_and_kept() -> tuple[datetime | None, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT max(last_at) FROM api_metricsum
                        WHERE name = 'domaap_webhooks' AND labels = '{"outcome": "refused"}'),
                      (SELECT max(received_at) FROM
                          (SELECT received_at FROM api_webhookevent WHERE route <> %s
                            ORDER BY id DESC LIMIT 1) AS last)""",
            [GAPS_ROUTE],
        )
        refused_at, kept_at = cursor.fetchone()
    return refused_at, kept_at


def _is_of_stripe(round_: Round, refused_at: datetime, kept_at: datetime | None) -> bool:
    """Whether Stripe failed to deliver something to us since it last did. Else a stranger knocked."""
    if not round_.endpoints:  # `stripe listen` alone brings events, and strangers can't come.
        return True
    told = {kind for found in round_.endpoints if found.is_enabled for kind in found.events}
    failed = types_undelivered(
        since=kept_at or refused_at - EVENTS_KEPT, until=min(refused_at, now() - ON_THE_WAY)
    )
    return bool(failed) if "*" in told else not told.isdisjoint(failed)


def endpoint_mend(round_: Round) -> str:
    """Make the endpoint, or switch it on."""
    if round_.endpoints:
        return types_mend(round_)
    return _make(round_)


def types_mend(round_: Round) -> str:
    """Have the first endpoint listen to all, besides what it was told to."""
    found = round_.endpoints[0]
    events = ("*",) if "*" in found.events else tuple(sorted({*found.events, *WANTED}))
    endpoint_update(found.id, events=events)
    return f"Told Stripe to deliver {len(events)} types to {found.url}."


def replace(round_: Round) -> str:
    """A new endpoint with our version and a new secret; the old ones go after it is there."""
    old = list(round_.endpoints)
    if not old and not has_public_address():
        raise MendError("Run `stripe listen` again and put the secret that it prints into .env.")
    said = _make(round_, url=old[0].url if old else "")
    for one in old:
        endpoint_delete(one.id)
    with connection.cursor() as cursor:
        cursor.execute('DELETE FROM api_metricsum WHERE labels = \'{"outcome": "refused"}\'')
    return said


def _make(round_: Round, *, url: str = "") -> str:
    env_file_check("STRIPE_WEBHOOK_SECRET")  # Stripe tells the secret once: it must find its place.
    url = url or f"{settings.SITE_URL}{PATH}"
    made = endpoint_create(url=url, events=WANTED)
    kept = ",".join([made, *settings.STRIPE_WEBHOOK_SECRETS])
    path = env_file_set("STRIPE_WEBHOOK_SECRET", kept)
    settings.STRIPE_WEBHOOK_SECRETS = [made, *settings.STRIPE_WEBHOOK_SECRETS]
    round_.forget()
    return (
        f"Made the endpoint {url} at Stripe and put its secret before the others in {path} "
        "(readable by its owner only). Restart web for it to count."
    )


_WHY = "Stripe's events are how a paid gift gets into the books within a second."
CHECKS = (
    Check(
        "webhook",
        "Webhook endpoint",
        _WHY,
        endpoint,
        needs=("stripe",),
        mend=endpoint_mend,
    ),
    Check(
        "webhook-events",
        "Types of events",
        "What Stripe does not tell of is found only every five minutes, and some of it never.",
        types,
        needs=("webhook",),
        mend=types_mend,
    ),
    Check(
        "webhook-version",
        "Version of events",
        "Stripe moves fields from version to version: amounts might not be found.",
        version,
        needs=("webhook",),
        mend=replace,
    ),
    Check(
        "webhook-secret",
        "Signing secret",
        "Deliveries with a signature that we can't verify are refused.",
        secret,
        needs=("webhook", "migrations"),
        mend=replace,
    ),
)
