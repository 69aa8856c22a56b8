"""Lists: newest first, by cursor and filter (docs.stripe.com/api/pagination)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any

from stripe_sim.errors import invalid
from stripe_sim.forms import integer
from stripe_sim.shelf import INDEXED, Place, Shelf
from stripe_sim.state import State, Thing

# Filters that compare a field as it is.
PLAIN = (
    "active",
    "charge",
    "currency",
    "customer",
    "email",
    "invoice",
    "payment_intent",
    "product",
    "source",
    "status",
    "subscription",
    "type",
)
# The field that a filter means, where it has another name.
FIELDS = {"payout": "_payout", "subscription": "_subscription"}
MAX_TYPES = 20


def listing(state: State, kind: str, url: str, params: Thing) -> Thing:
    """One page."""
    limit = integer(params, "limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Limit must be between 1 and 100.", param="limit")
    if len(params.get("types") or []) > MAX_TYPES:
        raise invalid(f"At most {MAX_TYPES} types may be asked for.", param="types")
    shelf = state.shelf(kind)
    rows = _narrowest(shelf, params)
    low, high = _bounds(shelf, kind, rows, params)
    is_back = bool(params.get("ending_before"))
    positions: Iterable[int] = range(low, high) if is_back else range(high - 1, low - 1, -1)
    found: list[Thing] = []
    for position in positions:
        thing = shelf.things[rows[position][2]]
        if _matches(thing, params):
            found.append(thing)
            if len(found) > limit:
                break
    page = found[:limit]
    return {
        "object": "list",
        "data": page[::-1] if is_back else page,
        "has_more": len(found) > limit,
        "url": url,
    }


def _narrowest(shelf: Shelf, params: Thing) -> list[Place]:
    """The shortest row of candidates that holds all that is asked for."""
    rows = [shelf.order]
    for name in (*PLAIN, "payout"):
        field, value = FIELDS.get(name, name), params.get(name)
        if field in INDEXED and isinstance(value, str) and value != "all":
            rows.append(shelf.places(field, value))
    if types := params.get("types"):
        rows.append(sorted(place for kind in set(types) for place in shelf.places("type", kind)))
    return min(rows, key=len)


def _bounds(shelf: Shelf, kind: str, rows: list[Place], params: Thing) -> tuple[int, int]:
    low, high = 0, len(rows)
    for how, moment in _range(params.get("created")):
        # Places begin with the moment, so (moment,) stands before all that were made then.
        if how in ("gt", "gte"):
            low = max(low, bisect_left(rows, (moment + (how == "gt"),)))
        else:
            high = min(high, bisect_left(rows, (moment + (how == "lte"),)))
    if after := params.get("starting_after"):
        high = min(high, bisect_left(rows, _cursor(shelf, kind, after, "starting_after")))
    if before := params.get("ending_before"):
        low = max(low, bisect_right(rows, _cursor(shelf, kind, before, "ending_before")))
    return low, high


def _cursor(shelf: Shelf, kind: str, object_id: str, param: str) -> Place:
    place = shelf.place(object_id)
    if place is None:
        raise invalid(f"No such {kind}: '{object_id}'", code="resource_missing", param=param)
    return place


def _range(given: Any) -> list[tuple[str, int]]:
    """`created=5` and `created[gte]=5`."""
    if given in (None, ""):
        return []
    wanted = given if isinstance(given, dict) else {"gte": given, "lte": given}
    unknown = set(wanted) - {"gt", "gte", "lt", "lte"}
    if unknown:
        raise invalid(f"Received unknown parameter: created[{unknown.pop()}]", param="created")
    return [(how, integer(wanted, how)) for how in wanted]


def _matches(thing: Thing, params: Thing) -> bool:
    if not all(_is_wanted(thing, FIELDS.get(name, name), params.get(name)) for name in PLAIN):
        return False
    if "payout" in params and thing.get("_payout") != params["payout"]:
        return False
    if (types := params.get("types")) and thing["type"] not in types:
        return False
    if thing["object"] == "subscription" and not params.get("status"):
        return bool(thing["status"] != "canceled")
    if delivered := params.get("delivery_success"):
        is_delivered: bool = thing["pending_webhooks"] == 0
        return is_delivered == (str(delivered).lower() == "true")
    paid_by = params.get("payment")
    if isinstance(paid_by, dict):
        return all(thing["payment"].get(name) == value for name, value in paid_by.items())
    return all(
        _compare(thing["arrival_date"], how, moment)
        for how, moment in _range(params.get("arrival_date"))
    )


def _is_wanted(thing: Thing, field: str, wanted: Any) -> bool:
    if wanted in (None, "", "all") or field not in thing:
        return True
    held = thing[field]
    return bool(
        str(held).lower() == str(wanted).lower() if isinstance(held, bool) else held == wanted
    )


def _compare(value: int, how: str, limit: int) -> bool:
    return {"gt": value > limit, "gte": value >= limit, "lt": value < limit, "lte": value <= limit}[
        how
    ]
