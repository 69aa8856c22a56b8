"""Everybody's own account: where they are signed in, their second factor, their password."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.services import factors
from api.services.sessions import session_end, sessions_end, sessions_of
from api.services.users import password_set
from api.views.access import actor, staff_context, staff_page
from api.views.session_cookies import cookies_clear
from api.views.staff.factors import fresh_page
from api.views.staff.sign_ins import page


@require_safe
@staff_page()
def account(request: HttpRequest) -> HttpResponse:
    """Whoever is signed in sees their own account."""
    user, session = actor(request), _session(request)
    words = {
        "person": user,
        "factors": factors.factors_of(user),
        "sessions": [(found, found.pk == session.pk) for found in sessions_of(user)],
    }
    return render(request, "staff/account.html", staff_context(request, "Your account", **words))


@require_POST
@staff_page()
def sessions_stop(request: HttpRequest) -> HttpResponse:
    """Sign out one device, all others, or everywhere: at once, whatever it is doing."""
    user, current = actor(request), _session(request)
    which = request.POST.get("session", "")
    if which == "all":
        sessions_end(user=user, why="signed out everywhere", actor=user)
        response = redirect("admin-login")
        cookies_clear(request, response)
        return response
    if which == "others":
        count = sessions_end(user=user, why="signed out elsewhere", actor=user, but=current)
        messages.success(request, f"Signed out on {count} other device{'s' * (count != 1)}.")
    elif found := _named(user, which):
        session_end(found, why="revoked", actor=user)
        messages.success(request, f"{found.device or 'The device'} is signed out.")
    return redirect("account")


@require_http_methods(["GET", "POST"])
@fresh_page
def password_change(request: HttpRequest) -> HttpResponse:
    """A new password; all other devices are signed out."""
    user = actor(request)
    form: Any = SetPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        password = form.cleaned_data["new_password1"]
        password_set(user=user, password=password, actor=user, but=_session(request))
        messages.success(
            request, "Your password is changed, and you are signed out everywhere else."
        )
        return redirect("account")
    return page(request, "password", "New password", form=form, person=user)


def _session(request: Any) -> Any:
    return request.staff_session


def _named(user: Any, text: str) -> Any:
    try:
        key = uuid.UUID(text)
    except ValueError:
        return None
    return next((found for found in sessions_of(user) if found.key == key), None)
