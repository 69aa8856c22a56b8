"""/_sim/...: what a test can do that a real Stripe does by itself, in its own time."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stripe_sim import (
    debits,
    disputes,
    fees,
    invoices,
    payment_methods,
    payouts,
    refunds,
    settings,
    subscriptions,
)
from stripe_sim.bulk import charges_generate, closed_forget, plans_generate
from stripe_sim.clocks import dues_now, time_move
from stripe_sim.errors import SimError
from stripe_sim.state import State, Thing, public

Control = Callable[[State, Thing, str], Any]


def _refund_fail(state: State, asked: Thing, refund_id: str) -> Any:
    refunds.refund_fail(state, refund_id, asked.get("reason", "expired_or_canceled_card"))
    return state.get("refund", refund_id)


def _refund_succeed(state: State, asked: Thing, refund_id: str) -> Any:
    refunds.refund_succeed(state, refund_id)
    return state.get("refund", refund_id)


def _dispute(state: State, asked: Thing, charge_id: str) -> Any:
    return disputes.dispute_open(
        state,
        state.get("charge", charge_id),
        asked.get("amount"),
        asked.get("reason", "fraudulent"),
        is_inquiry=bool(asked.get("inquiry")),
    )


def _dispute_decide(state: State, asked: Thing, dispute_id: str) -> Any:
    return disputes.dispute_decide(state, dispute_id, is_won=bool(asked["won"]))


def _dispute_escalate(state: State, asked: Thing, dispute_id: str) -> Any:
    return disputes.dispute_escalate(state, dispute_id)


def _payouts(state: State, asked: Thing, _: str) -> Any:
    return {"data": payouts.payouts_run(state)}


def _payout(deed: Callable[[State, str], None]) -> Control:
    def control(state: State, asked: Thing, payout_id: str) -> Any:
        deed(state, payout_id)
        return state.get("payout", payout_id)

    return control


def _payout_fail(state: State, asked: Thing, payout_id: str) -> Any:
    payouts.payout_fail(state, payout_id, asked.get("code", "account_closed"))
    return state.get("payout", payout_id)


def _settle(state: State, asked: Thing, intent_id: str) -> Any:
    return debits.debit_settle(state, intent_id, asked.get("failure", ""))


def _mandate(state: State, asked: Thing, mandate_id: str) -> Any:
    if asked["status"] == "active":
        return debits.mandate_accept(state, mandate_id)
    return debits.mandate_move(
        state, mandate_id, "inactive", "revoked", asked.get("reason", "debit_not_authorized")
    )


def _bill(state: State, asked: Thing, plan_id: str) -> Any:
    """The plan's period is over now, and its gift is collected at once."""
    plan = state.get("subscription", plan_id)
    subscriptions.subscription_renew(state, plan)
    invoices.invoice_draft_due(state, plan["latest_invoice"])
    return plan


def _refuse(state: State, asked: Thing, method_id: str) -> Any:
    return payment_methods.method_refuse(state, asked, method_id)


def _renew(state: State, asked: Thing, method_id: str) -> Any:
    return payment_methods.method_renew(state, asked, method_id)


def _time(state: State, asked: Thing, _: str) -> Any:
    return {"happened": time_move(state, int(asked["advance"])), "now": state.now()}


def _fees(state: State, asked: Thing, _: str) -> Any:
    return fees.fees_set(state, asked)


def _settings(state: State, asked: Thing, _: str) -> Any:
    return settings.settings_set(state, asked)


def _reset(state: State, asked: Thing, _: str) -> Any:
    """A new, empty account; only the webhook endpoints stay."""
    for kind in [kind for kind in state.kinds if kind != "webhook_endpoint"]:
        for thing in state.of(kind):
            state.forget(kind, thing["id"])
    return {}


def _settlement(state: State, asked: Thing, _: str) -> Any:
    return state.save("_setting", {**asked, "id": "settlement"})


def _bulk(state: State, asked: Thing, _: str) -> Any:
    return charges_generate(state, asked)


def _bulk_plans(state: State, asked: Thing, _: str) -> Any:
    return plans_generate(state, asked)


def _bulk_forget(state: State, asked: Thing, _: str) -> Any:
    return {"count": closed_forget(state)}


TABLE: dict[str, Control] = {
    "/_sim/refunds/{id}/fail": _refund_fail,
    "/_sim/refunds/{id}/succeed": _refund_succeed,
    "/_sim/charges/{id}/dispute": _dispute,
    "/_sim/disputes/{id}/decide": _dispute_decide,
    "/_sim/disputes/{id}/escalate": _dispute_escalate,
    "/_sim/payouts": _payouts,
    "/_sim/payouts/{id}/send": _payout(payouts.payout_send),
    "/_sim/payouts/{id}/pay": _payout(payouts.payout_pay),
    "/_sim/payouts/{id}/fail": _payout_fail,
    "/_sim/payment_intents/{id}/settle": _settle,
    "/_sim/mandates/{id}": _mandate,
    "/_sim/subscriptions/{id}/bill": _bill,
    "/_sim/payment_methods/{id}/refuses": _refuse,
    "/_sim/payment_methods/{id}/renew": _renew,
    "/_sim/time": _time,
    "/_sim/fees": _fees,
    "/_sim/settings": _settings,
    "/_sim/settlement": _settlement,
    "/_sim/bulk": _bulk,
    "/_sim/bulk/plans": _bulk_plans,
    "/_sim/bulk/forget": _bulk_forget,
    "/_sim/reset": _reset,
}


def _route(path: str, control: Control) -> Route:
    async def answer(request: Request) -> Response:
        state: State = request.app.state.state
        asked = await request.json() if await request.body() else {}
        try:
            made = public(control(state, asked, request.path_params.get("id", "")))
            dues_now(state)
        except SimError as error:
            return JSONResponse(error.body, error.status)
        except (KeyError, ValueError) as error:
            return JSONResponse({"error": {"message": f"{type(error).__name__}: {error}"}}, 400)
        return JSONResponse(made)

    return Route(path, answer, methods=["POST"])


async def _webhooks(request: Request) -> Response:
    request.app.state.deliveries.is_enabled = bool((await request.json())["enabled"])
    return JSONResponse({"enabled": request.app.state.deliveries.is_enabled})


async def _faults(request: Request) -> Response:
    """POST orders faults and forgets the ones before; GET tells which ones happened."""
    faults = request.app.state.deliveries.faults
    if request.method == "POST":
        try:
            faults.order(await request.json())
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": {"message": str(error)}}, 400)
    return JSONResponse({"happened": faults.happened})


CONTROLS = [
    Route("/_sim/faults", _faults, methods=["GET", "POST"]),
    Route("/_sim/webhooks", _webhooks, methods=["POST"]),
    *(_route(path, control) for path, control in TABLE.items()),
]
