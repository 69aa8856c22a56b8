"""People who give."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from api import models
from api.admin.tables import RowAdmin


@admin.register(models.Donor)
class DonorAdmin(RowAdmin):
    """People who give: their page is one for all that is known of them."""

    noun = "donors"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        """Old links lead to the donor's page, which knows who may see what."""
        donor = get_object_or_404(models.Donor, pk=object_id)
        return redirect("staff-donor", reference=donor.reference)
