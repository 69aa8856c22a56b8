"""The HTTP side: keys, versions, idempotency, and the answer's envelope."""

import asyncio
import base64
import contextlib
import copy
import hashlib
import re
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from stripe_sim.cards import CARDS
from stripe_sim.cli import events_stream, session_create
from stripe_sim.clocks import dues_now, time_pass
from stripe_sim.controls import CONTROLS
from stripe_sim.delivery import Deliveries
from stripe_sim.errors import SimError, invalid
from stripe_sim.expand import expanded
from stripe_sim.faults import ANSWER, Faults
from stripe_sim.forms import decode
from stripe_sim.hosted import PAGES
from stripe_sim.routes import dispatch
from stripe_sim.schemas import Schemas, SchemaViolation
from stripe_sim.state import State, Thing

SILENCE_SECONDS = 120
STATIC = Path(__file__).parent / "static"
# What a client that sends no Stripe-Version gets: an account made before `endive`.
ACCOUNT_VERSION = "2026-09-01.dahlia"
REFUSES_METHOD_TYPES_SINCE = "2026-09-30"
# What a browser may do with an object's client secret: never change its amount.
_PUBLISHABLE_MAY = {
    "GET": re.compile(r"(payment|setup)_intents/(\w+)"),
    "POST": re.compile(r"(payment|setup)_intents/(\w+)/(?:confirm|simulate_authentication)"),
}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": "*",
}


def make_app(state: State, schemas: Schemas | None = None) -> Starlette:
    """The application around one state; with schemas, all that it says is held to them."""
    faults = Faults()
    if schemas is not None:
        state.check_event = schemas.event_check

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.state = state
        app.state.deliveries = Deliveries(state, faults)
        app.state.deliveries.resume()
        renewals = asyncio.create_task(_renew(state))
        yield
        renewals.cancel()
        await app.state.deliveries.close()

    async def api(request: Request) -> Response:
        return await _answer(state, schemas, faults, request)

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def cards(request: Request) -> Response:
        return JSONResponse([{"number": card.number, "words": card.words} for card in CARDS])

    async def script(request: Request) -> Response:
        return FileResponse(
            STATIC / "stripe.js",
            media_type="text/javascript",
            headers={"Cache-Control": "no-cache"},
        )

    return Starlette(
        lifespan=lifespan,
        exception_handlers={500: _fault},
        routes=[
            Route("/v1/stripecli/sessions", session_create, methods=["POST"]),
            WebSocketRoute("/stripecli", events_stream),
            Route("/v1/{path:path}", api, methods=["GET", "POST", "DELETE", "OPTIONS"]),
            Route("/_sim/health", health),
            Route("/_sim/cards", cards),
            *CONTROLS,
            *PAGES,
            Route("/js/stripe.js", script),
        ],
    )


async def _fault(request: Request, error: Exception) -> Response:
    """Our own mistake in Stripe's words; the server still logs the traceback."""
    words = {"type": "api_error", "message": f"The simulator failed: {type(error).__name__}."}
    return JSONResponse({"error": words}, 500, CORS)


async def _renew(state: State) -> None:
    """Subscriptions without a test clock live on real time."""
    while True:
        time_pass(state)
        await asyncio.sleep(30)


class Silence(Response):
    """An answer that never comes: the client waits until it gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._until_gone(receive), SILENCE_SECONDS)

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


async def _answer(
    state: State, schemas: Schemas | None, faults: Faults, request: Request
) -> Response:
    if request.method == "OPTIONS":
        return Response(headers=CORS)
    what = f"{request.method} {request.path_params['path']}"
    fault = faults.strike(ANSWER, what)
    if fault and fault.kind == "error":
        words = {"type": "api_error", "message": "An unknown error occurred (ordered fault)."}
        return JSONResponse({"error": words}, fault.status, CORS)
    if fault and fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    if fault and fault.kind == "pace":
        await asyncio.sleep(faults.turn(what, fault.seconds, time.monotonic()))
    answer = await _answered(state, schemas, request)
    return Silence() if fault and fault.kind == "timeout_after_commit" else answer


async def _answered(state: State, schemas: Schemas | None, request: Request) -> Response:
    headers = {"Request-Id": f"req_{secrets.token_hex(7)}", **CORS}
    body = (await request.body()).decode("utf-8", "replace")
    state.base_url = f"http://{request.url.netloc}"
    key = request.headers.get("Idempotency-Key")
    state.request = {"id": headers["Request-Id"], "idempotency_key": key}
    try:
        status, answer = answer_checked(state, schemas, request, body)
    except SchemaViolation as violation:
        status, answer = 500, violation.body
    finally:
        # What the clock does later was asked for by nobody.
        state.request = {"id": None, "idempotency_key": None}
    headers["Stripe-Version"] = request.headers.get("Stripe-Version", ACCOUNT_VERSION)
    return JSONResponse(answer, status, headers)


def answer_checked(
    state: State, schemas: Schemas | None, request: Request, body: str
) -> tuple[int, Any]:
    """Carry out a request; then hold it and its answer to Stripe's schemas."""
    path = request.path_params["path"].strip("/")
    asked: Thing = {}
    status = 200
    try:
        params = decode(body if request.method == "POST" else request.url.query)
        _key_check(state, request, params)
        asked = copy.deepcopy(params)
        status, answer = _once(state, request, params, body)
    except SimError as error:
        status, answer = error.status, error.body
    finally:
        # First of all, for what breaks afterwards may come of it. Stripe's CLI names no version: its
        # scripts are of an older API, and not ours.
        if schemas is not None and "Stripe-Version" in request.headers:
            schemas.request_check(request.method, path, asked, status)
    if schemas is not None:
        schemas.answer_check(request.method, path, status, answer)
    return status, answer


def _key_check(state: State, request: Request, params: Thing) -> None:
    """Any sk_test_ key is let in; a publishable one only with the client secret of what it touches."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        token = base64.b64decode(token + "==").decode("utf-8", "replace").partition(":")[0]
    key = token or params.pop("key", "") or ""
    if key.startswith(("sk_test_", "rk_test_")):
        return
    may = _PUBLISHABLE_MAY.get(request.method)
    match = may.fullmatch(request.path_params["path"].strip("/")) if may else None
    if key.startswith("pk_test_") and match:
        thing = state.get(f"{match[1]}_intent", match[2])
        if secrets.compare_digest(str(params.pop("client_secret", "")), thing["client_secret"]):
            return
    raise SimError(
        401,
        "invalid_request_error",
        "Invalid API Key provided. The simulator lets in any sk_test_ key.",
    )


def _once(state: State, request: Request, params: Thing, body: str) -> tuple[int, Any]:
    """Carry out a request, or give the kept answer of its idempotency key (docs.stripe.com/idempotency)."""
    path, key = request.path_params["path"], request.headers.get("Idempotency-Key", "")
    if request.method != "POST" or not key:
        return 200, _do(state, request, path, params)
    if len(key) > 255:
        raise invalid("Idempotency keys are at most 255 characters.")
    print_of = hashlib.sha256(f"{path}\n{body}".encode()).hexdigest()
    kept = state.find("_idempotency", key)
    if kept is not None:
        if kept["print"] != print_of:
            raise SimError(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same "
                "parameters they were first used with.",
            )
        return int(kept["status"]), kept["answer"]
    try:
        status, answer = 200, _do(state, request, path, params)
    except SimError as error:
        if error.status == 400:  # a validation error is not kept
            raise
        status, answer = error.status, error.body
    state.save("_idempotency", {"id": key, "print": print_of, "status": status, "answer": answer})
    return status, answer


def _do(state: State, request: Request, path: str, params: Thing) -> Any:
    expand = params.pop("expand", [])
    version = request.headers.get("Stripe-Version", ACCOUNT_VERSION)
    if "payment_method_types" in params and version >= REFUSES_METHOD_TYPES_SINCE:
        raise invalid(
            "payment_method_types is no longer supported: use dynamic payment methods.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )
    answer = expanded(
        state,
        dispatch(state, request.method, path.strip("/"), params),
        expand if isinstance(expand, list) else [expand],
    )
    if request.method != "GET":
        dues_now(state)
    return answer
