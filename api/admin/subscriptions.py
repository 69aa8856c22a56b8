"""Monthly plans."""

from typing import ClassVar

from django.contrib import admin

from api import models
from api.admin.tables import ReadOnlyAdmin, amount


@admin.register(models.Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Monthly plans."""

    list_display: ClassVar = [
        "reference",
        "donor",
        amount,
        "collection_day",
        "status",
        "next_collection_on",
    ]
    list_filter: ClassVar = ["status", "fund"]
    list_select_related: ClassVar = ["donor"]
    search_fields: ClassVar = ["reference", "donor__name", "donor__email", "stripe_subscription_id"]
