"""Who may call a view: each names the rights that it asks for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.models import Right, User

Page = Callable[..., HttpResponseBase]


def staff_page(*rights: Right) -> Callable[[Page], Page]:
    """A page of staff: who is not signed in is sent to sign in, who lacks a right is refused."""

    def decorate(view: Page) -> Page:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user: Any = request.user
            if not user.is_authenticated or not user.is_staff:
                return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
            if not all(user.has_right(right) for right in rights):
                raise PermissionDenied
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return guarded

    return decorate


def staff_context(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """What a page within the frame of staff needs (`{% extends "admin/base_site.html" %}`)."""
    return {**admin.site.each_context(request), "title": title, **more}


def actor(request: HttpRequest) -> User:
    """The member of staff who asks, behind `staff_page`."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class HasRight(BasePermission):
    """The API's gate: the view names its `rights` per method, `{"GET": Right.DONORS_VIEW}`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether who asks has the right of this method; a method without one is refused."""
        method = "GET" if request.method in ("HEAD", "OPTIONS") else request.method
        right = view.rights.get(method)
        asks: Any = request.user
        return bool(
            right and asks and getattr(asks, "is_authenticated", False) and asks.has_right(right)
        )
