"""The plans of a Stripe account's history, and which payment was a month of which."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from api.clock import charity_date, from_unix, now
from api.models import SUBSCRIPTION_ENDED, Subscription, SubscriptionStatus
from api.services.backfill_donors import person_of
from api.services.backfill_sweeps import MonthOf, Sweep
from api.services.backfill_tallies import Tally
from api.services.gateways.stripe import id_of
from api.services.invoices import facts_from_payload as invoice_facts
from api.services.plan_calendar import DRAFT
from api.services.plan_facts import facts_from_payload, plan_mirror
from api.services.subscriptions import subscription_moves_recall

# An invoice is made before it is paid: Smart Retries take two months at most, people may take longer.
INVOICE_WAITS = timedelta(days=180)
_NEVER_STARTED = ("incomplete", "incomplete_expired")
_Page = Sequence[dict[str, Any]]


def products_take(sweep: Sweep, page: _Page) -> Tally:
    """Learn what the account's products are for."""
    sweep.funds.products_take(page)
    return Tally()


def months_take(sweep: Sweep, page: _Page) -> Tally:
    """Learn which payments paid invoices.

    Since 2025-03-31.basil neither a charge nor its PaymentIntent tells its invoice: only this list does.
    """
    for paid in page:
        payment = paid.get("payment") or {}
        payment_id = id_of(payment.get("payment_intent")) or id_of(payment.get("charge"))
        invoice = paid.get("invoice")
        if payment_id and isinstance(invoice, dict) and not invoice.get("deleted"):
            sweep.months[payment_id] = _month(sweep, invoice)
    return Tally()


def plans_take(sweep: Sweep, page: _Page) -> Tally:
    """Bring in the monthly plans of a page."""
    tally = Tally()
    placed = [one for one in _strange(sweep, page, tally) if not _refuse(sweep, one, tally)]
    book, plans = sweep.donors(), []
    book.read([person_of(one) for one in placed])
    for one in placed:
        plan = _plan(sweep, one)
        plan.donor = book.of(person_of(one))
        plans.append(plan)
        tally.make("monthly plans", plan.amount_minor, plan.currency, from_unix(one["created"]))
    tally.donors += book.close(is_commit=sweep.is_commit)
    if sweep.is_commit:
        _keep(plans)
    else:
        sweep.plans_remember(plans)
    return tally


def _keep(plans: Sequence[Subscription]) -> None:
    Subscription.objects.bulk_create(plans)
    subscription_moves_recall(plans)


def _strange(sweep: Sweep, page: _Page, tally: Tally) -> list[dict[str, Any]]:
    """Those that took money in the period and are not here."""
    known, strange = _known(page), []
    begins = int(sweep.begins_at.timestamp()) if sweep.begins_at else 0
    for one in page:
        if one["status"] in _NEVER_STARTED:
            tally.passed["plans that never started"] += 1
        elif (one.get("ended_at") or begins) < begins:
            tally.passed["plans that ended before the period"] += 1
        elif one["id"] in known:
            tally.passed["plans that are here already"] += 1
        else:
            strange.append(one)
    return strange


def _known(page: _Page) -> set[str]:
    """Which of these are here, by Stripe's id or by the reference that we gave them."""
    facts = [facts_from_payload(one) for one in page]
    ids = Subscription.objects.filter(stripe_subscription_id__in=[one.id for one in facts])
    references = {one.reference for one in facts} - {""}
    ours = Subscription.objects.filter(reference__in=references)
    by_id = set(ids.values_list("stripe_subscription_id", flat=True))
    by_reference = set(ours.values_list("reference", flat=True))
    return {one.id for one in facts if one.id in by_id or one.reference in by_reference}


def _refuse(sweep: Sweep, plan: dict[str, Any], tally: Tally) -> bool:
    """Say why a plan has no place here; its gifts are brought in all the same, as one-off gifts."""
    amount, why = _amount(plan), ""
    if any(_rhythm(item) != ("month", 1) for item in _items(plan)):
        why = "plans that are not monthly (their gifts come as one-off gifts)"
    elif amount <= 0:
        why = "plans without a fixed amount (their gifts come as one-off gifts)"
    elif sweep.funds.of(_fund_name(sweep, plan)) is None:
        why = f"for a fund that is not here: {_fund_name(sweep, plan)}"
    if why:
        tally.leave(why, plan["id"], amount, str(plan["currency"]).upper())
    return bool(why)


def _plan(sweep: Sweep, told: dict[str, Any]) -> Subscription:
    facts = facts_from_payload(told)
    status = facts.our_status or SubscriptionStatus.ACTIVE
    is_ended = status in SUBSCRIPTION_ENDED
    ended = told.get("ended_at") or told.get("canceled_at") or told["created"]
    anchor = charity_date((facts.anchor_at or from_unix(told["created"])) + DRAFT)
    plan = Subscription(
        fund=sweep.funds.of(_fund_name(sweep, told)),
        amount_minor=_amount(told),
        currency=str(told["currency"]).upper(),
        collection_day=anchor.day,
        status=status,
        stripe_subscription_id=facts.id,
        # The list is newer than any event that waits: an old one must not bring an old status back.
        stripe_event_at=now(),
        stripe_payment_method_id=facts.method_id,
        created_at=from_unix(told["created"]),
        cancelled_at=from_unix(ended) if is_ended else None,
    )
    if not is_ended:
        plan_mirror(plan, facts, at=now())
    return plan


def _amount(plan: dict[str, Any]) -> int:
    """What is taken each time, in minor units; 0 where a price is not fixed in whole ones."""
    total = 0
    for item in _items(plan):
        price, number = item["price"].get("unit_amount"), item.get("quantity")
        if price is None or number is None:
            return 0
        total += int(price) * int(number)
    return total


def _rhythm(item: dict[str, Any]) -> tuple[str, int]:
    recurring = item["price"].get("recurring") or {}
    return str(recurring.get("interval")), int(recurring.get("interval_count") or 1)


def _items(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return list(plan["items"]["data"])


def _fund_name(sweep: Sweep, plan: dict[str, Any]) -> str:
    products = [id_of(item["price"].get("product")) for item in _items(plan)]
    return sweep.funds.name_of(metadata=plan.get("metadata"), product_ids=products)


def _month(sweep: Sweep, invoice: dict[str, Any]) -> MonthOf:
    facts = invoice_facts(invoice)
    parent = (invoice.get("parent") or {}).get("subscription_details") or {}
    metadata = {**(parent.get("metadata") or {}), **(invoice.get("metadata") or {})}
    lines = (invoice.get("lines") or {}).get("data") or []
    priced = [((line.get("pricing") or {}).get("price_details") or {}) for line in lines]
    return MonthOf(
        invoice_id=facts.id,
        plan_id=facts.subscription_id,
        plan_reference=facts.subscription_reference,
        fund_name=sweep.funds.name_of(
            metadata=metadata, product_ids=[id_of(price.get("product")) for price in priced]
        ),
    )
