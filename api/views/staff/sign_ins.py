"""Signing in at /admin/login/: password, second factor (or setting one up), out again."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from api.errors import DomaapError, SignInRefused
from api.models import SessionKind, User
from api.services import factors
from api.services.client_addresses import is_at_this_machine
from api.services.receipts import charity_words
from api.services.sessions import session_end
from api.services.sign_ins import (
    device_mark_make,
    factor_check,
    password_check,
    sign_in,
    ticket_make,
    ticket_read,
)
from api.views.session_cookies import cookies_clear, cookies_set, device_cookie_set, origin_of

_CEREMONY = "sign_in"
HOME = "/admin/"


@dataclass(frozen=True)
class Ceremony:
    """Somebody whose password was right a moment ago, and where they wanted to go."""

    user: User
    next: str


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Anyone may try: e-mail address and password. Nobody is signed in yet by them."""
    following = next_read(request)
    if request.user.is_authenticated and request.user.is_staff:
        return redirect(following)
    email, error = request.POST.get("username", ""), None
    if request.method == "POST":
        try:
            user = password_check(
                email=email, password=request.POST.get("password", ""), origin=origin_of(request)
            )
        except DomaapError as refused:
            error = refused
        else:
            request.session.cycle_key()
            request.session[_CEREMONY] = {"ticket": ticket_make(user), "next": following}
            return redirect("admin-second-factor")
    words = {"email": email[:254], "next": following, "error": error}
    return page(request, "login", "Sign in", **words)


@never_cache
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Who gave the right password proves the second factor; who has none sets one up."""
    ceremony = ceremony_read(request)
    if ceremony is None:
        return redirect("admin-login")
    found = factors.factors_of(ceremony.user)
    if not found.is_set:
        return redirect("factor-totp")
    error = None
    if request.method == "POST":
        try:
            factor = factor_prove(request, ceremony.user)
        except DomaapError as refused:
            error = refused
        else:
            return ceremony_finish(request, ceremony, factor)
    return page(
        request,
        "second_factor",
        "Second step",
        error=error,
        person=ceremony.user,
        **proof_words(request, ceremony.user, found),
    )


@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign this device out."""
    session = getattr(request, "staff_session", None)
    if session:
        session_end(session, why="signed out", actor=session.user)
    request.session.flush()
    messages.success(request, "You are signed out.")
    response = redirect("admin-login")
    cookies_clear(request, response)
    return response


def proof_words(request: HttpRequest, user: User, found: factors.Factors) -> dict[str, Any]:
    """What the fields of a second factor need: the passkeys to ask for, at this machine the demo login's code."""
    asked = json.dumps(factors.passkey_ask(user)) if found.passkeys else ""
    is_here = is_at_this_machine(request.META, request.get_host())
    practice = factors.practice_code(user) if is_here else ""
    return {"factors": found, "passkey": asked, "practice_code": practice}


def factor_prove(request: HttpRequest, user: User) -> str:
    """Which factor the form proves. Raises SignInRefused or SignInPaused."""
    proved = ""

    def proves() -> bool:
        nonlocal proved
        proved = factor_named(request, user)
        return bool(proved)

    factor_check(user=user, origin=origin_of(request), proves=proves)
    return proved


def factor_named(request: HttpRequest, user: User) -> str:
    """Which factor the form proves; empty for none."""
    if answer := request.POST.get("credential", ""):
        return "passkey" if factors.passkey_check(user, _json(answer)) else ""
    return factors.code_check(user, request.POST.get("code", "")[:40])


def ceremony_read(request: HttpRequest) -> Ceremony | None:
    """Whose password was right in this browser; None when nobody's, or too long ago."""
    kept = request.session.get(_CEREMONY)
    if not kept:
        return None
    try:
        return Ceremony(ticket_read(kept["ticket"]), kept["next"])
    except SignInRefused as refused:
        del request.session[_CEREMONY]
        messages.error(request, refused.detail)
        return None


def ceremony_finish(
    request: HttpRequest, ceremony: Ceremony, factor: str, *, then: str = ""
) -> HttpResponse:
    """Begin the session: new cookies, a new form token, nothing left of the ceremony."""
    origin = origin_of(request)
    tokens = sign_in(user=ceremony.user, origin=origin, kind=SessionKind.BROWSER, factor=factor)
    request.session.flush()
    rotate_token(request)
    response = redirect(then or ceremony.next)
    cookies_set(request, response, tokens)
    device_cookie_set(request, response, device_mark_make(ceremony.user))
    return response


def page(request: HttpRequest, name: str, title: str, **words: Any) -> HttpResponse:
    """A page of the sign-in: plain, without the frame that needs scripts."""
    error = words.get("error")
    status = error.status if error and error.status == 429 else 200
    context = {**charity_words(), "title": title, **words}
    response = render(request, f"sign_in/{name}.html", context, status=status)
    if error and error.wait:
        response["Retry-After"] = str(error.wait)
    return response


def next_read(request: HttpRequest) -> str:
    """Where to go afterwards: an address of ours, else the first page."""
    wanted = request.POST.get("next") or request.GET.get("next") or HOME
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours and wanted.startswith("/") and len(wanted) < 2000 else HOME


def _json(text: str) -> Any:
    try:
        return json.loads(text[:20_000])
    except (ValueError, RecursionError):
        return None
