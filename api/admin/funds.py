"""What gifts are for."""

from typing import ClassVar

from django.contrib import admin
from unfold.admin import ModelAdmin

from api import models
from api.admin.tables import Audited


@admin.register(models.Fund)
class FundAdmin(Audited, ModelAdmin):  # type: ignore[misc]
    """What gifts are for."""

    list_display: ClassVar = ["name", "code", "restriction", "is_active", "position"]
