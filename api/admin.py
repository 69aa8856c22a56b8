"""What staff see at /admin/: money rows are read-only."""

import json
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm

from api import models
from api.money import money_text
from api.services.inbox import event_retry


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


class ReadOnlyAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    """A table of facts."""

    list_per_page = 50
    show_full_result_count = False


@display(description="Amount", ordering="amount_minor")
def amount(row: Any) -> str:
    """The row's amount with its currency."""
    return money_text(getattr(row, "total_minor", row.amount_minor), row.currency)


class MoveInline(ReadOnly, TabularInline):  # type: ignore[misc]
    """The moves of a donation's status."""

    model = models.DonationMove
    extra = 0
    fields: ClassVar = ["at", "from_status", "to_status", "why"]
    readonly_fields = fields


class EntryInline(ReadOnly, TabularInline):  # type: ignore[misc]
    """The two sides of a posting."""

    model = models.LedgerEntry
    extra = 0
    fields: ClassVar = ["account", "fund", amount, "currency"]
    readonly_fields = fields


@admin.register(models.Donor)
class DonorAdmin(ReadOnlyAdmin):
    """People who give."""

    list_display: ClassVar = ["name", "email", "postcode", "created_at"]
    search_fields: ClassVar = ["name", "email", "postcode", "reference"]


@admin.register(models.Donation)
class DonationAdmin(ReadOnlyAdmin):
    """Gifts."""

    list_display: ClassVar = [
        "reference",
        "donor",
        amount,
        "kind",
        "fund",
        "status_label",
        "created_at",
    ]
    list_filter: ClassVar = ["status", "kind", "fund", "created_at"]
    list_select_related: ClassVar = ["donor", "fund"]
    search_fields: ClassVar = [
        "reference",
        "donor__name",
        "donor__email",
        "stripe_payment_intent_id",
    ]
    inlines: ClassVar = [MoveInline]

    @display(
        description="Status",
        ordering="status",
        label={
            "Paid": "success",
            "Failed": "danger",
            "Cancelled": "danger",
            "Being confirmed": "info",
            "Waiting for the donor's bank": "warning",
        },
    )
    def status_label(self, row: models.Donation) -> str:
        """The status in words."""
        return row.get_status_display()


@admin.register(models.Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Money that came."""

    list_display: ClassVar = ["donation", amount, "fee", "method", "received_at"]
    list_select_related: ClassVar = ["donation"]
    search_fields: ClassVar = [
        "donation__reference",
        "stripe_payment_intent_id",
        "stripe_charge_id",
    ]

    @display(description="Stripe's fee", ordering="fee_minor")
    def fee(self, row: models.Payment) -> str:
        """What Stripe kept, once it told."""
        return "" if row.fee_minor is None else money_text(row.fee_minor, row.currency)


@admin.register(models.Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Monthly plans."""

    list_display: ClassVar = [
        "reference",
        "donor",
        amount,
        "collection_day",
        "status",
        "next_collection_on",
    ]
    list_filter: ClassVar = ["status", "fund"]
    list_select_related: ClassVar = ["donor"]
    search_fields: ClassVar = ["reference", "donor__name", "donor__email", "stripe_subscription_id"]


@admin.register(models.Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """Receipts, by their gapless numbers."""

    list_display: ClassVar = ["number", "donation", "donor", "issued_at"]
    list_select_related: ClassVar = ["donation__donor"]
    list_filter: ClassVar = ["year"]
    search_fields: ClassVar = [
        "donation__reference",
        "donation__donor__name",
        "donation__donor__email",
    ]

    @display(description="Donor")
    def donor(self, row: models.Receipt) -> str:
        """Who gave."""
        return row.donation.donor.name


@admin.register(models.LedgerPosting)
class LedgerPostingAdmin(ReadOnlyAdmin):
    """The books."""

    list_display: ClassVar = ["name", "donation", "posted_at"]
    list_select_related: ClassVar = ["donation"]
    search_fields: ClassVar = ["name", "donation__reference"]
    inlines: ClassVar = [EntryInline]


@admin.register(models.Message)
class MessageAdmin(ReadOnlyAdmin):
    """E-mails."""

    list_display: ClassVar = ["subject", "to", "state", "attempts", "created_at", "sent_at"]
    list_filter: ClassVar = ["state", "kind"]
    search_fields: ClassVar = ["to", "subject", "donation__reference"]


@admin.register(models.AuditLine)
class AuditLineAdmin(ReadOnlyAdmin):
    """Who did what."""

    list_display: ClassVar = ["at", "actor", "action", "subject"]
    list_select_related: ClassVar = ["actor"]
    search_fields: ClassVar = ["subject", "action"]


@admin.register(models.WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """What Stripe told us, and how far we are with it."""

    list_display: ClassVar = [
        "stripe_event_id",
        "type",
        "status_label",
        "attempts",
        "received_at",
        "handled_at",
    ]
    list_filter: ClassVar = ["status", "type"]
    search_fields: ClassVar = ["stripe_event_id", "type"]
    actions: ClassVar = ["retry"]
    fields: ClassVar = [
        "stripe_event_id",
        "type",
        "api_version",
        "status",
        "note",
        "attempts",
        "next_attempt_at",
        "error",
        "route",
        "stripe_created_at",
        "received_at",
        "handled_at",
        "payload_text",
    ]
    readonly_fields = fields

    @display(
        description="Status",
        ordering="status",
        label={"Handled": "success", "Waiting": "info", "Failed: needs a person": "danger"},
    )
    def status_label(self, row: models.WebhookEvent) -> str:
        """The status in words."""
        return row.get_status_display()

    @display(description="Payload")
    def payload_text(self, row: models.WebhookEvent) -> str:
        """The event as it came, laid out."""
        return format_html(
            '<pre style="white-space:pre-wrap">{}</pre>', json.dumps(row.payload, indent=2)
        )

    @admin.action(description="Try again now")
    def retry(self, request: HttpRequest, events: QuerySet[models.WebhookEvent]) -> None:
        """Put the chosen events back in the queue."""
        for event in events:
            event_retry(event)
        messages.success(request, f"{len(events)} event(s) will be handled again within seconds.")


@admin.register(models.Fund)
class FundAdmin(ModelAdmin):  # type: ignore[misc]
    """What gifts are for."""

    list_display: ClassVar = ["name", "code", "restriction", "is_active", "position"]


class StaffCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A new member of staff, by e-mail address."""

    class Meta:
        model = models.User
        fields = ("email",)


class StaffChangeForm(UserChangeForm):  # type: ignore[type-arg]
    """A member of staff."""

    class Meta:
        model = models.User
        fields = "__all__"


@admin.register(models.User)
class StaffAdmin(UserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    """Who may sign in."""

    form = StaffChangeForm
    add_form = StaffCreationForm
    change_password_form = AdminPasswordChangeForm
    ordering = ["email"]
    list_display = ["email", "first_name", "last_name", "is_active", "last_login"]
    search_fields = ["email", "first_name", "last_name"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Person", {"fields": ["first_name", "last_name"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "password1", "password2"]})]
