"""The cookies of a sign-in, and where the browser that sends them is."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from api.services.client_addresses import client_address, client_host
from api.services.sessions import Tokens
from api.services.sign_ins import DEVICE_MARK_LIFE, Origin, device_name

REFRESH_COOKIE = f"{settings.JWT_COOKIE_NAME}_refresh"
DEVICE_COOKIE = f"{settings.JWT_COOKIE_NAME}_device"


def cookies_set(request: HttpRequest, response: HttpResponse, tokens: Tokens) -> None:
    """Give a browser its tokens: scripts can't read them, other sites can't send them in forms."""
    idle = settings.SESSION_IDLE[tokens.session.kind]
    _set(request, response, settings.JWT_COOKIE_NAME, tokens.access, settings.ACCESS_TOKEN_LIFE)
    _set(request, response, REFRESH_COOKIE, tokens.refresh, idle)


def cookies_clear(request: HttpRequest, response: HttpResponse) -> None:
    """Take them away again."""
    for name in (settings.JWT_COOKIE_NAME, REFRESH_COOKIE):
        response.delete_cookie(name, domain=_domain(request), samesite="Lax")


def device_cookie_set(request: HttpRequest, response: HttpResponse, mark: str) -> None:
    """Let the device be known again."""
    _set(request, response, DEVICE_COOKIE, mark, DEVICE_MARK_LIFE)


def origin_of(request: HttpRequest) -> Origin:
    """From where this request comes."""
    return Origin(
        address=client_address(request.META),
        device=device_name(request.headers.get("User-Agent", "")[:400]),
        mark=request.COOKIES.get(DEVICE_COOKIE, ""),
    )


def _set(
    request: HttpRequest, response: HttpResponse, name: str, value: str, life: timedelta
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=life,
        domain=_domain(request),
        secure=settings.COOKIES_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _domain(request: HttpRequest) -> str | None:
    """The domain of the settings where a browser would take it, else None: this host alone."""
    domain = settings.ACTIVE_COOKIE_DOMAIN.lstrip(".")
    host = client_host(request.META, request.get_host())
    fits = "." in domain and not domain.replace(".", "").isdecimal()
    return domain if fits and (host == domain or host.endswith(f".{domain}")) else None
