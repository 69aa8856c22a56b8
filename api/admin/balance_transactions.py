"""Stripe's statement, line by line."""

from typing import ClassVar

from django.contrib import admin
from unfold.decorators import display

from api import models
from api.admin.tables import ReadOnlyAdmin, amount, gift, link, money
from api.money import money_text


@admin.register(models.BalanceTransaction)
class BalanceTransactionAdmin(ReadOnlyAdmin):
    """Stripe's statement."""

    list_display: ClassVar = [
        "made_at",
        "what",
        gift,
        amount,
        "fee",
        "net",
        "its_payout",
        "in_books",
    ]
    list_select_related: ClassVar = ["donation__donor", "payout", "moved_payout"]
    list_before_template = "staff/filtered.html"
    search_fields: ClassVar = ["stripe_balance_transaction_id", "source_id"]
    date_hierarchy = None
    fields: ClassVar = [
        "stripe_balance_transaction_id",
        "what",
        gift,
        amount,
        "fee",
        "net",
        "given",
        "its_payout",
        "made_at",
        "available_at",
        "in_books",
        "posted_at",
        "source_id",
        "stripe_payment_intent_id",
    ]
    readonly_fields = fields

    @display(description="What", ordering="type")
    def what(self, row: models.BalanceTransaction) -> str:
        """Stripe's kind of line, in words."""
        return row.type.replace("_", " ").capitalize()

    @display(description="Fee", formatting="price")
    def fee(self, row: models.BalanceTransaction) -> str:
        """What Stripe kept."""
        return money(row.fee_minor, row.currency)

    @display(description="Net", formatting="price")
    def net(self, row: models.BalanceTransaction) -> str:
        """What it moved the balance by."""
        return money(row.net_minor, row.currency)

    @display(description="In the donor's currency")
    def given(self, row: models.BalanceTransaction) -> str:
        """What moved on the donor's side."""
        return money_text(row.source_amount_minor, row.source_currency)

    @display(description="Payout")
    def its_payout(self, row: models.BalanceTransaction) -> str:
        """The payout that the line is, or that brought it to the bank."""
        payout = row.moved_payout or row.payout
        return link(payout, f"{payout.arrives_on:%-d %b %Y}" if payout else "")

    @display(description="In the books", boolean=True)
    def in_books(self, row: models.BalanceTransaction) -> bool:
        """Posted."""
        return row.posted_at is not None
