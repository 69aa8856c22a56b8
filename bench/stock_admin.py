"""ModelAdmins of gifts and donors on a site of their own, and their pages as functions.

The peers show what our tables show: the same columns, 50 rows, the filters that Django's admin has of
itself, and a search through the same names, addresses and references, though not the receipts' numbers;
ranges of days are its `date_hierarchy`. Where there are two ways, the faster one is taken: choices are
named rather than looked for among all rows, and what a donor gave is asked by a method for each row of
the page. `Summed` peers ask it as the list's own subqueries, in one query, which are worked out for each
row that the last page skips; `Plain` peers are what a beginning would have.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.test import RequestFactory
from django.urls import path

import bench.stock_tables
from api.models import DONATION_PAID, SUBSCRIPTION_ENDED, Donation, Donor, Subscription

site = admin.AdminSite(name="admin")
METHODS = ("card", "bacs_debit", "sepa_debit", "link", "paypal", "customer_balance", "ideal")
_PLANS = Subscription.objects.exclude(status__in=SUBSCRIPTION_ENDED)
CURRENCIES = ("GBP", "EUR", "USD")


def _choices(label: str, name: str, wheres: dict[str, Q]) -> Any:
    """A filter with named choices, as Django's manual makes one."""

    class Choices(admin.SimpleListFilter):
        title, parameter_name = label, name

        def lookups(self, request: Any, shown: Any) -> list[tuple[str, str]]:
            return [(one, one) for one in wheres]

        def queryset(self, request: Any, rows: QuerySet[Any]) -> QuerySet[Any]:
            chosen = self.value()
            return rows.filter(wheres[chosen]) if chosen else rows

    return Choices


def _flag(label: str, name: str, where: Q) -> Any:
    return _choices(label, name, {"yes": where, "no": ~where})


def _any(label: str, path: str, values: tuple[str, ...]) -> Any:
    return _choices(label, path, {value: Q(**{path: value}) for value in values})


class PlainDonations(admin.ModelAdmin):  # type: ignore[type-arg]
    """What `startapp` and ten lines give."""

    list_per_page = 50
    list_display: Any = (
        *("reference", "donor", "fund", "amount_minor", "currency", "status", "created_at"),
    )
    list_select_related: ClassVar[Any] = ("donor", "fund")
    list_filter: ClassVar[Any] = ("status", "kind", "fund")
    search_fields: ClassVar[Any] = ("reference", "donor__name", "donor__email")
    ordering = ("-created_at",)


@admin.register(Donation, site=site)
class Donations(PlainDonations):
    """The columns and filters of our table of gifts."""

    list_display = (
        *("created_at", "donor", "total", "status", "kind", "fund"),
        *("payment__method_kind", "reference"),
    )
    search_fields = (
        *("donor__name", "donor__email", "donor__postcode"),
        *("reference", "donor__reference"),
    )
    list_select_related = ("donor", "fund", "payment")
    date_hierarchy: ClassVar[Any] = "created_at"
    list_filter = (
        *("status", "kind", "fund", "campaign"),
        _any("paid by", "payment__method_kind", METHODS),
        *("created_at", "payment__received_at"),
        _any("currency", "currency", CURRENCIES),
        _flag("has a message", "has_message", ~Q(message="")),
        "is_anonymous",
        _flag("from an appeal", "has_campaign", Q(campaign__isnull=False)),
        _flag("fees covered", "has_fee_cover", Q(fee_cover_minor__gt=0)),
    )

    def get_queryset(self, request: Any) -> Any:
        """With the whole amount."""
        return (
            super().get_queryset(request).annotate(total=F("amount_minor") + F("fee_cover_minor"))
        )

    @admin.display(description="Amount")
    def total(self, row: Any) -> str:
        """With its currency."""
        return f"{row.total / 100:,.2f} {row.currency}"


class PlainDonors(admin.ModelAdmin):  # type: ignore[type-arg]
    """The same for people."""

    list_per_page = 50
    list_display: Any = ("name", "email", "postcode", "created_at")
    search_fields: ClassVar[Any] = ("name", "email", "postcode")
    ordering = ("-created_at",)


@admin.register(Donor, site=site)
class Donors(PlainDonors):
    """The columns and filters of our table of donors."""

    list_display = ("name", "email", "postcode", "gifts", "last_gift", "created_at")
    search_fields = (
        *("name", "email", "postcode"),
        *("reference", "donations__reference"),
    )
    date_hierarchy: ClassVar[Any] = "created_at"
    list_filter = (
        "created_at",
        ("donor_tags__tag", admin.RelatedOnlyFieldListFilter),
        _flag(
            "gives monthly now",
            "has_plan",
            Q(Exists(_PLANS.filter(donor=OuterRef("pk")))),
        ),
        _flag("has a postcode", "has_address", ~Q(postcode="")),
    )

    @admin.display(description="Gifts")
    def gifts(self, row: Donor) -> int:
        """How many were paid."""
        return row.donations.filter(status__in=DONATION_PAID).count()

    @admin.display(description="Last gift")
    def last_gift(self, row: Donor) -> Any:
        """When."""
        paid = row.donations.filter(status__in=DONATION_PAID).order_by("-created_at")
        return paid.values_list("created_at", flat=True).first()


class UndatedDonations(Donations):
    """Without the ranges of days."""

    date_hierarchy = None


class UndatedDonors(Donors):
    """Without the ranges of days."""

    date_hierarchy = None


class SummedDonors(Donors):
    """What each gave as a part of the list."""

    def get_queryset(self, request: Any) -> Any:
        """With the count and the last of their gifts."""
        paid = Donation.objects.filter(donor=OuterRef("pk"), status__in=DONATION_PAID).order_by()
        count = paid.values("donor").annotate(count=Count("pk")).values("count")
        last = paid.order_by("-created_at").values("created_at")[:1]
        return (
            super().get_queryset(request).annotate(counted=Subquery(count), latest=Subquery(last))
        )

    @admin.display(description="Gifts")
    def gifts(self, row: Any) -> Any:
        """How many were paid."""
        return row.counted

    @admin.display(description="Last gift")
    def last_gift(self, row: Any) -> Any:
        """When."""
        return row.latest


bench.stock_tables.urlpatterns = [path("admin/", site.urls)]
PEERS: dict[str, dict[str, Any]] = {
    "": {"donations": Donations(Donation, site), "donors": Donors(Donor, site)},
    ", sums in the list": {"donors": SummedDonors(Donor, site)},
    ", without date_hierarchy": {
        "donations": UndatedDonations(Donation, site),
        "donors": UndatedDonors(Donor, site),
    },
    ", few columns, filters and fields searched": {
        "donations": PlainDonations(Donation, site),
        "donors": PlainDonors(Donor, site),
    },
}


def pages_of() -> dict[str, Callable[[], None]]:
    """First page, last page and two searches of each peer."""
    pages: dict[str, Callable[[], None]] = {}
    lengths = {"donations": Donation.objects.count(), "donors": Donor.objects.count()}
    for peer, shapes in PEERS.items():
        for noun, shape in shapes.items():
            last = -(-lengths[noun] // shape.list_per_page)
            for name, query in {
                "first": {},
                "last": {"p": str(last)},
                "common name": {"q": "smith"},
                "e-mail": {"q": "smith.david"},
            }.items():
                pages[f"{noun} {name}{peer}"] = _page(shape, query)
    return pages


def _page(shown: Any, query: dict[str, str]) -> Callable[[], None]:
    def page() -> None:
        request = RequestFactory().get("/admin/", query)
        request.user = get_user_model()(email="dora@example.org", is_staff=True, is_superuser=True)
        response = shown.changelist_view(request).render()
        if response.status_code != 200 or b'id="changelist"' not in response.content:
            raise SystemExit(f"{query}: {response.status_code}")

    return page
