"""Events by what they tell of: Stripe's objects of a gift, of a plan, or of all that a donor gave."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from api.models import Donation, Donor, Payment, Right, Subscription
from api.services.replicas import reading
from api.services.tables.estimates import rows_planned
from api.services.tables.searches import NOTHING, STRIPE_ID, AnyOf, Found, Search

# So many donors or gifts are looked up with all of Stripe's ids of theirs. Of more there are enough
# among the events as they come, and each event's own gift is asked instead.
OWNERS_MOST = 2_000
NAMES_MOST = 20_000
EVENTS_MOST = 50_000
# Where Stripe's ids of what somebody or something has stand, and the way from there to whose they are.
_Way = tuple[type[Model], str, str]
_WAYS: dict[type[Model], Sequence[_Way]] = {
    Donor: (
        (Donor, "stripe_customer_id", "pk"),
        (Subscription, "stripe_subscription_id", "donor_id"),
        (Donation, "stripe_payment_intent_id", "donor_id"),
        (Donation, "stripe_invoice_id", "donor_id"),
        (Payment, "stripe_charge_id", "donation__donor_id"),
    ),
    Subscription: (
        (Subscription, "stripe_subscription_id", "pk"),
        (Donation, "stripe_payment_intent_id", "subscription_id"),
        (Donation, "stripe_invoice_id", "subscription_id"),
        (Payment, "stripe_charge_id", "donation__subscription_id"),
    ),
    Donation: (
        (Donation, "stripe_payment_intent_id", "pk"),
        (Donation, "stripe_invoice_id", "pk"),
        (Payment, "stripe_charge_id", "donation_id"),
    ),
}
# Id by id: PostgreSQL knows nothing of how many events are about one, and reads all of them rather than
# look up many at once.
_EVENTS_SQL = """
SELECT DISTINCT event.id FROM unnest(%s::varchar[]) AS name,
       LATERAL (SELECT id FROM api_webhookevent
                 WHERE about @> ARRAY[name]::varchar[] AND about IS NOT NULL OFFSET 0) AS event LIMIT %s
"""


@dataclass(frozen=True)
class EventIds(Search):
    """An id of Stripe's: of an event itself, or of what events are about."""

    right: Right | None = Right.BANK_VIEW

    def find(self, text: str) -> Found | None:
        """By the inbox's own indexes."""
        if not STRIPE_ID.fullmatch(text):
            return None
        if text.startswith("evt_"):
            return Found(Q(stripe_event_id=text))
        return _found_about([text])


@dataclass(frozen=True)
class EventsOf(Search):
    """Events about the gifts or plans that another search finds, or about all that the donors have whom it finds.

    `search` is one of rows of `model`, which is Donor, Donation or Subscription; `aliases` as a table has them.
    """

    search: Search = field(kw_only=True)
    model: type[Model] = Donor
    aliases: Mapping[str, Any] = field(default_factory=dict)
    right: Right | None = Right.GIVING_VIEW

    @property
    def rights(self) -> frozenset[Right]:
        """Of the other search too: who may not look for an e-mail address finds no event by it."""
        return super().rights | self.search.rights

    def find(self, text: str) -> Found | None:
        """By the index of what events are about; None when the other search finds nothing."""
        found = self.search.find(text)
        if found is None or found is NOTHING:
            return found
        owners = self.model._default_manager.alias(**self.aliases).order_by()
        if not found.is_common:
            keys = _few_keys(owners.filter(found.where))
            names = _names(_WAYS[self.model], keys) if keys is not None else None
            events = _found_about(names, found.note) if names is not None else None
            if events:
                return events
        return Found(_each_asks(_WAYS[self.model], owners, found.where), found.note, is_common=True)


def _few_keys(owners: QuerySet[Any]) -> list[int] | None:
    """Their keys; None when they are too many."""
    if rows_planned(owners) > OWNERS_MOST:
        return None
    keys = list(owners.values_list("pk", flat=True)[: OWNERS_MOST + 1])
    return keys if len(keys) <= OWNERS_MOST else None


def _names(ways: Sequence[_Way], keys: list[int]) -> list[str] | None:
    """Stripe's ids of all that these have, by one query; None when they are too many."""
    first, *others = [
        model._default_manager.filter(AnyOf(way, keys)).order_by().values_list(column)
        for model, column, way in ways
    ]
    found = first.union(*others, all=True).order_by()[: NAMES_MOST + 1]
    names = [name for (name,) in found if name]
    return names if len(names) <= NAMES_MOST else None


def _found_about(names: Sequence[str], note: str = "") -> Found | None:
    """The events about these ids; None when they are too many."""
    with reading().cursor() as cursor:
        cursor.execute(_EVENTS_SQL, [list(names), EVENTS_MOST + 1])
        keys = [key for (key,) in cursor.fetchall()]
    if len(keys) > EVENTS_MOST:
        return None
    return Found(Q(AnyOf("pk", keys)), note) if keys else NOTHING


class _IsAbout(Func):
    """This id is among those that the event around is about."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, column: str) -> None:
        super().__init__(F(column), OuterRef("about"))


def _each_asks(ways: Sequence[_Way], owners: QuerySet[Any], where: Q) -> Q:
    """Each event asks whether whose it is fits, by unique indexes: PostgreSQL makes no join of such questions,
    and reads the events in their order until the page is full.
    """
    return _any(
        Exists(
            model._default_manager.filter(_IsAbout(column))
            .filter(
                Subquery(
                    owners.filter(pk=OuterRef(way)).values(
                        does_fit=ExpressionWrapper(where, output_field=BooleanField())
                    ),
                    output_field=BooleanField(),
                )
            )
            .order_by()
        )
        for model, column, way in ways
    )


def _any(conditions: Iterator[Exists]) -> Q:
    where = Q()
    for one in conditions:
        where |= Q(one)
    return where
