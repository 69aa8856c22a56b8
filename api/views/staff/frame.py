"""What stands around every page of staff: unfold's own pieces, each made once and kept.

A piece is a function of its arguments alone, so that what is kept for one person can't show anything
that another one may not see: the menu is asked for by rights, the corner of the person by their names.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_bidi

from api.models import Right
from api.services.dashboard_tasks import waiting_counts
from api.views.staff.sidebar import menu, open_address

# Stands in a piece for what is put in later; nobody can write it into a name.
_MARK = secrets.token_hex(16)
_KEPT = 512
Halves = tuple[SafeString, SafeString]


@dataclass(frozen=True)
class Frame:
    """The pieces of one page, in their order. Between the halves of `person` comes the form token."""

    site_title: str
    language: str
    direction: str
    head: SafeString
    menu: Halves
    person: Halves
    tail: SafeString


def frame_of(request: HttpRequest) -> Frame:
    """The frame for who asks, at this address. One query, for the numbers in the menu."""
    user: Any = request.user
    language = get_language() or ""
    counts = waiting_counts(user.rights)
    return Frame(
        site_title=_site()["site_title"],
        language=language,
        direction="rtl" if get_language_bidi() else "ltr",
        head=_head(),
        menu=_menu(language, user.rights, open_address(request), tuple(counts.items())),
        person=_person(language, user.get_full_name(), user.email),
        tail=_tail(language, "Macintosh" in request.META.get("HTTP_USER_AGENT", "")),
    )


@cache
def _site() -> Mapping[str, Any]:
    """What unfold's settings say to everybody."""
    request = HttpRequest()
    request.META["SCRIPT_NAME"] = ""
    request.user = AnonymousUser()
    return admin.site.each_context(request)


@cache
def _head() -> SafeString:
    return render_to_string("staff/frame_head.html", {**_site()})


@lru_cache(_KEPT)
def _menu(
    language: str, rights: frozenset[Right], opened: str, counts: tuple[tuple[str, int], ...]
) -> Halves:
    groups = menu(rights, opened, dict(counts))
    context = {
        **_site(),
        "sidebar_navigation": groups,
        "templates": {"navigation": "staff/frame_navigation.html"},
        "branding": render_to_string("unfold/helpers/site_branding.html", {**_site()}),
    }
    return _halves("admin/nav_sidebar.html", {**context, "mark": _MARK})


@lru_cache(_KEPT)
def _person(language: str, name: str, email: str) -> Halves:
    user = {"get_full_name": name, "get_username": email, "email": email}
    context = {**_site(), "user": user, "request": {"user": user}, "csrf_token": _MARK}
    before, after = _halves("unfold/helpers/navigation_user.html", context)
    # The mark is the value of the form token's own field, which is put in whole.
    begins, ends = before.rindex("<input"), after.index(">") + 1
    return mark_safe(before[:begins]), mark_safe(after[ends:])  # noqa: S308  (parts of a template's own text)


@lru_cache(_KEPT)
def _tail(language: str, is_macintosh: bool) -> SafeString:
    agent = "Macintosh" if is_macintosh else ""
    request = {"user": {"is_staff": True}, "META": {"HTTP_USER_AGENT": agent}}
    return render_to_string("staff/frame_tail.html", {**_site(), "request": request})


def _halves(template: str, context: Mapping[str, Any]) -> Halves:
    before, _, after = render_to_string(template, {**context}).partition(_MARK)
    return mark_safe(before), mark_safe(after)  # noqa: S308  (parts of a template's own text)
