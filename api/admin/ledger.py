"""The books: postings, entries, and the page whose every figure opens its rows."""

from itertools import groupby
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display

from api import models
from api.admin.tables import ReadOnly, ReadOnlyAdmin, amount, gift, link
from api.money import money_text
from api.services.ledger import Balance, ledger_balances


class EntryInline(ReadOnly, TabularInline):  # type: ignore[misc]
    """The sides of a posting."""

    model = models.LedgerEntry
    extra = 0
    fields: ClassVar = ["account", "fund", amount]
    readonly_fields = fields


@admin.register(models.LedgerPosting)
class LedgerPostingAdmin(ReadOnlyAdmin):
    """The books."""

    list_display: ClassVar = ["name", gift, "posted_at"]
    list_select_related: ClassVar = ["donation__donor"]
    list_before_template = "staff/filtered.html"
    search_fields: ClassVar = ["name", "donation__reference"]
    inlines: ClassVar = [EntryInline]
    fields: ClassVar = ["name", gift, "its_payout", "posted_at", "its_seal"]
    readonly_fields = fields

    @display(description="Payout")
    def its_payout(self, row: models.LedgerPosting) -> str:
        """What it is about, when not a gift."""
        return link(row.payout, str(row.payout))

    @display(description="Seal")
    def its_seal(self, row: models.LedgerPosting) -> str:
        """The link of the chain over the books that holds it."""
        seal = models.LedgerSeal.objects.filter(posting=row).first()
        if seal is None:
            return "Not sealed yet: within a minute"
        return format_html(
            'Number {}, {} UTC<small class="code">{}</small>',
            seal.sequence,
            f"{seal.sealed_at:%-d %b %Y, %H:%M}",
            seal.digest,
        )


@admin.register(models.LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """The rows behind a figure of the books."""

    list_display: ClassVar = ["its_posting", "gift", "account", "fund", amount, "posted_at"]
    list_display_links = None
    list_select_related: ClassVar = ["posting__donation__donor", "fund"]
    list_filter: ClassVar = ["account", "fund"]
    list_before_template = "staff/entries_sum.html"
    ordering: ClassVar = ["-id"]

    def get_urls(self) -> list[URLPattern]:
        """The books."""
        books = path("books/", self.admin_site.admin_view(self.books), name="books")
        return [books, *super().get_urls()]

    def books(self, request: HttpRequest) -> HttpResponse:
        """Each account's balance, per currency and fund; each figure is a link to its rows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            "title": "Books",
            "currencies": _currencies(ledger_balances()),
        }
        return TemplateResponse(request, "staff/books.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the sum of what is shown, when it is the rows of one account."""
        response: Any = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown and any(name.startswith("account") for name in request.GET):
            entries = shown["cl"].queryset.order_by()
            sums = entries.values_list("currency").annotate(total=Sum("amount_minor"))
            account = request.GET.get("account__exact", "")
            shown["account"] = dict(models.Account.choices).get(account, account)
            shown["sums"] = [_sides(total, currency) for currency, total in sums]
        return response  # type: ignore[no-any-return]

    @display(description="Posting")
    def its_posting(self, row: models.LedgerEntry) -> str:
        """The fact that it is a side of."""
        return link(row.posting, row.posting.name)

    @display(description="Gift")
    def gift(self, row: models.LedgerEntry) -> str:
        """The gift that it is about."""
        shown: str = gift(row.posting)
        return shown

    @display(description="Posted at", ordering="id")
    def posted_at(self, row: models.LedgerEntry) -> Any:
        """When it came into the books."""
        return row.posting.posted_at


def _currencies(balances: list[Balance]) -> list[dict[str, Any]]:
    """Per currency its accounts with their figures, and the totals of both sides."""
    found = []
    for currency, part in groupby(balances, key=lambda one: one.currency):
        figures = list(part)
        debits = sum(one.amount_minor for one in figures if one.amount_minor > 0)
        credits = -sum(one.amount_minor for one in figures if one.amount_minor < 0)
        found.append(
            {
                "currency": currency,
                "rows": [
                    {
                        "account": one.account.label,
                        "fund": one.fund_name or "The charity as a whole",
                        "url": _entries_url(one),
                        **_sides(one.amount_minor, currency),
                    }
                    for one in figures
                ],
                "debits": money_text(debits, currency),
                "credits": money_text(credits, currency),
                "is_balanced": debits == credits,
            }
        )
    return found


def _sides(total: int, currency: str) -> dict[str, Any]:
    """A figure on its side: debits left, credits right."""
    return {
        "total_minor": total,
        "debit": money_text(total, currency) if total >= 0 else "",
        "credit": money_text(-total, currency) if total < 0 else "",
    }


def _entries_url(one: Balance) -> str:
    fund = {"fund__id__exact": one.fund_id} if one.fund_id else {"fund__isnull": "True"}
    asked = {"account__exact": one.account.value, "currency": one.currency, **fund}
    return f"{reverse('admin:api_ledgerentry_changelist')}?{urlencode(asked)}"
