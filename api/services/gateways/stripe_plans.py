"""The door to Stripe for plans that run: their changes, their bills, and what they are paid with."""

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Any

import stripe as sdk

from api.errors import StripeRefused
from api.services.gateways import stripe
from api.services.gateways.methods import method_told
from api.services.gateways.stripe import id_of
from api.services.gateways.stripe_asking import ask


@dataclass(frozen=True)
class MethodFacts:
    """What a plan is paid with. `text`: 'Visa card ending 4242'; `expires_on`: the card's last day."""

    id: str
    kind: str
    text: str
    expires_on: date | None = None
    last4: str = ""
    sort_code: str = ""
    holder: str = ""


@dataclass(frozen=True)
class SetupFacts:
    """A SetupIntent: how the donor gives us a new card or account. Status in Stripe's words."""

    id: str
    status: str
    client_secret: str = ""
    payment_method_id: str = ""
    mandate_id: str = ""
    customer_id: str = ""
    plan_reference: str = ""


@dataclass(frozen=True)
class MandateFacts:
    """A payer's permission. Status: pending, active or inactive."""

    id: str
    status: str
    reference: str
    payment_method_id: str


@dataclass(frozen=True)
class BillFacts:
    """An invoice of a plan. Amounts in minor units; `client_secret` lets the donor pay it in the browser."""

    id: str
    status: str
    amount_due_minor: int
    amount_paid_minor: int
    is_advancing: bool
    client_secret: str = ""
    payment_intent_id: str = ""


def plan_read(subscription_id: str) -> dict[str, Any]:
    """The subscription as Stripe has it now."""
    return ask(lambda: stripe._client().v1.subscriptions.retrieve(subscription_id)).to_dict()


def plan_update(subscription_id: str, *, key: str, params: dict[str, Any]) -> dict[str, Any]:
    """Change a subscription without any proration; the same key is the same change."""
    asked: Any = {"proration_behavior": "none", **params}
    options: Any = {"idempotency_key": key}
    client = stripe._client()
    return ask(lambda: client.v1.subscriptions.update(subscription_id, asked, options)).to_dict()


def price_data(
    *, amount_minor: int, currency: str, fund_code: str, fund_name: str, every: tuple[str, int]
) -> dict[str, Any]:
    """The price of a plan's gift to a fund, made inline; the fund's product is made when missing."""
    return {
        "currency": currency.lower(),
        "product": stripe._product_ensure(fund_code, fund_name),
        "unit_amount": amount_minor,
        "recurring": {"interval": every[0], "interval_count": every[1]},
    }


def setup_start(*, customer_id: str, plan_reference: str, key: str) -> SetupFacts:
    """Ask for a new card or account of a customer, confirmed by their bank in the browser."""
    params: Any = {
        "customer": customer_id,
        "usage": "off_session",
        "automatic_payment_methods": {"enabled": True},
        "metadata": {"subscription_reference": plan_reference},
    }
    options: Any = {"idempotency_key": key}
    client = stripe._client()
    return _setup(ask(lambda: client.v1.setup_intents.create(params, options)).to_dict())


def setup_read(setup_id: str) -> SetupFacts:
    """The SetupIntent as Stripe has it now."""
    return _setup(ask(lambda: stripe._client().v1.setup_intents.retrieve(setup_id)).to_dict())


def method_read(method_id: str) -> MethodFacts:
    """A payment method as Stripe has it now."""
    found = ask(lambda: stripe._client().v1.payment_methods.retrieve(method_id))
    return method_facts(found.to_dict())


def method_facts(method: dict[str, Any]) -> MethodFacts:
    """From a PaymentMethod of any API version, from an answer or an event."""
    kind = str(method.get("type", ""))
    inner = method.get(kind) or {}
    year, month = inner.get("exp_year"), inner.get("exp_month")
    expires = date(year, month, calendar.monthrange(year, month)[1]) if year and month else None
    return MethodFacts(
        id=str(method["id"]),
        kind=kind[:40],
        text=method_told(method)[:80],
        expires_on=expires,
        last4=str(inner.get("last4") or ""),
        sort_code=str(inner.get("sort_code") or ""),
        holder=str((method.get("billing_details") or {}).get("name") or ""),
    )


def mandate_read(mandate_id: str) -> MandateFacts:
    """A mandate as Stripe has it now."""
    found = ask(lambda: stripe._client().v1.mandates.retrieve(mandate_id))
    return mandate_facts(found.to_dict())


def mandate_facts(mandate: dict[str, Any]) -> MandateFacts:
    """From a mandate, from an answer or an event."""
    details = mandate.get("payment_method_details") or {}
    inner = details.get(details.get("type", "")) or {}
    return MandateFacts(
        id=str(mandate["id"]),
        status=str(mandate.get("status", ""))[:12],
        reference=str(inner.get("reference") or "")[:40],
        payment_method_id=id_of(mandate.get("payment_method")),
    )


def payment_mandate(intent_id: str) -> str:
    """The id of the mandate that a payment was made under; nothing for a card."""
    params: Any = {"expand": ["latest_charge"]}
    found = ask(lambda: stripe._client().v1.payment_intents.retrieve(intent_id, params))
    details = (found.to_dict().get("latest_charge") or {}).get("payment_method_details") or {}
    return str((details.get(details.get("type", "")) or {}).get("mandate") or "")


def bill_read(invoice_id: str) -> BillFacts:
    """An invoice as Stripe has it now, with what the donor's browser needs to pay it."""
    params: Any = {"expand": ["confirmation_secret", "payments"]}
    found = ask(lambda: stripe._client().v1.invoices.retrieve(invoice_id, params))
    invoice = found.to_dict()
    return BillFacts(
        id=invoice["id"],
        status=str(invoice["status"]),
        amount_due_minor=int(invoice.get("amount_due") or 0),
        amount_paid_minor=int(invoice.get("amount_paid") or 0),
        is_advancing=bool(invoice.get("auto_advance")),
        client_secret=(invoice.get("confirmation_secret") or {}).get("client_secret", ""),
        payment_intent_id=stripe._invoice_intent(invoice),
    )


def bill_hold(invoice_id: str, *, key: str) -> str:
    """Stripe tries this invoice no more by itself: from now on only we do. Returns why it failed, as far
    as Stripe says: a decline code, authentication_required, or nothing.
    """
    asked = ["payments.data.payment.payment_intent"]
    params: Any = {"auto_advance": False, "expand": asked}
    options: Any = {"idempotency_key": key}
    client = stripe._client()
    found = ask(lambda: client.v1.invoices.update(invoice_id, params, options)).to_dict()
    for payment in (found.get("payments") or {}).get("data") or []:
        intent = (payment.get("payment") or {}).get("payment_intent")
        if isinstance(intent, dict):
            facts = stripe.intent_facts(intent)
            asks = facts.status == "requires_action"
            return "authentication_required" if asks else facts.failure_code
    return ""


def bill_void(invoice_id: str, *, key: str) -> bool:
    """Nobody waits for this invoice any more. False: it was paid or given up before."""
    options: Any = {"idempotency_key": key}
    try:
        ask(lambda: stripe._client().v1.invoices.void_invoice(invoice_id, {}, options))
    except StripeRefused:
        return False
    return True


def payment_with(
    *,
    reference: str,
    amount_minor: int,
    currency: str,
    customer_id: str,
    method_id: str,
    description: str,
    return_url: str,
) -> stripe.IntentFacts:
    """A gift paid at once with a saved card, the donor being there; the same reference is the same one."""
    params: Any = {
        "amount": amount_minor,
        "currency": currency.lower(),
        "customer": customer_id,
        "payment_method": method_id,
        "confirm": True,
        "description": description,
        "metadata": {"donation_reference": reference},
        "automatic_payment_methods": {"enabled": True},
        "return_url": return_url,
    }
    options: Any = {"idempotency_key": f"donation-{reference}-intent"}
    client = stripe._client()

    def take() -> dict[str, Any]:
        try:
            return client.v1.payment_intents.create(params, options).to_dict()
        except sdk.CardError as error:
            declined: Any = error.error and error.error.payment_intent
            return dict(declined.to_dict()) if declined else {"id": "", "status": "failed"}

    return stripe.intent_facts(ask(take))


def _setup(setup: dict[str, Any]) -> SetupFacts:
    return SetupFacts(
        id=setup["id"],
        status=str(setup["status"]),
        client_secret=setup.get("client_secret") or "",
        payment_method_id=id_of(setup.get("payment_method")),
        mandate_id=id_of(setup.get("mandate")),
        customer_id=id_of(setup.get("customer")),
        plan_reference=(setup.get("metadata") or {}).get("subscription_reference", ""),
    )
