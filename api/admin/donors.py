"""People who give."""

from typing import ClassVar

from django.contrib import admin

from api import models
from api.admin.tables import ReadOnlyAdmin


@admin.register(models.Donor)
class DonorAdmin(ReadOnlyAdmin):
    """People who give."""

    list_display: ClassVar = ["name", "email", "postcode", "created_at"]
    change_form_outer_before_template = "staff/donor_link.html"
    search_fields: ClassVar = ["name", "email", "postcode", "reference"]
