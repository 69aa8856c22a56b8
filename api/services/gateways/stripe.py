"""The only door to Stripe. Knows nothing of our models; every call has a key made of our own ids."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import stripe
import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from api.errors import StripeRefused, WebhookRefused
from api.services.gateways.methods import method_told
from api.services.gateways.stripe_asking import ANSWER_SECONDS, CONNECT_SECONDS, ask

log = structlog.get_logger()
_ask = ask


@dataclass(frozen=True)
class IntentFacts:
    """A PaymentIntent as we use it. Amount in minor units, currency ISO 4217, status in Stripe's words."""

    id: str
    status: str
    amount_received_minor: int
    currency: str
    client_secret: str = ""
    failure_code: str = ""
    donation_reference: str = ""
    charge_id: str = ""


@dataclass(frozen=True)
class ChargeFacts:
    """A charge as we use it. Amount in minor units: what was captured."""

    charge_id: str
    method: str
    method_kind: str = ""
    payment_intent_id: str = ""
    donation_reference: str = ""
    is_paid: bool = False
    amount_minor: int = 0
    currency: str = ""


@dataclass(frozen=True)
class SubscriptionStarted:
    """A subscription that waits for its first payment."""

    id: str
    invoice_id: str
    payment_intent_id: str
    client_secret: str
    told: dict[str, Any]


@dataclass(frozen=True)
class InvoiceTried:
    """What a try to collect an invoice came to: taken (or on its way), or declined with Stripe's code."""

    is_taken: bool
    code: str = ""


def list_pages(path: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
    """The pages of one of Stripe's lists, newest first, as plain data; 100 objects a page."""
    asked: dict[str, Any] = {"limit": 100, **params}
    while True:
        page = _ask(lambda: _client().raw_request("get", path, **asked)).data
        if page["data"]:
            yield page["data"]
        if not page["has_more"]:
            return
        asked["starting_after"] = page["data"][-1]["id"]


def read_ahead[Page](pages: Iterator[Page], *, most: int = 1) -> Iterator[Page]:
    """The same pages, up to `most` of them being asked for while one is worked on."""
    for came in read_together(pages, most=most):
        yield from came


def read_together[Page](pages: Iterator[Page], *, most: int) -> Iterator[list[Page]]:
    """The same pages, up to `most` of them being asked for while some are worked on: all that came by then."""
    reader = ThreadPoolExecutor(1)
    try:
        coming = deque(reader.submit(next, pages, None) for _ in range(most))
        while coming:
            came: list[Page] = []
            page = coming.popleft().result()
            while page is not None:
                came.append(page)
                page = coming.popleft().result() if coming and _has_come(coming[0]) else None
            if not came:
                return
            coming.extend(reader.submit(next, pages, None) for _ in came)
            yield came
    finally:
        reader.shutdown(cancel_futures=True)


def _has_come(page: "Future[Any]") -> bool:
    """Whether it is there; its end, and what went wrong with it, come after those before it."""
    return page.done() and page.exception() is None and page.result() is not None


def balance_read() -> dict[str, int]:
    """What Stripe holds for us now, available or not yet: minor units by currency."""
    balance = _ask(lambda: _client().v1.balance.retrieve()).to_dict()
    held: dict[str, int] = {}
    for part in [*balance["available"], *balance["pending"]]:
        currency = part["currency"].upper()
        held[currency] = held.get(currency, 0) + part["amount"]
    return held


@cache
def _client() -> stripe.StripeClient:
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": settings.STRIPE_API_URL},
        max_network_retries=1,
        http_client=http_client(),
    )


@cache
def http_client() -> Any:
    """How Stripe is reached: over the network, but in a rehearsal or test that stands in for it nearby."""
    if settings.STRIPE_HTTP_CLIENT:
        return import_string(settings.STRIPE_HTTP_CLIENT)()
    return stripe.RequestsClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS))


def webhook_verify(body: bytes, signature: str) -> str:
    """The text of a delivery, if one of our secrets signed it within the last five minutes.

    Several secrets are tried, so that rolling one loses nothing (docs.stripe.com/webhooks#roll-endpoint-secrets).
    Raises WebhookRefused.
    """
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            text = body.decode()
            stripe.WebhookSignature.verify_header(text, signature, secret, tolerance=300)
        except (stripe.SignatureVerificationError, UnicodeDecodeError, TypeError):
            continue  # TypeError: a signature in letters that Python does not compare.
        return text
    raise WebhookRefused("The signature is missing, old, or not made with one of our secrets.")


def payment_intent_create(
    *, reference: str, amount_minor: int, currency: str, customer_id: str, description: str
) -> IntentFacts:
    """A PaymentIntent for one gift; the same reference always gives the same one."""
    params: Any = {
        "amount": amount_minor,
        "currency": currency.lower(),
        "customer": customer_id,
        "description": description,
        "metadata": {"donation_reference": reference},
        "automatic_payment_methods": {"enabled": True},
    }
    options: Any = {"idempotency_key": f"donation-{reference}-intent"}
    return intent_facts(
        _ask(lambda: _client().v1.payment_intents.create(params, options)).to_dict()
    )


def payment_intent_retrieve(intent_id: str) -> IntentFacts:
    """The PaymentIntent as Stripe has it now."""
    return intent_facts(_ask(lambda: _client().v1.payment_intents.retrieve(intent_id)).to_dict())


def payment_intent_cancel(intent_id: str) -> IntentFacts:
    """Take no money by an intent any more; where it is too late for that, it is told as it is."""
    try:
        _ask(lambda: _client().v1.payment_intents.cancel(intent_id))
    except StripeRefused:
        log.info("payment_intent_not_cancelled", intent=intent_id)
    return payment_intent_retrieve(intent_id)


def payment_charge(intent_id: str) -> ChargeFacts:
    """How a payment was made."""
    params: Any = {"expand": ["latest_charge"]}
    intent = _ask(lambda: _client().v1.payment_intents.retrieve(intent_id, params)).to_dict()
    return charge_facts(intent.get("latest_charge") or {})


def invoice_payment_intent(invoice_id: str) -> str:
    """The id of the PaymentIntent that pays an invoice, or nothing (basil: through InvoicePayment)."""
    params: Any = {"expand": ["payments"]}
    invoice = _ask(lambda: _client().v1.invoices.retrieve(invoice_id, params)).to_dict()
    return _invoice_intent(invoice)


def invoice_pay(*, invoice_id: str, key: str) -> InvoiceTried:
    """Collect an open invoice now from what the plan pays with; the same key is the same try."""
    options: Any = {"idempotency_key": key}

    def collect() -> InvoiceTried:
        try:
            _client().v1.invoices.pay(invoice_id, {}, options)
        except stripe.CardError as error:
            said = error.error
            code = (said.decline_code if said else "") or error.code or "card_declined"
            return InvoiceTried(is_taken=False, code=code)
        return InvoiceTried(is_taken=True)

    return _ask(collect)


def invoice_pay_page(invoice_id: str) -> str:
    """Stripe's own page where a donor pays an invoice; nothing when it is not open any more."""
    invoice = _ask(lambda: _client().v1.invoices.retrieve(invoice_id)).to_dict()
    is_open = invoice.get("status") in ("open", "uncollectible")
    return str(invoice.get("hosted_invoice_url") or "") if is_open else ""


def subscription_create(
    *,
    reference: str,
    donation_reference: str,
    customer_id: str,
    fund_code: str,
    fund_name: str,
    amount_minor: int,
    currency: str,
    anchor_unix: int | None,
    anchor_day: int | None = None,
    every: tuple[str, int] = ("month", 1),
    cancel_at_unix: int | None = None,
) -> SubscriptionStarted:
    """A subscription whose first invoice waits for the donor's card.

    With an anchor the plan's own first charge is on that moment; today's gift is an item of the first
    invoice. `anchor_day` (29 to 31) is the day of each month that has it, else the month's last.
    """
    product_id = _product_ensure(fund_code, fund_name)
    price = {"currency": currency.lower(), "product": product_id, "unit_amount": amount_minor}
    rhythm = {"interval": every[0], "interval_count": every[1]}
    params: dict[str, Any] = {
        "customer": customer_id,
        "items": [{"price_data": {**price, "recurring": rhythm}}],
        "payment_behavior": "default_incomplete",
        "payment_settings": {"save_default_payment_method": "on_subscription"},
        "metadata": {"subscription_reference": reference, "donation_reference": donation_reference},
        "expand": ["latest_invoice.confirmation_secret", "latest_invoice.payments"],
    }
    if anchor_day is not None:
        clock = {"hour": 0, "minute": 0, "second": 0}
        params["billing_cycle_anchor_config"] = {"day_of_month": anchor_day, **clock}
    elif anchor_unix is not None:
        params["billing_cycle_anchor"] = anchor_unix
    if anchor_day is not None or anchor_unix is not None:
        params |= {"proration_behavior": "none", "add_invoice_items": [{"price_data": price}]}
    if cancel_at_unix is not None:
        params |= {"cancel_at": cancel_at_unix, "proration_behavior": "none"}
    options: Any = {"idempotency_key": f"subscription-{reference}"}
    asked: Any = params
    made = _ask(lambda: _client().v1.subscriptions.create(asked, options)).to_dict()
    invoice = made["latest_invoice"]
    secret = invoice["confirmation_secret"]["client_secret"]
    return SubscriptionStarted(
        id=made["id"],
        invoice_id=invoice["id"],
        client_secret=secret,
        payment_intent_id=_invoice_intent(invoice) or secret.split("_secret_")[0],
        told=made,
    )


def subscription_cancel(subscription_id: str) -> None:
    """Stop a subscription at once. One that Stripe has ended already is fine."""

    def cancel() -> None:
        try:
            _client().v1.subscriptions.cancel(subscription_id)
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing":
                raise

    _ask(cancel)


def refund_create(
    *, reference: str, payment_intent_id: str, amount_minor: int, reason: str
) -> dict[str, Any]:
    """A refund; the same reference always gives the same one."""
    paid_by = "charge" if payment_intent_id.startswith(("ch_", "py_")) else "payment_intent"
    params: Any = {
        paid_by: payment_intent_id,
        "amount": amount_minor,
        "reason": reason,
        "metadata": {"refund_reference": reference},
    }
    options: Any = {"idempotency_key": f"refund-{reference}"}
    return _ask(lambda: _client().v1.refunds.create(params, options)).to_dict()


def intent_facts(intent: dict[str, Any]) -> IntentFacts:
    """From a PaymentIntent of any API version, from an answer or an event."""
    error = intent.get("last_payment_error") or {}
    charge = intent.get("latest_charge")
    return IntentFacts(
        id=intent["id"],
        status=intent.get("status", ""),
        amount_received_minor=int(intent.get("amount_received") or 0),
        currency=str(intent.get("currency", "")).upper(),
        client_secret=intent.get("client_secret") or "",
        failure_code=str(error.get("decline_code") or error.get("code") or "")[:64],
        donation_reference=(intent.get("metadata") or {}).get("donation_reference", ""),
        charge_id=id_of(charge),
    )


def charge_facts(charge: dict[str, Any]) -> ChargeFacts:
    """From a charge of any API version, from an answer or an event."""
    amount = charge.get("amount_captured")
    return ChargeFacts(
        charge_id=charge.get("id", ""),
        method=method_told(charge.get("payment_method_details") or {})[:80],
        method_kind=str((charge.get("payment_method_details") or {}).get("type") or "")[:40],
        payment_intent_id=id_of(charge.get("payment_intent")),
        donation_reference=(charge.get("metadata") or {}).get("donation_reference", ""),
        is_paid=charge.get("status") == "succeeded" and bool(charge.get("captured", True)),
        amount_minor=int(charge.get("amount", 0) if amount is None else amount),
        currency=str(charge.get("currency", "")).upper(),
    )


def intent_charge_facts(intent: dict[str, Any]) -> ChargeFacts:
    """From a PaymentIntent that succeeded: what it tells of its charge, which is not how it was paid."""
    facts = intent_facts(intent)
    return ChargeFacts(
        charge_id=facts.charge_id,
        method="",
        payment_intent_id=facts.id,
        donation_reference=facts.donation_reference,
        is_paid=True,
        amount_minor=facts.amount_received_minor,
        currency=facts.currency,
    )


def payment_id_of(thing: dict[str, Any]) -> str:
    """What the payment of a charge, refund or dispute is known by: its PaymentIntent.

    Charges made without one (the Charges API, and invoices before 2019) are known by their own id.
    """
    own = thing.get("id") if thing.get("object") == "charge" else thing.get("charge")
    return id_of(thing.get("payment_intent")) or id_of(own)


def id_of(value: Any) -> str:
    """The id of an object that Stripe gives as an id, expanded, or not at all."""
    if isinstance(value, dict):
        return str(value.get("id", ""))
    return value if isinstance(value, str) else ""


def _product_ensure(fund_code: str, fund_name: str) -> str:
    product_id = f"domaap_fund_{fund_code}"
    params: Any = {"id": product_id, "name": f"Regular gift: {fund_name}"}

    def make() -> None:
        try:
            _client().v1.products.create(params)
        except stripe.InvalidRequestError as error:
            if error.code != "resource_already_exists":
                raise

    _ask(make)
    return product_id


def _invoice_intent(invoice: dict[str, Any]) -> str:
    payments = (invoice.get("payments") or {}).get("data") or []
    for item in payments:
        intent = (item.get("payment") or {}).get("payment_intent")
        if intent:
            return id_of(intent)
    return ""
