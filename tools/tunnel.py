"""`make tunnel`: what ngrok needs so that donors and Stripe find this machine, each looked at."""

import json
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from donor_management.env import SettingError

NGROK_API = "http://127.0.0.1:4040/api/tunnels"
GET_NGROK = "Get it from https://ngrok.com/download, then: ngrok config add-authtoken YOUR_TOKEN"
WEBHOOK = "/api/stripe/webhook/"
EXAMPLE = "your-name.ngrok-free.app"


@dataclass(frozen=True)
class Look:
    """One thing that the tunnel needs: whether it is so, and what to do when not."""

    is_so: bool
    words: str
    advice: str = ""


def main() -> int:
    """Print what was found, and the commands; 1 when something is to be done first."""
    try:
        settings = import_module("donor_management.settings")
    except SettingError as error:
        print(f"Domaap can't start. {error}", file=sys.stderr)
        return 1
    looks = list(tunnel_looks(settings, api=NGROK_API))
    for look in looks:
        print(f"  {'ok' if look.is_so else 'TO DO':6} {look.words}")
        if not look.is_so:
            print(f"         {look.advice}")
    print(tunnel_commands(settings))
    return 0 if all(look.is_so for look in looks) else 1


def tunnel_looks(settings: Any, *, api: str) -> Iterator[Look]:
    """Everything, in the order in which it is put right."""
    parts = urlsplit(settings.SITE_URL)
    host = parts.hostname or ""
    has_program = shutil.which("ngrok") is not None
    yield Look(has_program, "ngrok is installed" if has_program else "ngrok is not here", GET_NGROK)
    is_public = _is_public(settings)
    name = host if is_public else EXAMPLE
    yield Look(
        is_public,
        f"SITE_URL is {settings.SITE_URL}",
        "cp .env_ngrok .env, then put your name: SITE_URL=https://your-name.ngrok-free.app",
    )
    has_host = _allows(settings.ALLOWED_HOSTS, host)
    yield Look(
        has_host,
        f"ALLOWED_HOSTS {'holds' if has_host else 'lacks'} {host}",
        f"ALLOWED_HOSTS=127.0.0.1,localhost,{name}",
    )
    yield Look(
        settings.SITE_URL in settings.CSRF_TRUSTED_ORIGINS,
        f"Forms are taken from {settings.SITE_URL} (CSRF_TRUSTED_ORIGINS follows SITE_URL)",
    )
    domain = settings.ACTIVE_COOKIE_DOMAIN.lstrip(".")
    yield Look(
        host == domain or host.endswith(f".{domain}"),
        f"ACTIVE_COOKIE_DOMAIN is {domain}",
        f"ACTIVE_COOKIE_DOMAIN={name}",
    )
    yield from _running(settings, api)


def _is_public(settings: Any) -> bool:
    """Whether SITE_URL can be a tunnel's."""
    parts = urlsplit(settings.SITE_URL)
    host = parts.hostname or ""
    return parts.scheme == "https" and "." in host and not host.replace(".", "").isdecimal()


def _allows(hosts: list[str], host: str) -> bool:
    return any(
        known in ("*", host) or (known.startswith(".") and host.endswith(known)) for known in hosts
    )


def _running(settings: Any, api: str) -> Iterator[Look]:
    """What a running ngrok says of itself; nothing when none runs."""
    try:
        with urllib.request.urlopen(api, timeout=2) as answer:
            tunnels = json.load(answer)["tunnels"]
    except (urllib.error.URLError, OSError, ValueError, KeyError):
        return
    port = settings.SITE_PORT
    urls = {one["public_url"]: str(one.get("config", {}).get("addr", "")) for one in tunnels}
    yield Look(
        settings.SITE_URL in urls,
        f"ngrok runs as {', '.join(urls) or 'nothing'}",
        f"Put SITE_URL={next(iter(urls), '')} into .env and restart, or start it by the command below",
    )
    led = urls.get(settings.SITE_URL, "")
    if led:
        yield Look(
            led.rsplit(":", 1)[-1] in (str(port), str(settings.WEB_PORT)),
            f"It leads to {led}",
            f"It must lead to {port} (the site, which passes /api and /admin on)",
        )


def tunnel_commands(settings: Any) -> str:
    """What to type, with this machine's addresses."""
    host = (urlsplit(settings.SITE_URL).hostname or "") if _is_public(settings) else EXAMPLE
    simulated = settings.STRIPE_IS_SIMULATED
    stripe = (
        "  Stripe     no STRIPE_SECRET_KEY is set: the simulator stands in, and Stripe sends nothing"
        if simulated
        else "  Stripe     var/venv/bin/python manage.py doctor --fix   (makes the webhook, keeps its secret)"
    )
    return f"""
  Tunnel     ngrok http --url={host} {settings.SITE_PORT}
  Webhook    https://{host}{WEBHOOK}
{stripe}
  or, without a tunnel:
             stripe listen --forward-to localhost:{settings.WEB_PORT}{WEBHOOK}
             (put the whsec_... that it prints into .env as STRIPE_WEBHOOK_SECRET, then restart)"""


if __name__ == "__main__":
    sys.exit(main())
