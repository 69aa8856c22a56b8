"""Plain ModelAdmins of gifts and donors on a site of their own, and their pages as functions."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from django.urls import path

import bench.stock_tables
from api.models import Donation, Donor

site = admin.AdminSite(name="admin")


@admin.register(Donation, site=site)
class DonationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What `startapp` and ten lines give."""

    list_display = (
        "reference",
        "donor",
        "fund",
        "amount_minor",
        "currency",
        "status",
        "created_at",
    )
    list_select_related = ("donor", "fund")
    list_filter = ("status", "kind", "fund")
    search_fields = ("reference", "donor__name", "donor__email")
    ordering = ("-created_at",)


@admin.register(Donor, site=site)
class DonorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The same for people."""

    list_display = ("name", "email", "postcode", "created_at")
    search_fields = ("name", "email", "postcode")
    ordering = ("-created_at",)


bench.stock_tables.urlpatterns = [path("admin/", site.urls)]


def pages_of() -> dict[str, Callable[[], None]]:
    """First page, last page and a search of each."""
    pages: dict[str, Callable[[], None]] = {}
    for noun, model in (("donations", Donation), ("donors", Donor)):
        shown = site.get_model_admin(model)
        last = -(-model._default_manager.count() // shown.list_per_page)
        for name, query in {
            "first": {},
            "last": {"p": str(last)},
            "common name": {"q": "smith"},
            "e-mail": {"q": "smith.david"},
        }.items():
            pages[f"{noun} {name}"] = _page(shown, query)
    return pages


def _page(shown: Any, query: dict[str, str]) -> Callable[[], None]:
    def page() -> None:
        request = RequestFactory().get("/admin/", query)
        request.user = get_user_model()(email="dora@example.org", is_staff=True, is_superuser=True)
        response = shown.changelist_view(request).render()
        if response.status_code != 200:
            raise SystemExit(f"{query}: {response.status_code}")

    return page
