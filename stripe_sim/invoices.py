"""Invoices: draft, open, then paid, void or uncollectible (2025-03-31.basil: InvoicePayment links the intent)."""

from stripe_sim.errors import SimError, invalid
from stripe_sim.forms import text, truth
from stripe_sim.invoice_items import items_waiting
from stripe_sim.invoice_shapes import Line, invoice_new, payment_new
from stripe_sim.payment_intents import CANCELABLE, intent_cancel, intent_new
from stripe_sim.payment_outcomes import intent_confirm
from stripe_sim.settings import setting
from stripe_sim.state import State, Thing, metadata_merge


def invoice_create(
    state: State, subscription: Thing, lines: list[Line], reason: str, period: tuple[int, int]
) -> Thing:
    """A subscription's invoice: the first is finalised at once, a renewal stays a draft for a while."""
    invoice = invoice_new(state, subscription, lines, reason, period)
    # Only what is billed while a pause lasts (docs.stripe.com/billing/subscriptions/pause-payment).
    pause = (subscription.get("pause_collection") or {}).get("behavior")
    wait = setting(state, "renewal_draft_seconds") if reason == "subscription_cycle" else 0
    if pause == "keep_as_draft":
        invoice["auto_advance"] = False
    elif wait:
        invoice["automatically_finalizes_at"] = invoice["created"] + wait
    state.save("invoice", invoice)
    state.emit("invoice.created", invoice)
    if pause == "keep_as_draft":
        return invoice
    if pause == "void":
        return _drop(state, invoice)
    if wait:
        state.plan(wait, "finalize", invoice)
        return invoice
    return invoice_finalize(state, {}, invoice["id"])


def _drop(state: State, invoice: Thing) -> Thing:
    """Void at once, without any payment asked for."""
    invoice["automatically_finalizes_at"] = None
    _end(state, invoice, "void", "voided_at")
    state.emit("invoice.voided", invoice)
    return invoice


def invoice_draft_due(state: State, invoice_id: str) -> None:
    """A draft's hour is over: finalise and collect it, unless its plan pauses the collection."""
    invoice = state.get("invoice", invoice_id)
    if invoice["status"] != "draft":
        return
    invoice_finalize(state, {}, invoice_id)
    if invoice["status"] == "open":
        invoice_begin(state, invoice)


def invoice_begin(state: State, invoice: Thing) -> None:
    """Collect a finalised renewal, as its plan wishes."""
    plan = state.find("subscription", invoice["_subscription"] or "") or {}
    pause = (plan.get("pause_collection") or {}).get("behavior")
    if pause == "mark_uncollectible":
        invoice_uncollectible(state, {}, invoice["id"])
    else:
        invoice_collect(state, invoice)


def invoice_finalize(state: State, params: Thing, invoice_id: str) -> Thing:
    """POST /v1/invoices/:id/finalize."""
    invoice = state.get("invoice", invoice_id)
    if invoice["status"] != "draft":
        raise invalid("This invoice is already finalized, you can't re-finalize it.")
    now = state.now(invoice)
    invoice |= {
        "status": "open",
        "effective_at": now,
        "ending_balance": 0,
        "automatically_finalizes_at": None,
        "number": f"SIM-{invoice['id'][-6:].upper()}",
        "hosted_invoice_url": f"{state.base_url}/invoice/{invoice['id']}"
        if state.base_url
        else None,
    }
    state.unplan("finalize", invoice)
    invoice["status_transitions"]["finalized_at"] = now
    if invoice["amount_due"] > 0:
        customer = state.get("customer", invoice["customer"])
        intent = intent_new(state, invoice["amount_due"], invoice["currency"], customer)
        intent |= {
            "_invoice": invoice["id"],
            "setup_future_usage": "off_session" if invoice["parent"] else None,
            "description": "Subscription creation" if invoice["parent"] else None,
        }
        state.save("payment_intent", intent)
        invoice["_intent"] = intent["id"]
        state.save("invoice_payment", payment_new(state, invoice))
        state.emit("payment_intent.created", intent)
    state.save("invoice", invoice)
    state.emit("invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        invoice_paid(state, invoice)
    return invoice


def invoice_payments(state: State, invoice_id: str) -> list[Thing]:
    """The payments of an invoice."""
    return list(state.where("invoice_payment", "invoice", invoice_id))


def invoice_paid(state: State, invoice: Thing) -> None:
    """The money of an invoice has come: tell it, and the subscription lives on."""
    from stripe_sim.subscriptions import subscription_paid

    now = state.now(invoice)
    invoice |= {
        "status": "paid",
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempt_count": invoice["attempt_count"] + (invoice["amount_due"] > 0),
        "attempted": True,
        "auto_advance": False,
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
    attempts, pause = setting(state, "dunning_attempts"), setting(state, "dunning_seconds")
    may = invoice["auto_advance"] and bool(invoice["parent"]) and not is_first
    more = may and invoice["attempt_count"] < attempts
    invoice["next_payment_attempt"] = state.now(invoice) + pause if more else None
    state.save("invoice", invoice)
    state.emit("invoice.payment_failed", invoice)
    if invoice["parent"]:
        subscription_failed(state, invoice, gives_up=may and not more)


def invoice_action_required(state: State, invoice: Thing, *, is_away: bool) -> None:
    """The bank asks for the donor; when the donor is not there, that is a failed attempt."""
    state.emit("invoice.payment_action_required", invoice)
    if is_away:
        invoice_failed(state, invoice)


def invoice_processing(state: State, invoice: Thing) -> None:
    """A debit is on its way: the plan lives while the bank takes its days."""
    from stripe_sim.subscriptions import subscription_processing

    invoice |= {"attempted": True, "next_payment_attempt": None}
    state.save("invoice", invoice)
    if invoice["parent"]:
        subscription_processing(state, invoice)


def invoice_collect(state: State, invoice: Thing) -> None:
    """Try the saved card, off session."""
    method = _saved_method(state, invoice)
    if not method:
        invoice_failed(state, invoice)
        return
    if state.get("payment_intent", invoice["_intent"])["status"] == "processing":
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
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid(f"Invoice is already {invoice['status']}")
    method = params.get("payment_method") or _saved_method(state, invoice)
    if not method:
        raise invalid("There is no payment method to pay this with.", param="payment_method")
    intent = intent_confirm(state, {"payment_method": method}, invoice["_intent"], off_session=True)
    if intent["status"] == "requires_action":
        raise SimError(
            402,
            "card_error",
            "This payment requires additional user action before it can be completed successfully.",
            code="invoice_payment_intent_requires_action",
        )
    return invoice


def invoice_plain(state: State, params: Thing) -> Thing:
    """POST /v1/invoices: a draft of the customer's waiting items."""
    customer = state.get("customer", text(params, "customer"))
    takes = params.get("pending_invoice_items_behavior", "exclude") == "include"
    items = items_waiting(state, customer["id"]) if takes else []
    owner: Thing = {
        "id": None,
        "currency": items[0]["currency"] if items else params.get("currency", "gbp"),
        "customer": customer["id"],
        "metadata": {},
        "test_clock": customer["test_clock"],
    }
    now = state.now(customer)
    lines = [(item["amount"], item["_price"], 1) for item in items]
    invoice = invoice_new(state, owner, lines, "manual", (now, now))
    invoice["auto_advance"] = truth(params, "auto_advance")
    _set(invoice, params)
    state.save("invoice", invoice)
    for item in items:
        item["invoice"] = invoice["id"]
        state.save("invoiceitem", item)
    state.emit("invoice.created", invoice)
    return invoice


def invoice_update(state: State, params: Thing, invoice_id: str) -> Thing:
    """POST /v1/invoices/:id."""
    invoice = state.get("invoice", invoice_id)
    before = {name: invoice[name] for name in params if name in invoice}
    _set(invoice, params)
    if "auto_advance" in params:
        invoice["auto_advance"] = truth(params, "auto_advance")
        if not invoice["auto_advance"]:
            # Nobody tries by itself any more.
            invoice["next_payment_attempt"] = None
    state.save("invoice", invoice)
    state.emit("invoice.updated", invoice, before)
    return invoice


def _set(invoice: Thing, params: Thing) -> None:
    for name in ("description", "footer", "collection_method", "default_payment_method"):
        if name in params:
            invoice[name] = params[name] or None
    if params.get("days_until_due"):
        invoice["due_date"] = invoice["created"] + int(params["days_until_due"]) * 86400
    metadata_merge(invoice, params)


def invoice_delete(state: State, params: Thing, invoice_id: str) -> Thing:
    """DELETE /v1/invoices/:id: only a draft made by hand."""
    invoice = state.get("invoice", invoice_id)
    if invoice["status"] != "draft" or invoice["parent"]:
        raise invalid("You can only delete draft invoices that belong to no subscription.")
    state.emit("invoice.deleted", invoice)
    state.forget("invoice", invoice_id)
    return {"id": invoice_id, "object": "invoice", "deleted": True}


def invoice_void(state: State, params: Thing, invoice_id: str) -> Thing:
    """POST /v1/invoices/:id/void."""
    invoice = state.get("invoice", invoice_id)
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid("You can only void an open or uncollectible invoice.")
    _end(state, invoice, "void", "voided_at")
    intent = state.find("payment_intent", invoice["_intent"] or "")
    if intent and intent["status"] in CANCELABLE:
        intent_cancel(state, {"cancellation_reason": "void_invoice"}, intent["id"])
    for payment in invoice_payments(state, invoice_id):
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = state.now(invoice)
        state.save("invoice_payment", payment)
    state.emit("invoice.voided", invoice)
    _plan_relieve(state, invoice)
    return invoice


def _plan_relieve(state: State, invoice: Thing) -> None:
    """A plan that was late only by this invoice runs again (docs.stripe.com/billing/subscriptions/overview)."""
    from stripe_sim.subscriptions import subscription_relieve

    plan = state.find("subscription", invoice["_subscription"] or "")
    if plan and plan["latest_invoice"] == invoice["id"]:
        subscription_relieve(state, plan)


def invoice_uncollectible(state: State, params: Thing, invoice_id: str) -> Thing:
    """POST /v1/invoices/:id/mark_uncollectible."""
    invoice = state.get("invoice", invoice_id)
    if invoice["status"] != "open":
        raise invalid("You can only mark an open invoice as uncollectible.")
    _end(state, invoice, "uncollectible", "marked_uncollectible_at")
    state.emit("invoice.marked_uncollectible", invoice)
    _plan_relieve(state, invoice)
    return invoice


def _end(state: State, invoice: Thing, status: str, when: str) -> None:
    invoice |= {"status": status, "next_payment_attempt": None, "auto_advance": False}
    invoice["status_transitions"][when] = state.now(invoice)
    state.save("invoice", invoice)


def _saved_method(state: State, invoice: Thing) -> str | None:
    customer = state.get("customer", invoice["customer"])
    chosen: str | None = invoice["default_payment_method"]
    if invoice["parent"]:
        plan = state.get("subscription", invoice["_subscription"])
        chosen = chosen or plan["default_payment_method"]
    return chosen or method_of(state, customer)


def method_of(state: State, customer: Thing) -> str | None:
    """What a customer pays with when nothing was chosen for the plan."""
    attached = [
        method["id"] for method in state.where("payment_method", "customer", customer["id"])
    ]
    chosen: str | None = customer["invoice_settings"]["default_payment_method"]
    return chosen or (attached[-1] if attached else None)


def invoices_open(state: State, subscription_id: str) -> list[Thing]:
    """The unpaid invoices of a subscription."""
    mine = state.where("invoice", "_subscription", subscription_id)
    return [invoice for invoice in mine if invoice["status"] in ("open", "draft")]
