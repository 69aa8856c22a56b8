"""Setting up and taking away second factors: by who is signing in for the first time, or proved it anew."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from api.errors import DomaapError, FactorRefused
from api.models import User
from api.services import factors
from api.services.sessions import session_is_proved
from api.services.sign_ins import session_prove
from api.views.access import actor, staff_page
from api.views.session_cookies import origin_of
from api.views.staff.sign_ins import (
    ceremony_finish,
    ceremony_read,
    factor_named,
    next_read,
    page,
    proof_words,
)

_SECRET = "new_totp_secret"  # noqa: S105  the name of a place in the session
View = Callable[..., HttpResponseBase]


def fresh_page(view: View) -> View:
    """A page of who is signed in and gave password and second factor in the last minutes."""

    @staff_page()
    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        session: Any = getattr(request, "staff_session", None)
        if session is None or not session_is_proved(session):
            return redirect(f"{reverse('account-prove')}?{urlencode({'next': _back(request)})}")
        return view(request, *args, **kwargs)

    return guarded


def fresh_act(view: View) -> View:
    """A page that is looked at any time; what it is sent is taken as `fresh_page` says."""
    fresh = fresh_page(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = view if request.method in ("GET", "HEAD") else fresh
        return asked(request, *args, **kwargs)

    return guarded


def _back(request: HttpRequest) -> str:
    """Where to go on once it is proved: what was sent is sent anew, from the page that it came from."""
    if request.method == "GET":
        return request.get_full_path()
    messages.info(request, "Nothing was changed yet. Please press the button again afterwards.")
    return urlsplit(request.headers.get("Referer", "")).path or reverse("account")


def owner_page(view: View) -> View:
    """A page for setting up a factor: of who is signed in, or who must before signing in."""
    fresh = fresh_page(lambda request: view(request, actor(request), None))

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        ceremony = None if request.user.is_authenticated else ceremony_read(request)
        if ceremony is None:
            return fresh(request)
        if factors.factors_of(ceremony.user).is_set:
            return redirect("admin-second-factor")
        return view(request, ceremony.user, ceremony)

    return guarded


@require_http_methods(["GET", "POST"])
@owner_page
def factor_totp(request: HttpRequest, user: User, ceremony: Any) -> HttpResponse:
    """Take an app into use: scan the picture, type the code that it shows."""
    secret = request.session.setdefault(_SECRET, factors.totp_secret_make())
    error = None
    if request.method == "POST":
        try:
            factors.totp_set(user=user, secret=secret, code=request.POST.get("code", "")[:40])
        except FactorRefused as refused:
            error = refused
        else:
            request.session.pop(_SECRET, None)
            return _added(request, ceremony, "totp")
    words = {
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "picture": factors.totp_picture(user, secret),
        "is_first": ceremony is not None,
    }
    return page(request, "totp", "Set up an app for codes", error=error, person=user, **words)


@require_http_methods(["GET", "POST"])
@owner_page
def factor_passkey(request: HttpRequest, user: User, ceremony: Any) -> HttpResponse:
    """Take a passkey into use: this device, a phone or a security key."""
    error = None
    if request.method == "POST":
        try:
            credential = json.loads(request.POST.get("credential", "")[:20_000] or "null")
            factors.passkey_add(
                user=user, name=request.POST.get("name", "").strip(), credential=credential
            )
        except (FactorRefused, ValueError, RecursionError):
            error = FactorRefused("The passkey did not answer. Please try once more.")
        else:
            return _added(request, ceremony, "passkey")
    asked = json.dumps(factors.passkey_begin(user))
    words = {"passkey": asked, "is_first": ceremony is not None}
    return page(request, "passkey", "Set up a passkey", error=error, person=user, **words)


@require_POST
@fresh_page
def factor_remove(request: HttpRequest) -> HttpResponse:
    """Take a factor out of use."""
    try:
        factors.factor_remove(user=actor(request), factor_id=_factor_read(request))
    except FactorRefused as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, "It is taken away and can't be used to sign in any more.")
    return redirect("account")


@require_POST
@fresh_page
def factor_rename(request: HttpRequest) -> HttpResponse:
    """Call a passkey something else."""
    try:
        factors.passkey_rename(
            user=actor(request),
            factor_id=_factor_read(request),
            name=request.POST.get("name", ""),
        )
    except FactorRefused as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, "The passkey has its new name.")
    return redirect("account")


@require_http_methods(["GET", "POST"])
@fresh_page
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """The recovery codes that are left; new ones on POST."""
    user = actor(request)
    if request.method == "POST":
        factors.recovery_codes_renew(user)
        messages.success(request, "These are your new codes. The old ones work no longer.")
        return redirect("recovery-codes")
    words = {"codes": factors.recovery_codes(user), "next": next_read(request)}
    return page(request, "recovery_codes", "Your recovery codes", person=user, **words)


@require_http_methods(["GET", "POST"])
@staff_page()
@never_cache
def prove(request: HttpRequest) -> HttpResponse:
    """Password and second factor once more, before something is changed."""
    user, following, error = actor(request), next_read(request), None
    if request.method == "POST":
        try:
            session_prove(
                session=request.staff_session,  # type: ignore[attr-defined]
                password=request.POST.get("password", ""),
                origin=origin_of(request),
                proves=lambda: factor_named(request, user),
            )
        except DomaapError as refused:
            error = refused
        else:
            return redirect(following)
    words = {"next": following, **proof_words(request, user, factors.factors_of(user))}
    return page(request, "prove", "Is it still you?", error=error, person=user, **words)


def _factor_read(request: HttpRequest) -> int:
    number = request.POST.get("factor", "")
    return int(number) if number.isdecimal() and len(number) < 19 else 0


def _added(request: HttpRequest, ceremony: Any, factor: str) -> HttpResponse:
    """On to the recovery codes, which everybody sees once after the first factor."""
    codes = reverse("recovery-codes")
    if ceremony:
        messages.success(request, "Your second factor is set up.")
        then = f"{codes}?{urlencode({'next': ceremony.next})}"
        return ceremony_finish(request, ceremony, factor, then=then)
    messages.success(request, "It is set up: use it the next time that you sign in.")
    return redirect("account")
