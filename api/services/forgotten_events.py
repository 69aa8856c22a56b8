"""Events of forgotten donors: what Stripe told of them, and whatever it still tells, without their words."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from api.models import Donation, Erasure, WebhookEvent
from api.services.forgotten_names import forgotten_donors
from api.services.gateways.stripe import id_of
from api.services.personal_texts import cleaned, stripe_cleaned
from api.services.turns import turn_take

_AT_ONCE = 500
_HANDLING = 0xF026  # shared by all who handle events, taken alone for a moment by an erasure
# Where an object of Stripe's says to whom, or to which payment, it belongs.
_LEADS = (
    "id", "customer", "payment_intent", "charge", "invoice", "subscription", "payment_method",
)  # fmt: skip


def events_of(names: Collection[str]) -> QuerySet[WebhookEvent]:
    """Events about any of these of Stripe's ids, by index. Those that still wait are cleaned when they are handled."""
    return WebhookEvent.objects.filter(about__overlap=sorted(names))


def events_clean(events: QuerySet[WebhookEvent], words: Collection[str]) -> int:
    """Take Stripe's personal fields, and these words, out of events. Returns how many were changed."""
    return sum(_clean(event, words) for event in events.iterator(chunk_size=_AT_ONCE))


def events_handling_begin() -> None:
    """In a transaction that handles events: an erasure that commits meanwhile looks again when it is over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_HANDLING])


def events_clean_late(names: Collection[str], *, since: datetime) -> int:
    """Clean what was being handled while an erasure committed: neither of the two knew of the other.

    Called outside transactions, since it waits for those that handle events now.
    """
    with transaction.atomic():
        turn_take(_HANDLING)
    return events_clean(events_of(names).filter(received_at__gte=since), ())


def events_forget(events: Collection[WebhookEvent]) -> int:
    """Clean those of events just handled that are about forgotten donors. Returns how many were."""
    # Most charities have forgotten nobody yet, and this is on the way of every event.
    if not events or not Erasure.objects.filter(erased_at__isnull=False).exists():
        return 0
    named = [(event, set(_leads(event))) for event in events]
    forgotten = _forgotten(set[str]().union(*(names for _, names in named)))
    return sum(_clean(event, ()) for event, names in named if names & forgotten)


def _forgotten(names: set[str]) -> set[str]:
    """Those of these names that are a forgotten donor's: kept as hashes, or on a gift that came after."""
    gifts = Donation.objects.filter(
        Q(stripe_payment_intent_id__in=names) | Q(stripe_invoice_id__in=names),
        donor__erased_at__isnull=False,
    )
    pairs = gifts.order_by().values_list("stripe_payment_intent_id", "stripe_invoice_id")
    return {*forgotten_donors(names), *(one for pair in pairs for one in pair if one)}


def _leads(event: WebhookEvent) -> Iterator[str]:
    data = event.payload.get("data")
    thing = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(thing, Mapping):
        return
    yield from _ids(thing[name] for name in _LEADS if name in thing)
    details = (thing.get("parent") or {}).get("subscription_details")
    if isinstance(details, Mapping):
        yield from _ids([details.get("subscription")])


def _ids(values: Iterable[Any]) -> Iterator[str]:
    return (found for value in values if (found := id_of(value)))


def _clean(event: WebhookEvent, words: Collection[str]) -> bool:
    payload = dict(event.payload)
    payload["data"] = stripe_cleaned(payload.get("data"), words)
    error = cleaned(event.error, words)
    if payload == event.payload and error == event.error:
        return False
    WebhookEvent.objects.filter(pk=event.pk).update(payload=payload, error=error)
    return True
