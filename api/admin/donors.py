"""People who give."""

from django.contrib import admin

from api import models
from api.admin.tables import RowAdmin


@admin.register(models.Donor)
class DonorAdmin(RowAdmin):
    """People who give."""

    noun = "donors"
    change_form_outer_before_template = "staff/donor_link.html"
