"""Receipts, by their gapless numbers."""

from typing import ClassVar

from django.contrib import admin

from api import models
from api.admin.tables import RowAdmin


@admin.register(models.Receipt)
class ReceiptAdmin(RowAdmin):
    """Receipts, by their gapless numbers."""

    noun = "receipts"
    renamed: ClassVar = {"year": "year"}
