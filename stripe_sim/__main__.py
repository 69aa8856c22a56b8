"""`python -m stripe_sim`: the stand-in as a process on the loopback."""

import argparse
import os
import sys
from pathlib import Path

import uvicorn

from stripe_sim.http import make_app
from stripe_sim.schemas import Schemas
from stripe_sim.state import API_VERSION, State


def main() -> None:
    """Start, unless this looks like production."""
    parser = argparse.ArgumentParser(
        prog="stripe_sim", description="A stateful stand-in for Stripe."
    )
    parser.add_argument("--port", type=int, default=int(os.environ.get("STRIPE_SIM_PORT") or 12111))
    parser.add_argument("--state", type=Path, help="folder that keeps the state over restarts")
    parser.add_argument("--webhook-url", help="where to deliver events")
    parser.add_argument(
        "--webhook-secret", default=os.environ.get("STRIPE_WEBHOOK_SECRET", "").split(",")[0]
    )
    parser.add_argument(
        "--schemas",
        default=os.environ.get("STRIPE_SIM_SCHEMAS", ""),
        help="the file of Stripe's schemas to which all that is said is held",
    )
    parser.add_argument(
        "--violations",
        default=os.environ.get("STRIPE_SIM_VIOLATIONS", ""),
        help="the file in which each breach of the schemas is a line",
    )
    options = parser.parse_args()
    if (
        "_live_" in os.environ.get("STRIPE_SECRET_KEY", "")
        or os.environ.get("DOMAAP_ENV") == "production"
    ):
        sys.exit("The Stripe simulator never runs in production: it takes no money.")
    state = State(options.state)
    if options.webhook_url:
        _endpoint(state, options.webhook_url, options.webhook_secret)
    config = uvicorn.Config(
        make_app(state, _schemas(options.schemas, options.violations)),
        host="127.0.0.1",
        port=options.port,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )
    print(f"Stripe simulator listening on http://127.0.0.1:{options.port}", flush=True)
    uvicorn.Server(config).run()


def _schemas(path: str, violations: str) -> Schemas | None:
    if path and not Path(path).exists():
        sys.exit(f"There are no schemas at {path}: `make setup` makes them.")
    return Schemas(Path(path), Path(violations) if violations else None) if path else None


def _endpoint(state: State, url: str, secret: str) -> None:
    if not secret:
        sys.exit(
            "--webhook-secret is missing (or STRIPE_WEBHOOK_SECRET): it accepts whsec_ and 32 characters."
        )
    state.save(
        "webhook_endpoint",
        {
            "id": "we_domaap",
            "object": "webhook_endpoint",
            "api_version": API_VERSION,
            "application": None,
            "created": state.now(),
            "description": "Domaap",
            "enabled_events": ["*"],
            "livemode": False,
            "metadata": {},
            "status": "enabled",
            "url": url,
            "_secret": secret,
        },
    )


if __name__ == "__main__":
    main()
