"""Invoices and what pays them (2025-03-31.basil: InvoicePayment links to the intent)."""

from stripe_sim.catalog import price_inline, product_create
from stripe_sim.errors import SimError, invalid
from stripe_sim.forms import text
from stripe_sim.invoice_details import invoice_details, item_details
from stripe_sim.payment_intents import intent_cancel, intent_confirm, intent_new
from stripe_sim.state import State, Thing

RETRY_SECONDS = 3 * 86400
MAX_ATTEMPTS = 4


def invoice_create(
    state: State,
    subscription: Thing,
    lines: list[tuple[int, str]],
    reason: str,
    period: tuple[int, int],
) -> Thing:
    """A finalised invoice of a subscription, with its intent and invoice payment when money is due."""
    total = sum(amount for amount, _ in lines)
    now = state.now(subscription)
    invoice_id = state.new_id("in")
    invoice: Thing = {
        **invoice_details(state.get("customer", subscription["customer"]), total),
        "id": invoice_id,
        "object": "invoice",
        "account_country": "GB",
        "account_name": "Domaap simulator",
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": total,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": subscription["currency"],
        "customer": subscription["customer"],
        "default_payment_method": None,
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": now,
        "ending_balance": 0,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "lines": {
            "object": "list",
            "data": [
                _line(state, invoice_id, amount, price, subscription, period)
                for amount, price in lines
            ],
            "has_more": False,
            "url": f"/v1/invoices/{invoice_id}/lines",
        },
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": f"SIM-{invoice_id[-6:].upper()}",
        "parent": _parent(subscription),
        "period_end": now,
        "period_start": now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": total,
        "total": total,
        "test_clock": subscription["test_clock"],
        "webhooks_delivered_at": None,
        "_intent": None,
    }
    state.save("invoice", invoice)
    state.emit("invoice.created", invoice)
    return invoice_finalize(state, {}, invoice_id) if subscription["id"] else invoice


def _line(
    state: State,
    invoice_id: str,
    amount: int,
    price: str,
    subscription: Thing,
    period: tuple[int, int],
) -> Thing:
    return {
        "id": state.new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": "Monthly gift",
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": dict(subscription["metadata"]),
        "period": {"start": period[0], "end": period[1]},
        "pricing": {
            "price_details": {"price": price, "product": state.get("price", price)["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(amount),
        },
        "pretax_credit_amounts": [],
        "quantity": 1,
        "quantity_decimal": "1",
        "subscription": subscription["id"],
        "subtotal": amount,
        "taxes": [],
        "parent": _line_parent(subscription),
    }


def invoice_finalize(state: State, params: Thing, invoice_id: str) -> Thing:
    """POST /v1/invoices/:id/finalize."""
    invoice = state.get("invoice", invoice_id)
    if invoice["status"] != "draft":
        raise invalid("This invoice is already finalized.")
    invoice["status"] = "open"
    invoice["status_transitions"]["finalized_at"] = state.now(invoice)
    if invoice["amount_due"] > 0:
        customer = state.get("customer", invoice["customer"])
        intent = intent_new(state, invoice["amount_due"], invoice["currency"], customer)
        intent |= {
            "_invoice": invoice["id"],
            "setup_future_usage": "off_session",
            "description": "Monthly gift",
        }
        state.save("payment_intent", intent)
        invoice["_intent"] = intent["id"]
        _payment(state, invoice)
        state.emit("payment_intent.created", intent)
    state.save("invoice", invoice)
    state.emit("invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        invoice_paid(state, invoice)
    return invoice


def _payment(state: State, invoice: Thing) -> Thing:
    return state.save(
        "invoice_payment",
        {
            "id": state.new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": state.now(invoice),
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": invoice["_intent"], "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
            "_clock": invoice["test_clock"],
        },
    )


def invoice_payments(state: State, invoice_id: str) -> list[Thing]:
    """The payments of an invoice."""
    return [payment for payment in state.of("invoice_payment") if payment["invoice"] == invoice_id]


def invoice_paid(state: State, invoice: Thing) -> None:
    """The money of an invoice has come: tell it, and the subscription lives on."""
    from stripe_sim.subscriptions import subscription_paid

    now = state.now(invoice)
    invoice |= {
        "status": "paid",
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempted": True,
        "next_payment_attempt": None,
    }
    invoice["status_transitions"]["paid_at"] = now
    state.save("invoice", invoice)
    for payment in invoice_payments(state, invoice["id"]):
        payment |= {"status": "paid", "amount_paid": invoice["amount_due"]}
        payment["status_transitions"]["paid_at"] = now
        state.save("invoice_payment", payment)
        state.emit("invoice_payment.paid", payment)
    if invoice["parent"]:
        subscription_paid(state, invoice)
    state.emit("invoice.paid", invoice)
    state.emit("invoice.payment_succeeded", invoice)


def invoice_failed(state: State, invoice: Thing) -> None:
    """An attempt failed: the next one is planned, or the plan is given up."""
    from stripe_sim.subscriptions import subscription_failed

    invoice["attempt_count"] += 1
    invoice["attempted"] = True
    is_first = invoice["billing_reason"] == "subscription_create"
    more = invoice["attempt_count"] < MAX_ATTEMPTS and not is_first
    invoice["next_payment_attempt"] = state.now(invoice) + RETRY_SECONDS if more else None
    state.save("invoice", invoice)
    state.emit("invoice.payment_failed", invoice)
    if invoice["parent"]:
        subscription_failed(state, invoice, gives_up=not more and not is_first)


def invoice_collect(state: State, invoice: Thing) -> None:
    """Try the saved card, off session."""
    method = _saved_method(state, invoice)
    if not method:
        invoice_failed(state, invoice)
        return
    try:
        intent_confirm(state, {"payment_method": method}, invoice["_intent"], off_session=True)
    except SimError as error:
        if error.status != 402:
            raise


def invoice_pay(state: State, params: Thing, invoice_id: str) -> Thing:
    """POST /v1/invoices/:id/pay; a draft is finalised first."""
    invoice = state.get("invoice", invoice_id)
    if invoice["status"] == "draft":
        invoice_finalize(state, {}, invoice_id)
    if invoice["status"] != "open":
        raise invalid(f"Invoice is already {invoice['status']}")
    method = params.get("payment_method") or _saved_method(state, invoice)
    if not method:
        raise invalid("There is no payment method to pay this with.", param="payment_method")
    intent_confirm(state, {"payment_method": method}, invoice["_intent"], off_session=True)
    return invoice


def item_create(state: State, params: Thing) -> Thing:
    """POST /v1/invoiceitems: waits for the customer's next invoice."""
    customer = state.get("customer", text(params, "customer"))
    product = {"id": state.new_id("prod"), "name": params.get("description") or "Item"}
    price = params.get("price_data") or {
        "currency": params.get("currency", "gbp"),
        "product": product_create(state, product)["id"],
        "unit_amount": params.get("amount"),
    }
    kept = price_inline(state, price)
    return state.save(
        "invoiceitem",
        {
            **item_details(kept, customer, state.now(customer)),
            "id": state.new_id("ii"),
            "object": "invoiceitem",
            "amount": kept["unit_amount"],
            "currency": kept["currency"],
            "customer": customer["id"],
            "date": state.now(customer),
            "description": params.get("description"),
            "invoice": params.get("invoice"),
            "livemode": False,
            "metadata": {},
            "_price": kept["id"],
        },
    )


def invoice_plain(state: State, params: Thing) -> Thing:
    """POST /v1/invoices: a draft of the customer's waiting items."""
    customer = state.get("customer", text(params, "customer"))
    items = [
        item
        for item in state.of("invoiceitem")
        if item["customer"] == customer["id"] and not item["invoice"]
    ]
    owner: Thing = {
        "id": None,
        "currency": items[0]["currency"] if items else params.get("currency", "gbp"),
        "customer": customer["id"],
        "metadata": {},
        "test_clock": customer["test_clock"],
    }
    now = state.now(customer)
    lines = [(item["amount"], item["_price"]) for item in items]
    invoice = invoice_create(state, owner, lines, "manual", (now, now))
    for item in items:
        item["invoice"] = invoice["id"]
        state.save("invoiceitem", item)
    return invoice


def _saved_method(state: State, invoice: Thing) -> str | None:
    customer = state.get("customer", invoice["customer"])
    chosen: str | None = customer["invoice_settings"]["default_payment_method"]
    if invoice["parent"]:
        plan = state.get("subscription", invoice["parent"]["subscription_details"]["subscription"])
        chosen = plan["default_payment_method"] or chosen
    attached = [m["id"] for m in state.of("payment_method") if m["customer"] == customer["id"]]
    return chosen or (attached[-1] if attached else None)


def _parent(subscription: Thing) -> Thing | None:
    """What an invoice belongs to: nothing when it was made by hand."""
    if not subscription["id"]:
        return None
    return {
        "quote_details": None,
        "type": "subscription_details",
        "subscription_details": {
            "metadata": dict(subscription["metadata"]),
            "subscription": subscription["id"],
        },
    }


def _line_parent(subscription: Thing) -> Thing | None:
    """What a line belongs to."""
    if not subscription["id"]:
        return None
    return {
        "invoice_item_details": None,
        "type": "subscription_item_details",
        "subscription_item_details": {
            "invoice_item": None,
            "proration": False,
            "proration_details": {"credited_items": None},
            "subscription": subscription["id"],
            "subscription_item": subscription["items"]["data"][0]["id"],
        },
    }


def invoices_open(state: State, subscription_id: str) -> list[Thing]:
    """The unpaid invoices of a subscription."""
    return [
        invoice
        for invoice in state.of("invoice")
        if invoice["status"] == "open"
        and invoice["parent"]
        and invoice["parent"]["subscription_details"]["subscription"] == subscription_id
    ]


def invoice_void(state: State, params: Thing, invoice_id: str) -> Thing:
    """POST /v1/invoices/:id/void."""
    invoice = state.get("invoice", invoice_id)
    if invoice["status"] not in ("open", "draft"):
        raise invalid("You can only void an open invoice.")
    invoice["status"] = "void"
    invoice["status_transitions"]["voided_at"] = state.now(invoice)
    invoice["next_payment_attempt"] = None
    state.save("invoice", invoice)
    if invoice["_intent"]:
        intent_cancel(state, {"cancellation_reason": "void_invoice"}, invoice["_intent"])
    state.emit("invoice.voided", invoice)
    return invoice
