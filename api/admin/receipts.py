"""Receipts, by their gapless numbers."""

from typing import ClassVar

from django.contrib import admin
from django.utils.html import format_html
from unfold.decorators import display

from api import models
from api.admin.tables import RowAdmin, gift, money


@admin.register(models.Receipt)
class ReceiptAdmin(RowAdmin):
    """Receipts, by their gapless numbers."""

    noun = "receipts"
    renamed: ClassVar = {"year": "year"}
    fields: ClassVar = ["number", gift, "amount", "fund", "issued_at", "again"]
    readonly_fields = fields

    @display(description="Amount", formatting="price")
    def amount(self, row: models.Receipt) -> str:
        """What was received."""
        payment = row.donation.payment
        return money(payment.amount_minor, payment.currency)

    @display(description="Fund")
    def fund(self, row: models.Receipt) -> str:
        """What it is for."""
        return row.donation.fund.name

    @display(description="Send it again")
    def again(self, row: models.Receipt) -> str:
        """Where that is done."""
        return format_html(
            '<a class="row-link" href="/admin/receipts/?q={}">In the table of receipts</a>',
            row.number,
        )
