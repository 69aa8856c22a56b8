"""E-mails."""

from typing import ClassVar

from django.contrib import admin

from api import models
from api.admin.tables import ReadOnlyAdmin, gift


@admin.register(models.Message)
class MessageAdmin(ReadOnlyAdmin):
    """E-mails."""

    list_display: ClassVar = ["subject", "to", gift, "state", "attempts", "created_at", "sent_at"]
    list_select_related: ClassVar = ["donation__donor"]
    list_filter: ClassVar = ["state", "kind"]
    search_fields: ClassVar = ["to", "subject", "donation__reference"]
