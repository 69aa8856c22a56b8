"""People who give."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from api import models
from api.admin.tables import RowAdmin


@admin.register(models.Donor)
class DonorAdmin(RowAdmin):
    """People who give: their page is one for all that is known of them."""

    noun = "donors"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        """Old links lead to the donor's page, which knows who may see what."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        donor = self.get_object(request, object_id)
        if donor is None:
            raise Http404
        return redirect("staff-donor", reference=donor.reference)
