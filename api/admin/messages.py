"""E-mails."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from api import models
from api.admin.tables import ReadOnlyAdmin, gift
from api.models import MessageKind, Right


@admin.register(models.Message)
class MessageAdmin(ReadOnlyAdmin):
    """E-mails."""

    list_display: ClassVar = ["subject", "to", gift, "state", "attempts", "created_at", "sent_at"]
    list_select_related: ClassVar = ["donation__donor"]
    list_filter: ClassVar = ["state", "kind"]
    search_fields: ClassVar = ["to", "subject", "donation__reference"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Message]:
        """All but those that open an account: what they bring is for their reader alone."""
        rows: QuerySet[models.Message] = super().get_queryset(request)
        return rows.exclude(kind=MessageKind.PASSWORD_RESET)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Addresses only for who may see them."""
        user: Any = request.user
        hidden = () if user.has_right(Right.DONORS_CONTACT) else ("to",)
        return [name for name in self.list_display if name not in hidden]
