"""A small front that takes https and asks the site by http: for `make https` where there is no nginx."""

import argparse
from collections.abc import AsyncIterator

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

# Of one connection only (RFC 9110, 7.6.1).
OWN = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "trailer"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def make_app(site: str) -> Starlette:
    """Every request is asked of the site again, with the marks of a proxy."""
    client = httpx.AsyncClient(base_url=site, timeout=120, trust_env=False)

    async def pass_on(request: Request) -> Response:
        asked = client.build_request(
            request.method,
            httpx.URL(path=request.url.path, query=request.url.query.encode()),
            headers=_asked_headers(request),
            content=_body(request) if request.method not in ("GET", "HEAD") else None,
        )
        try:
            answer = await client.send(asked, stream=True)
        except httpx.HTTPError:
            return Response("The site does not answer yet.", 502, media_type="text/plain")
        response = StreamingResponse(
            answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose)
        )
        response.raw_headers = [
            (name, value) for name, value in answer.headers.raw if name.decode().lower() not in OWN
        ]
        return response

    return Starlette(routes=[Route("/{path:path}", pass_on, methods=METHODS)])


def _asked_headers(request: Request) -> list[tuple[str, str]]:
    kept = [(k, v) for k, v in request.headers.items() if k not in OWN]
    host = request.headers.get("host", "")
    peer = request.client.host if request.client else ""
    marks = (("x-forwarded-for", peer), ("x-forwarded-proto", "https"), ("x-forwarded-host", host))
    names = {name for name, _ in marks}
    return [*((k, v) for k, v in kept if k not in names), *marks]


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        yield piece


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="tls_front")
    for name in ("port", "site", "certificate", "key"):
        parser.add_argument(f"--{name}", required=True)
    told = parser.parse_args()
    uvicorn.run(
        make_app(told.site),
        host="127.0.0.1",
        port=int(told.port),
        ssl_certfile=told.certificate,
        ssl_keyfile=told.key,
        log_level="warning",
        proxy_headers=False,  # Nobody stands before us.
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
