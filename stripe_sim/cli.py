"""What `stripe listen` of the real Stripe CLI needs: a session, and events over a websocket.

The protocol is not documented; this is what CLI 1.52 was seen to speak.
"""

import asyncio
import contextlib
import json
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from stripe_sim.delivery import signature
from stripe_sim.state import API_VERSION, State, Thing

PROTOCOL = "stripecli-devproxy-v1"


async def session_create(request: Request) -> Response:
    """POST /v1/stripecli/sessions: where to listen, and the secret that signs."""
    state: State = request.app.state.state
    return JSONResponse(
        {
            "websocket_id": f"cliws_{secrets.token_hex(8)}",
            "websocket_url": f"ws://{request.url.netloc}/stripecli",
            "websocket_authorized_feature": "webhooks",
            "secret": _secret(state),
            "reconnect_delay": 60,
            "display_connect_filter_warning": False,
            "default_version": API_VERSION,
            "latest_version": API_VERSION,
        }
    )


async def events_stream(websocket: WebSocket) -> None:
    """Every new event, signed, until the CLI goes."""
    wanted = websocket.headers.get("Sec-WebSocket-Protocol", "")
    await websocket.accept(subprotocol=PROTOCOL if PROTOCOL in wanted else None)
    listeners = websocket.app.state.deliveries.listeners
    queue: asyncio.Queue[Thing] = asyncio.Queue()
    listeners.add(queue)
    answers = asyncio.create_task(_listen(websocket))
    try:
        while not answers.done():
            getting = asyncio.create_task(queue.get())
            await asyncio.wait({getting, answers}, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                getting.cancel()
                break
            await websocket.send_text(
                json.dumps(_message(websocket.app.state.state, getting.result()))
            )
    finally:
        listeners.discard(queue)
        answers.cancel()


async def _listen(websocket: WebSocket) -> None:
    """Take what the CLI says of its deliveries; it only tells us when it goes."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await websocket.receive_text()


def _message(state: State, event: Thing) -> dict[str, Any]:
    body = json.dumps(event)
    return {
        "type": "webhook_event",
        "webhook_id": f"wh_{secrets.token_hex(8)}",
        "webhook_conversation_id": f"wc_{secrets.token_hex(8)}",
        "event_payload": body,
        "http_headers": {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body.encode(), _secret(state)),
            "User-Agent": "Stripe/1.0 (simulated)",
        },
        "endpoint": {"api_version": None},
    }


def _secret(state: State) -> str:
    """The secret of the configured endpoint, so that the product accepts what the CLI forwards."""
    endpoint = state.find("webhook_endpoint", "we_domaap")
    return str(endpoint["_secret"]) if endpoint else "whsec_" + "0" * 32
