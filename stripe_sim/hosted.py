"""The pages that Stripe hosts: Checkout and the customer portal, plain and without scripts."""

from html import escape
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from stripe_sim.agenda import ENDED
from stripe_sim.checkout import page_confirm, session_advance, session_intent
from stripe_sim.clocks import dues_now
from stripe_sim.errors import SimError
from stripe_sim.invoices import invoice_pay
from stripe_sim.payment_methods import method_attach, method_create
from stripe_sim.payment_outcomes import intent_authenticate
from stripe_sim.setup_intents import setup_authenticate
from stripe_sim.state import State, Thing
from stripe_sim.subscriptions import subscription_cancel

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>
<body><main><h1>{title}</h1><p>Practice mode: no real card is charged.</p>{body}</main></body></html>"""
CARD = """<form method="post">{error}
<p><label>E-mail <input name="email" type="email" autocomplete="email" value="{email}"></label></p>
<p><label>Name on the card <input name="name" autocomplete="cc-name"></label></p>
<p><label>Card number <input name="number" inputmode="numeric" autocomplete="cc-number" required></label></p>
<p><button>{button}</button></p></form>{back}"""
BANK = """<p>Your bank asks: is it you?</p><form method="post">
<button name="bank" value="true">Complete authentication</button>
<button name="bank" value="false">Fail authentication</button></form>"""


def _page(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(PAGE.format(title=escape(title), body=body), status)


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


async def checkout(request: Request) -> Response:
    """The page of a Checkout session, and what its form sends."""
    state: State = request.app.state.state
    session = state.find("checkout.session", request.path_params["id"])
    if session is None or session["status"] == "expired":
        return _page("This page has expired", "<p>Please start again.</p>", 404)
    error = ""
    if request.method == "POST" and session["status"] == "open":
        try:
            _take(state, session, await _form(request))
        except SimError as refused:
            error = f'<p role="alert">{escape(refused.body["error"]["message"])}</p>'
        dues_now(state)
    if session["status"] == "complete":
        target = (session["success_url"] or "").replace("{CHECKOUT_SESSION_ID}", session["id"])
        return RedirectResponse(target, 303) if target else _page("Thank you", "<p>Done.</p>")
    if _asks(state, session):
        return _page("Your bank", BANK)
    body = CARD.format(
        error=error,
        email=escape(session["customer_email"] or ""),
        button=_words(session),
        back=_link(session["cancel_url"]),
    )
    return _page(_words(session), body)


_URL = ":/?#[]@!$&'()*+,;=%"


def _link(url: str | None) -> str:
    return f'<p><a href="{escape(quote(url, safe=_URL))}">Back</a></p>' if url else ""


def _words(session: Thing) -> str:
    if session["mode"] == "setup":
        return "Save card"
    return f"Pay {session['amount_total']} {session['currency']} (minor units)"


def _asks(state: State, session: Thing) -> bool:
    started = session["payment_intent"] or session["setup_intent"] or session["invoice"]
    return bool(started) and session_intent(state, session)["status"] == "requires_action"


def _take(state: State, session: Thing, form: dict[str, str]) -> None:
    if "bank" in form:
        answer = setup_authenticate if session["mode"] == "setup" else intent_authenticate
        answer(state, {"success": form["bank"]}, session_intent(state, session)["id"])
        session_advance(state, session["id"])
        return
    billing = {"email": form.get("email"), "name": form.get("name")}
    card = {"number": form.get("number", "")}
    method = method_create(state, {"type": "card", "card": card, "billing_details": billing})
    page_confirm(state, {"payment_method": method["id"]}, session["id"])


async def portal(request: Request) -> Response:
    """The plans of a customer, each with a button that stops it."""
    state: State = request.app.state.state
    session = state.find("billing_portal.session", request.path_params["id"])
    if session is None:
        return _page("This page has expired", "<p>Please start again.</p>", 404)
    mine = state.where("subscription", "customer", session["customer"])
    plans = {plan["id"]: plan for plan in mine if plan["status"] not in ENDED}
    if request.method == "POST":
        stopped = (await _form(request)).get("stop", "")
        if plans.pop(stopped, None):
            subscription_cancel(state, {}, stopped)
            dues_now(state)
    rows = [
        f"<li>{escape(plan['status'])}, {plan['items']['data'][0]['price']['unit_amount']} "
        f'{escape(plan["currency"])} <form method="post"><button name="stop" '
        f'value="{escape(plan["id"])}">Stop</button></form></li>'
        for plan in plans.values()
    ]
    link = _link(session["return_url"])
    return _page("Your plans", f"<ul>{''.join(rows)}</ul>{link}" if rows else f"<p>None.</p>{link}")


async def invoice(request: Request) -> Response:
    """The page of an invoice: pays it by a card, as Stripe's hosted invoice page does."""
    state: State = request.app.state.state
    bill = state.find("invoice", request.path_params["id"])
    if bill is None or bill["status"] not in ("open", "uncollectible", "paid"):
        return _page("There is nothing to pay here", "<p>Please ask the charity.</p>", 404)
    error = ""
    if request.method == "POST" and bill["status"] != "paid":
        try:
            _pay(state, bill, await _form(request))
        except SimError as refused:
            error = f'<p role="alert">{escape(refused.body["error"]["message"])}</p>'
        dues_now(state)
    if bill["status"] == "paid":
        return _page("Paid", "<p>Thank you.</p>")
    words = f"Pay {bill['amount_due']} {bill['currency']} (minor units)"
    email = escape(state.get("customer", bill["customer"])["email"] or "")
    return _page(words, CARD.format(error=error, email=email, button=words, back=""))


def _pay(state: State, bill: Thing, form: dict[str, str]) -> None:
    card = {"type": "card", "card": {"number": form.get("number", "")}}
    method = method_create(state, card)
    method_attach(state, {"customer": bill["customer"]}, method["id"])
    invoice_pay(state, {"payment_method": method["id"]}, bill["id"])


PAGES = [
    Route("/invoice/{id}", invoice, methods=["GET", "POST"]),
    Route("/checkout/{id}", checkout, methods=["GET", "POST"]),
    Route("/portal/{id}", portal, methods=["GET", "POST"]),
]
