"""Who did what."""

from typing import ClassVar

from django.contrib import admin

from api import models
from api.admin.tables import ReadOnlyAdmin


@admin.register(models.AuditLine)
class AuditLineAdmin(ReadOnlyAdmin):
    """Who did what."""

    list_display: ClassVar = ["at", "actor", "action", "subject"]
    list_select_related: ClassVar = ["actor"]
    search_fields: ClassVar = ["subject", "action"]
