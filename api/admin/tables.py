"""What every table of staff is made of: read-only rows, money to the right, links to the gift."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from psycopg.errors import UniqueViolation
from unfold.admin import ModelAdmin
from unfold.decorators import display

from api.models import Donation, Right, Tribute, User
from api.money import money_text
from api.services.edits import edit_delete, edit_save

# Counting stops here: an exact count of millions of rows helps nobody and takes seconds.
COUNT_MOST = 10_000
# Whom an e-mail went to.
_CONTACT = frozenset({"to"})


class ReadOnly:
    """Looks, never touches: facts about money are changed by services alone."""

    def has_add_permission(self, *args: Any) -> bool:
        """Nobody adds by hand."""
        return False

    def has_change_permission(self, *args: Any) -> bool:
        """Nobody edits."""
        return False

    def has_delete_permission(self, *args: Any) -> bool:
        """Nobody deletes."""
        return False


class Pages(Paginator):  # type: ignore[type-arg]
    """Pages of a table that may be huge: it counts no further than COUNT_MOST, and says so."""

    template_name = "staff/pages.html"
    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        """How many rows there are, or COUNT_MOST when there are more."""
        return min(self._counted, COUNT_MOST)

    @cached_property
    def is_cut(self) -> bool:
        """There are more rows than the pages reach: search or filter."""
        return self._counted > COUNT_MOST

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by()[: COUNT_MOST + 1].count()


class ReadOnlyAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    """A table of facts."""

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    paginator = Pages

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Stripe's ids and donors' addresses only for who may see them."""
        user = _actor(request)
        return [
            name
            for name in super().get_fields(request, obj)
            if not isinstance(name, str) or _may_see(user, name)
        ]


def _may_see(user: User, field: str) -> bool:
    if field in _CONTACT:
        return user.has_right(Right.DONORS_CONTACT)
    return user.has_right(Right.BANK_VIEW) or not field.startswith("stripe_")


class Audited:
    """Rows that staff change by a form: who did what, before and after, is kept and shown below it."""

    change_form_outer_after_template = "staff/who_did_what_of_row.html"

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """What another click has saved since the form was checked is not saved again."""
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            messages.warning(request, "It is here already: it was saved at this very moment.")
            model = self.model._meta  # type: ignore[attr-defined]
            return redirect(f"admin:{model.app_label}_{model.model_name}_changelist")

    def save_model(self, request: HttpRequest, row: Any, form: Any, change: bool) -> None:
        """Save through the service that writes the audit line."""
        edit_save(row, actor=_actor(request))

    def delete_model(self, request: HttpRequest, row: Any) -> None:
        """Delete one row, on record."""
        edit_delete(row, actor=_actor(request))

    def delete_queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Delete the chosen rows, each on record."""
        for row in rows:
            edit_delete(row, actor=_actor(request))


def _actor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class RowAdmin(ReadOnlyAdmin):
    """A model whose rows have their page here, and their list among the tables of staff.

    `noun` is the table; `renamed` says what filters of old links are called there.
    """

    noun = ""
    renamed: ClassVar[dict[str, str]] = {}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Old links lead to the table, with the same search and filters."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        names = {"q": "q", "status__exact": "status", "status__in": "status", **self.renamed}
        asked = [(names[name], value) for name, value in request.GET.items() if name in names]
        return redirect(f"{reverse(f'table-{self.noun}')}?{urlencode(asked) or 'all=yes'}")


def money(amount_minor: int | None, currency: str) -> str:
    """An amount in a column of figures; nothing when it is not known."""
    if amount_minor is None:
        return ""
    return format_html('<span class="money">{}</span>', money_text(amount_minor, currency))


@display(description="Amount", ordering="amount_minor", formatting="price")
def amount(row: Any) -> str:
    """The row's amount with its currency."""
    return money(getattr(row, "total_minor", row.amount_minor), row.currency)


@display(description="Gift")
def gift(row: Any) -> str:
    """Who gave, as a link to the gift's whole story; select donation__donor with the row."""
    donation = row if isinstance(row, Donation) else row.donation
    if donation is None:
        return "-"
    return format_html(
        '<a class="gift" href="{}">{}<small>{}</small></a>',
        why_url(donation.pk),
        donation.donor.name,
        donation.reference,
    )


def tribute_text(tribute: Tribute | None) -> str:
    """In whose memory or honour, and what the donor wrote of them."""
    if tribute is None:
        return "-"
    return f"{tribute}: {tribute.message}" if tribute.message else str(tribute)


def why_url(donation_id: int) -> str:
    """Where the whole story of a gift is told."""
    return reverse("admin:why", args=[donation_id])


def row_url(row: Any) -> str:
    """The page of one row."""
    return reverse(f"admin:api_{row._meta.model_name}_change", args=[row.pk])


def link(row: Any, words: str) -> str:
    """A link to the page of one row."""
    return (
        "-"
        if row is None
        else format_html('<a class="row-link" href="{}">{}</a>', row_url(row), words)
    )


def may(permission: str) -> Any:
    """Whether the person who asks has a permission, as unfold's menu asks it."""

    def asked(request: HttpRequest) -> bool:
        return bool(request.user.has_perm(permission))  # type: ignore[union-attr]

    return asked
