"""Receipts, by their gapless numbers."""

from typing import ClassVar

from django.contrib import admin

from api import models
from api.admin.tables import ReadOnlyAdmin, gift


@admin.register(models.Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """Receipts, by their gapless numbers."""

    list_display: ClassVar = ["number", gift, "issued_at"]
    list_select_related: ClassVar = ["donation__donor"]
    list_filter: ClassVar = ["year"]
    search_fields: ClassVar = [
        "donation__reference",
        "donation__donor__name",
        "donation__donor__email",
    ]
