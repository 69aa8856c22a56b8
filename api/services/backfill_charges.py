"""The charges of a Stripe account's history as gifts, settled by the one function that makes money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.clock import from_unix, now
from api.models import Donation, DonationKind, Fund, Subscription
from api.services.backfill_donors import DonorBook, person_of
from api.services.backfill_sweeps import MonthOf, Sweep
from api.services.backfill_tallies import Tally
from api.services.donations import donations_bring_in
from api.services.gateways.stripe import ChargeFacts, charge_facts, payment_id_of
from api.services.payments import Settlement

WHAT = {DonationKind.ONE_OFF: "one-off gifts", DonationKind.MONTHLY: "monthly gifts"}


@dataclass(frozen=True)
class PaidCharge:
    """A charge that took money: as Stripe tells it, what it is known by, when its money came, and the fee."""

    told: dict[str, Any]
    facts: ChargeFacts
    payment_id: str
    paid_at: datetime
    fee_minor: int | None
    month: MonthOf | None


@dataclass(frozen=True)
class Placed:
    """A gift that is not saved yet, and the charge that paid it."""

    gift: Donation
    charge: PaidCharge
    is_history: bool


def charges_take(sweep: Sweep, page: Sequence[dict[str, Any]]) -> Tally:
    """Bring in the gifts of a page of charges: a fixed number of queries."""
    tally = Tally()
    charges = _strange(_taken(sweep, page, tally), tally)
    book = sweep.donors()
    book.read([person_of(charge.told) for charge in charges])
    placed = _place(sweep, charges, book, tally)
    tally.donors += book.close(is_commit=sweep.is_commit)
    for one in placed:
        gift = one.gift
        what = WHAT[DonationKind(gift.kind)]
        tally.make(what, gift.amount_minor, gift.currency, one.charge.paid_at)
    if sweep.is_commit:
        _keep(placed)
    else:
        sweep.gifts_remember(one.gift for one in placed)
    return tally


def _taken(sweep: Sweep, page: Sequence[dict[str, Any]], tally: Tally) -> list[PaidCharge]:
    charges = []
    for told in page:
        facts, payment_id = charge_facts(told), payment_id_of(told)
        if facts.is_paid and facts.amount_minor > 0:
            moment, fee = _paid(told)
            month = sweep.months.get(payment_id)
            charges.append(PaidCharge(told, facts, payment_id, moment, fee, month))
        elif told["status"] == "succeeded":
            tally.passed["charges that were not captured"] += 1
        else:
            tally.passed[f"charges that are {told['status']}"] += 1
    return charges


def _paid(charge: dict[str, Any]) -> tuple[datetime, int | None]:
    """When the money counted, and Stripe's fee in minor units: a bank debit is made days before it is paid."""
    line = charge.get("balance_transaction")
    if isinstance(line, dict):
        return from_unix(line["created"]), int(line["fee"])
    return from_unix(charge["created"]), None


def _strange(charges: Sequence[PaidCharge], tally: Tally) -> list[PaidCharge]:
    """Those that are of no gift here."""
    payments = [one.payment_id for one in charges]
    references = [one.facts.donation_reference for one in charges if one.facts.donation_reference]
    invoices = [one.month.invoice_id for one in charges if one.month]
    known: set[str | None] = set()
    for field, values in (
        ("stripe_payment_intent_id", payments),
        ("reference", references),
    ):
        found = Donation.objects.filter(**{f"{field}__in": values})
        known |= set(found.values_list(field, flat=True))
    # A month of ours that waits for the news of who paid it; one that is paid may have a second payer.
    waiting = Donation.objects.filter(stripe_invoice_id__in=invoices, stripe_payment_intent_id=None)
    known |= set(waiting.values_list("stripe_invoice_id", flat=True))
    strange = [
        one
        for one in charges
        if not known & {one.payment_id, one.facts.donation_reference or None}
        and not (one.month and one.month.invoice_id in known)
    ]
    tally.passed["charges of gifts that are here already"] += len(charges) - len(strange)
    return strange


def _place(
    sweep: Sweep, charges: Sequence[PaidCharge], book: DonorBook, tally: Tally
) -> list[Placed]:
    plans = sweep.plans(one.month.plan_id for one in charges if one.month and one.month.plan_id)
    invoices = {one.month.invoice_id for one in charges if one.month}
    taken = set(
        Donation.objects.filter(stripe_invoice_id__in=invoices).values_list(
            "stripe_invoice_id", flat=True
        )
    )
    placed = []
    for charge in charges:
        plan = plans.get(charge.month.plan_id) if charge.month else None
        told = sweep.funds.name_of(metadata=charge.told.get("metadata"))
        names = (told, charge.month.fund_name if charge.month else "")
        fund = plan.fund if plan else sweep.funds.of(*names)
        if fund is None:
            why = f"for a fund that is not here: {names[0] or names[1]}"
            money = charge.facts
            tally.leave(why, money.charge_id, money.amount_minor, money.currency)
            continue
        is_ours = bool(plan and charge.month and plan.reference == charge.month.plan_reference)
        gift = _gift(charge, plan, fund)
        # A month of our own plan came today, as its news would have.
        gift.created_at = now() if is_ours else charge.paid_at
        gift.donor = plan.donor if plan else book.of(person_of(charge.told))
        if gift.stripe_invoice_id in taken:
            gift.stripe_invoice_id = None
        elif gift.stripe_invoice_id:
            taken.add(gift.stripe_invoice_id)
        placed.append(Placed(gift, charge, is_history=not is_ours))
    return placed


def _gift(charge: PaidCharge, plan: Subscription | None, fund: Fund) -> Donation:
    return Donation(
        kind=DonationKind.MONTHLY if plan else DonationKind.ONE_OFF,
        subscription=plan,
        fund=fund,
        amount_minor=charge.facts.amount_minor,
        currency=charge.facts.currency,
        stripe_payment_intent_id=charge.payment_id,
        stripe_invoice_id=charge.month.invoice_id if charge.month else None,
    )


def _keep(placed: Sequence[Placed]) -> None:
    donations_bring_in([(one.gift, _settlement(one)) for one in placed])


def _settlement(placed: Placed) -> Settlement:
    charge = placed.charge
    return Settlement(
        donation_id=0,
        amount_minor=charge.facts.amount_minor,
        currency=charge.facts.currency,
        received_at=charge.paid_at,
        why=f"backfill {charge.facts.charge_id}",
        payment_intent_id=charge.payment_id,
        charge_id=charge.facts.charge_id,
        method=charge.facts.method,
        method_kind=charge.facts.method_kind,
        fee_minor=charge.fee_minor,
        is_history=placed.is_history,
    )
