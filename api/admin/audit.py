"""Who did what."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from unfold.decorators import display

from api import models
from api.admin.tables import ReadOnlyAdmin
from api.models import Right
from api.services.audit import deed_read


@admin.register(models.AuditLine)
class AuditLineAdmin(ReadOnlyAdmin):
    """Who did what; donors' contact details in it only for who may see them."""

    list_display: ClassVar = ["at", "actor", "action", "subject"]
    list_select_related: ClassVar = ["actor"]
    search_fields: ClassVar = ["subject", "action"]
    fields: ClassVar = ["at", "actor", "action", "subject", "what_changed"]
    readonly_fields = fields

    def lookup_allowed(self, lookup: str, *args: Any) -> bool:
        """What a line tells is no filter: whoever may not see an address could guess it letter by letter."""
        return not lookup.startswith("detail") and bool(super().lookup_allowed(lookup, *args))

    def get_object(self, request: HttpRequest, *args: Any) -> Any:
        """The line, and whether who asks may see contact details."""
        line = super().get_object(request, *args)
        if line is not None:
            user: Any = request.user
            line.has_contact = user.has_right(Right.DONORS_CONTACT)
        return line

    @display(description="What")
    def what_changed(self, row: Any) -> str:
        """The detail in words."""
        deed = deed_read(row, has_contact=row.has_contact)
        return render_to_string("staff/deed.html", {"deed": deed})
