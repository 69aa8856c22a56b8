"""Appeals."""

from typing import ClassVar

from django.contrib import admin
from unfold.admin import ModelAdmin

from api import models
from api.admin.tables import Audited


@admin.register(models.Campaign)
class CampaignAdmin(Audited, ModelAdmin):  # type: ignore[misc]
    """Appeals."""

    list_display: ClassVar = ["name", "code", "begins_on", "ends_on"]
